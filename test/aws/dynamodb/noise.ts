// JSON that no compression makes smaller.

import { createHash } from 'node:crypto'

/** A JSON string of about so many bytes, another one for every seed. */
export function noise(bytes: number, seed = ''): string {
  const chunks: Buffer[] = []
  for (let at = 0; at * 64 < bytes; at++) chunks.push(createHash('sha512').update(`${seed}/${at}`).digest())
  return JSON.stringify(Buffer.concat(chunks).toString('latin1'))
}
