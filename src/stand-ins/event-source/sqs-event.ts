// The event that Lambda makes of a batch of messages.

import type { MessageAttributes } from '../sqs/message-attributes.ts'
import type { QueueIdentity } from '../sqs/queue.ts'
import type { Received } from '../sqs/stored-message.ts'

export interface SqsEvent {
  readonly Records: readonly SqsRecord[]
}

export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, RecordAttribute>>
  readonly md5OfBody: string
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
  readonly awsRegion: string
}

interface RecordAttribute {
  readonly stringValue?: string
  /** In base64. */
  readonly binaryValue?: string
  readonly stringListValues: readonly string[]
  readonly binaryListValues: readonly string[]
  readonly dataType: string
}

export function toRecord(received: Received, { arn, region }: QueueIdentity): SqsRecord {
  return {
    messageId: received.messageId,
    receiptHandle: received.receiptHandle,
    body: received.body,
    attributes: received.system,
    messageAttributes: toRecordAttributes(received.attributes),
    md5OfBody: received.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: region,
  }
}

function toRecordAttributes(attributes: MessageAttributes): Readonly<Record<string, RecordAttribute>> {
  const entries = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    {
      ...(StringValue !== undefined && { stringValue: StringValue }),
      ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
      stringListValues: [],
      binaryListValues: [],
      dataType: DataType,
    },
  ])
  return Object.fromEntries(entries) as Readonly<Record<string, RecordAttribute>>
}
