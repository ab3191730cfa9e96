// A message of somebody else's topic or queue, in whichever of its shapes it comes: from SNS itself, from SQS, or from SNS through SQS,
// in an envelope or raw. What is read here was written by strangers, so it is looked at before it is believed.

import { TenutoError } from '../../workflow/errors.ts'
import type { SnsMessage, SnsRecord, SqsRecord } from './events.ts'
import { receiveCountOf } from './returns.ts'

export interface BusinessMessage {
  /** The same at every redelivery: that of SNS, where the message has one, else that of SQS. */
  readonly id: string
  readonly text: string
  /** The text as JSON. @throws TenutoError `INVALID_ARGUMENT` when it is none */
  json(): unknown
  /** Those that are text. */
  readonly attributes: Readonly<Record<string, string>>
  readonly subject?: string
  /** Name of the topic or queue (ARN). */
  readonly source: string
  /** From 1. */
  readonly receiveCount: number
}

export function messageOfSns({ Sns }: SnsRecord): BusinessMessage {
  if (!isSnsMessage(Sns)) throw malformed('a record of SNS')
  return fromSns(Sns, 1)
}

export function messageOfSqs(record: SqsRecord): BusinessMessage {
  const receiveCount = receiveCountOf(record)
  const envelope = envelopeIn(record.body)
  if (envelope) return fromSns(envelope, receiveCount)
  const { messageId, body, messageAttributes = {}, eventSourceARN } = record
  return toMessage({
    id: messageId,
    text: body,
    attributes: textsOf(messageAttributes, ({ stringValue }) => stringValue),
    source: eventSourceARN,
    receiveCount,
  })
}

function fromSns(message: SnsMessage, receiveCount: number): BusinessMessage {
  const { MessageId, Message, TopicArn, Subject, MessageAttributes } = message
  return toMessage({
    id: MessageId,
    text: Message,
    attributes: textsOf(MessageAttributes ?? {}, ({ Value }) => Value),
    ...(typeof Subject === 'string' && { subject: Subject }),
    source: TopicArn,
    receiveCount,
  })
}

function toMessage(parts: Omit<BusinessMessage, 'json'>): BusinessMessage {
  return {
    ...parts,
    json() {
      try {
        return JSON.parse(parts.text) as unknown
      } catch {
        throw malformed('JSON')
      }
    },
  }
}

/** What SNS puts into the body of a message of SQS, unless the subscription asks for raw delivery. */
function envelopeIn(body: string): SnsMessage | undefined {
  if (!body.startsWith('{') || !body.includes('"Notification"')) return undefined
  try {
    const value: unknown = JSON.parse(body)
    const { Type } = value as { readonly Type?: unknown }
    return Type === 'Notification' && isSnsMessage(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isSnsMessage(value: unknown): value is SnsMessage {
  const { MessageId, TopicArn, Message } = (value ?? {}) as Partial<SnsMessage>
  return (
    typeof MessageId === 'string' &&
    MessageId !== '' &&
    typeof TopicArn === 'string' &&
    typeof Message === 'string'
  )
}

function textsOf<A>(
  attributes: Readonly<Record<string, A>>,
  textOf: (attribute: A) => string | undefined,
): Readonly<Record<string, string>> {
  const texts = Object.entries(attributes).map(([name, attribute]) => [name, textOf(attribute)] as const)
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function malformed(what: string): TenutoError {
  return new TenutoError('INVALID_ARGUMENT', `The message is not ${what}.`)
}
