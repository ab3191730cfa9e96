// Deterministic random numbers for the replay window: seeded by instance, incarnation and generation, so no two executions share them.

import { createHash } from 'node:crypto'
import type { ExecutionStarted } from './events.ts'

/** A generator of uint32 (sfc32), the same sequence for the same seed text. */
export function seededRandom(seed: string): () => number {
  const hash = createHash('sha256').update(seed).digest()
  let a = hash.readUInt32LE(0)
  let b = hash.readUInt32LE(4)
  let c = hash.readUInt32LE(8)
  let counter = hash.readUInt32LE(12)
  return () => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + result
    c |= 0
    return result >>> 0
  }
}

/** A number in [0, 1) with 53 random bits. */
export function uniform(next: () => number): number {
  return ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992
}

/** A UUID of version 4 and the RFC's variant. */
export function uuid(next: () => number): `${string}-${string}-${string}-${string}-${string}` {
  const bytes = Buffer.alloc(16)
  for (let at = 0; at < 16; at += 4) bytes.writeUInt32BE(next(), at)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** What a generation draws its random numbers from. */
export function seedOf({ seed, instanceId, incarnation, generation }: ExecutionStarted): string {
  return seed ?? JSON.stringify([instanceId, incarnation, generation])
}
