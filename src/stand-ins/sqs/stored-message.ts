// A message as the queue keeps it, and as it hands it out.

import { createHash } from 'node:crypto'
import { type MessageAttributes, md5OfAttributes } from './message-attributes.ts'
import { encodeReceipt } from './receipts.ts'

/** What a sender says. */
export interface Draft {
  readonly body: string
  readonly attributes: MessageAttributes
  readonly delayMs?: number
  readonly groupId?: string
  readonly deduplicationId?: string
  /** The one system attribute that a sender may set. */
  readonly traceHeader?: string
}

export interface StoredMessage {
  /** Of the copy: a duplicate has the same message id and a number of its own. */
  readonly number: number
  readonly messageId: string
  readonly draft: Draft
  readonly sentAt: number
  /** FIFO only. */
  readonly sequenceNumber: string | undefined
  /** ARN of the queue whose dead letter it is. */
  readonly deadLetterSource: string | undefined
  visibleAt: number
  /** On all queues together. */
  receives: number
  /** On this queue; also tells the newest receipt handle from older ones. */
  receivesHere: number
  firstReceivedAt: number | undefined
  lastReceivedAt: number | undefined
}

/** One delivery of a message. */
export interface Received {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly md5OfBody: string
  readonly attributes: MessageAttributes
  readonly system: Readonly<Record<string, string>>
}

const senderId = 'AIDASTANDIN'

export function toReceived(message: StoredMessage, queueArn: string, receiveCount: number): Received {
  const { draft, sequenceNumber, deadLetterSource } = message
  const { body, groupId, deduplicationId, traceHeader } = draft
  return {
    messageId: message.messageId,
    receiptHandle: encodeReceipt({ queueArn, number: message.number, receive: message.receivesHere }),
    body,
    md5OfBody: md5(body),
    attributes: draft.attributes,
    system: {
      ApproximateReceiveCount: String(receiveCount),
      ...(traceHeader !== undefined && { AWSTraceHeader: traceHeader }),
      SentTimestamp: String(message.sentAt),
      ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
      ...(groupId !== undefined && { MessageGroupId: groupId }),
      SenderId: senderId,
      ...(deduplicationId !== undefined && { MessageDeduplicationId: deduplicationId }),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      ...(deadLetterSource !== undefined && { DeadLetterQueueSourceArn: deadLetterSource }),
    },
  }
}

/** What SendMessage answers. The digests are of what was sent, also when a FIFO queue has kept an earlier message instead. */
export function toSent(draft: Draft, { messageId, sequenceNumber }: StoredMessage) {
  const ofAttributes = md5OfAttributes(draft.attributes)
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(draft.body),
    ...(ofAttributes !== undefined && { MD5OfMessageAttributes: ofAttributes }),
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
  }
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
