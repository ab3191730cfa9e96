// How a batch comes together.

import type { Received } from '../sqs/stored-message.ts'
import type { PollOptions } from './poll-queue.ts'

/** Bytes of one call, of which a record takes more than its body. */
const payloadBytes = 6 * 1024 * 1024
const recordBytes = 1024
const receiveCount = 10

/**
 * Waits for a first message, then for more until the batch is full or its window is over.
 * @returns what goes into one call each; nothing when it was stopped
 */
export async function gather(
  options: PollOptions,
  signal: AbortSignal,
): Promise<readonly (readonly Received[])[]> {
  const { clock, batchSize = 10, batchWindowSeconds = 0 } = options
  const messages = [...(await receive(options, batchSize, Infinity, signal))]
  const windowEnd = clock.now() + batchWindowSeconds * 1000
  while (messages.length < batchSize && clock.now() < windowEnd) {
    const more = await receive(options, batchSize - messages.length, windowEnd - clock.now(), signal)
    if (more.length === 0) break
    messages.push(...more)
  }
  return split(messages)
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

/** Ten large messages are more than one call can be. */
function split(messages: readonly Received[]): readonly (readonly Received[])[] {
  const batches: Received[][] = []
  let batch: Received[] = []
  let room = payloadBytes
  for (const message of messages) {
    const bytes = Buffer.byteLength(JSON.stringify(message.body)) + recordBytes
    if (batch.length === 0 || bytes > room) {
      batch = []
      batches.push(batch)
      room = payloadBytes
    }
    batch.push(message)
    room -= bytes
  }
  return batches
}
