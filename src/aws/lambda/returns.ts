// A message that a function gives back becomes visible again when the visibility timeout ends, minutes later. Most reasons to give one
// back pass in seconds (throttling, a lost race), so the wait is shortened at first and lengthened the more often the message came:
// a lasting outage sees ten deliveries in about an hour, not in half of one.

import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { QueueName } from '../../runtime/messages.ts'
import type { Logger } from '../../workflow/logger.ts'
import type { OnRequest } from '../sqs/request-record.ts'
import { describeError } from '../sqs/retry.ts'
import type { SqsRecord } from './events.ts'

const waitsSeconds = [5, 15, 60, 180, 300, 600]
const longestWaitSeconds = 900
const entriesPerRequest = 10
/** With less time left than this the messages wait for their timeout. */
const leastTimeMs = 1_500

export interface ReturnsOptions {
  readonly client: Pick<SQSClient, 'send'>
  readonly queueUrls: Readonly<Record<QueueName, string>>
  readonly logger: Logger
  readonly remainingTimeMs: () => number
  /** Hears of every request before it is made. */
  readonly onRequest?: OnRequest
  /** From 0 to 1, for the jitter. */
  readonly random: () => number
}

export interface Returns {
  /** Best effort: it never rejects, and nothing depends on it. */
  hasten(queue: QueueName, records: readonly SqsRecord[]): Promise<void>
}

export function createReturns(options: ReturnsOptions): Returns {
  const { client, queueUrls, logger, remainingTimeMs, onRequest, random } = options

  async function send(queue: QueueName, records: readonly SqsRecord[]): Promise<void> {
    const Entries = records.map((record, at) => ({
      Id: String(at),
      ReceiptHandle: record.receiptHandle,
      VisibilityTimeout: waitSeconds(receiveCountOf(record), random),
    }))
    const operation = 'ChangeMessageVisibilityBatch'
    onRequest?.({ service: 'sqs', operation, attempt: 1, items: Entries.length, bytes: 0 })
    try {
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrls[queue], Entries })
      const { Failed = [] } = await client.send(command)
      if (Failed.length > 0) logger.debug('Some messages wait longer than they need to.', { queue, Failed })
    } catch (error) {
      logger.debug('Messages wait longer than they need to.', { queue, reason: describeError(error) })
    }
  }

  return {
    async hasten(queue, records) {
      if (records.length === 0 || remainingTimeMs() < leastTimeMs) return
      const requests = []
      for (let at = 0; at < records.length; at += entriesPerRequest) {
        requests.push(send(queue, records.slice(at, at + entriesPerRequest)))
      }
      await Promise.all(requests)
    },
  }
}

/** The upper half is left to chance, so that what failed together does not come back together. */
export function waitSeconds(receiveCount: number, random: () => number): number {
  const whole = waitsSeconds[receiveCount - 1] ?? longestWaitSeconds
  return Math.ceil(whole / 2 + (random() * whole) / 2)
}

/** From 1. */
export function receiveCountOf({ attributes }: SqsRecord): number {
  return Math.max(1, Number(attributes.ApproximateReceiveCount) || 1)
}
