// How a batch comes together.

import type { Received } from '../sqs/stored-message.ts'
import type { PollOptions } from './poll-queue.ts'

/** Bytes of one call, of which a record takes more than its body. */
const payloadBytes = 6 * 1024 * 1024
const recordBytes = 1024
const receiveCount = 10

/** Waits for a first message, then for more until the batch is full or its window is over. @returns empty when it was stopped */
export async function gather(options: PollOptions, signal: AbortSignal): Promise<readonly Received[]> {
  const { clock, batchSize = 10, batchWindowSeconds = 0 } = options
  const batch = [...(await receive(options, batchSize, Infinity, signal))]
  const windowEnd = clock.now() + batchWindowSeconds * 1000
  while (batch.length < batchSize && clock.now() < windowEnd && hasRoom(batch)) {
    const more = await receive(options, batchSize - batch.length, windowEnd - clock.now(), signal)
    if (more.length === 0) break
    batch.push(...more)
  }
  return batch
}

async function receive(
  { queue, visibilitySeconds }: PollOptions,
  count: number,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly Received[]> {
  try {
    return await queue.receive({
      count: Math.min(count, receiveCount),
      waitMs,
      signal,
      ...(visibilitySeconds !== undefined && { visibilityMs: visibilitySeconds * 1000 }),
    })
  } catch (error) {
    if (signal.aborted) return []
    throw error
  }
}

/** Whether the largest message still fits. */
function hasRoom(batch: readonly Received[]): boolean {
  const bytes = batch.reduce(
    (sum, { body }) => sum + Buffer.byteLength(JSON.stringify(body)) + recordBytes,
    0,
  )
  return bytes + 1024 * 1024 + recordBytes <= payloadBytes
}
