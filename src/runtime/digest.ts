import { createHash } from 'node:crypto'
import type { Payload } from '../workflow/payload.ts'

/** Digest of what an instance is started with: the same start again gets the same answer. */
export function startDigest(name: string, input: Payload, startAt: number | undefined): string {
  return digestOf(name, input ?? null, startAt ?? null)
}

/** Digest of an external event: the same id with another name or other data is refused. */
export function eventDigest(name: string, data: Payload): string {
  return digestOf(name.toLowerCase(), data ?? null)
}

function digestOf(...parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}
