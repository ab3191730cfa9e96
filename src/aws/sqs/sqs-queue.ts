// The queue port on two standard queues of SQS. A send is accepted as a whole or fails as a whole: entries that a batch reports as
// failed are sent again while there is time, and then the send rejects, whereupon its carrier comes again and dispatches all of it.

import { type BatchResultErrorEntry, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type Message, queueOf, type QueueName } from '../../runtime/messages.ts'
import { eachInParallel } from '../../runtime/parallel.ts'
import type { Clock, Queue } from '../../runtime/ports.ts'
import { TenutoError } from '../../workflow/errors.ts'
import type { Logger } from '../../workflow/logger.ts'
import { bytesOf, type Entry, packBatches, toDelaySeconds } from './batches.ts'
import { encodeMessage, fitsQueue } from './codec.ts'
import { sqsLimits } from './limits.ts'
import type { OnRequest } from './request-record.ts'
import { describeError, isThrottling, retry, type RetryOptions } from './retry.ts'

export interface SqsQueueOptions {
  /** Its own retries are best left off (`maxAttempts: 1`): this adapter repeats what failed, and counts what it asks. */
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrls: Readonly<Record<QueueName, string>>
  readonly clock: Clock
  readonly logger: Logger
  /** Ms that the host has left. */
  readonly remainingTimeMs?: () => number
  /** Hears of every request before it is made. */
  readonly onRequest?: OnRequest
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
  /** For queues whose `MaximumMessageSize` is below AWS's own limit. */
  readonly maxMessageBytes?: number
}

/** A message and its own delay. */
export interface Parcel {
  readonly message: Message
  /** Rounded up to whole seconds, at most 15 minutes. */
  readonly delayMs?: number
}

export interface SqsQueue extends Queue {
  /** As `send`, each with a delay of its own: they share requests all the same. */
  sendEach(parcels: readonly Parcel[]): Promise<void>
  /** Whether a message is small enough to be sent. */
  fits(message: Message): boolean
}

/** Ms for which a send goes on trying when the host does not say how long it has. */
const longestSendMs = 30_000

export function createSqsQueue(options: SqsQueueOptions): SqsQueue {
  const { client, queueUrls, clock, logger, onRequest, remainingTimeMs } = options
  const { random = Math.random, maxMessageBytes = sqsLimits.messageBytes } = options
  const retryOptions: RetryOptions = {
    clock,
    random,
    longestMs: longestSendMs,
    onRetry: (error, attempt) =>
      logger.warn('A queue did not accept all messages; the rest is sent again.', {
        attempt,
        reason: describeError(error),
      }),
    ...(remainingTimeMs !== undefined && { remainingTimeMs }),
  }

  async function sendBatch(queue: QueueName, batch: readonly Entry[]): Promise<void> {
    let rest = batch
    try {
      await retry(retryOptions, async (attempt) => {
        const size = { items: rest.length, bytes: bytesOf(rest) }
        onRequest?.({ service: 'sqs', operation: 'SendMessageBatch', attempt, ...size })
        const { Successful = [], Failed = [] } = await client.send(batchCommand(queueUrls[queue], rest))
        const accepted = new Set(Successful.map(({ Id }) => Id))
        rest = rest.filter((_, at) => !accepted.has(String(at)))
        if (rest.length > 0) throw new PartlyFailed(Failed)
      })
    } catch (error) {
      throw failure(queue, rest.length, batch.length, error)
    }
  }

  async function sendEach(parcels: readonly Parcel[]): Promise<void> {
    const entries: Record<QueueName, Entry[]> = { workflow: [], activity: [] }
    for (const { message, delayMs = 0 } of parcels) {
      const body = encodeMessage(message)
      if (body.length > maxMessageBytes) throw tooLarge(message, body.length, maxMessageBytes)
      entries[queueOf(message)].push({ body, delaySeconds: toDelaySeconds(delayMs) })
    }
    const requests = (['workflow', 'activity'] as const).flatMap((queue) =>
      packBatches(entries[queue]).map((batch) => ({ queue, batch })),
    )
    await eachInParallel(requests, sqsLimits.parallelRequests, ({ queue, batch }) => sendBatch(queue, batch))
  }

  return {
    sendEach,
    fits: (message) => fitsQueue(message, maxMessageBytes),
    send: (messages, delayMs = 0) => sendEach(messages.map((message) => ({ message, delayMs }))),
  }
}

/** Some entries of a batch were not accepted, with HTTP status 200. */
class PartlyFailed extends Error {
  override readonly name = 'PartlyFailed'
  readonly $fault: 'client' | 'server'

  constructor(failed: readonly BatchResultErrorEntry[]) {
    const hopeless = failed.find(({ SenderFault, Code = '' }) => SenderFault && !isThrottling(Code))
    const { Code = 'no reason given', Message } = hopeless ?? failed[0] ?? {}
    super(Message === undefined ? Code : `${Code}: ${Message}`)
    this.$fault = hopeless ? 'client' : 'server'
  }
}

function batchCommand(queueUrl: string, entries: readonly Entry[]): SendMessageBatchCommand {
  return new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: entries.map(({ body, delaySeconds }, at) => ({
      Id: String(at),
      MessageBody: body,
      ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
    })),
  })
}

function failure(queue: QueueName, failed: number, all: number, cause: unknown): TenutoError {
  const message = `The ${queue} queue did not accept ${failed} of ${all} messages: ${describeError(cause)}`
  return new TenutoError('SEND_FAILED', message, { cause })
}

function tooLarge({ kind, instanceId }: Message, bytes: number, limit: number): TenutoError {
  return new TenutoError(
    'PAYLOAD_TOO_LARGE',
    `A message of kind '${kind}' to instance ${instanceId} has ${bytes} bytes; a queue takes ${limit}.`,
  )
}
