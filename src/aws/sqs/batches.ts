// How messages share requests. Pure: the sending is elsewhere.

import { sqsLimits } from './limits.ts'

/** A message as it travels. */
export interface Entry {
  readonly body: string
  readonly delaySeconds: number
}

/** In the order given, as many in each request as its limits allow. */
export function packBatches(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const batches: Entry[][] = []
  let batch: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    const isFull =
      batch.length === sqsLimits.batchEntries || bytes + entry.body.length > sqsLimits.messageBytes
    if (isFull && batch.length > 0) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += entry.body.length
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

/** Whole seconds, never fewer than asked for, within what SQS can do. */
export function toDelaySeconds(delayMs: number): number {
  return Math.min(sqsLimits.delaySeconds, Math.max(0, Math.ceil(delayMs / 1000)))
}

export function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { body }) => sum + body.length, 0)
}
