// What SNS checks of a publication, and what of it arrives on a queue.

import { checkEach, type MessageAttributes } from '../sqs/message-attributes.ts'
import { invalidParameter } from './errors.ts'
import { type Form, mapOf, textOf } from './protocol.ts'

export interface Publication {
  readonly messageId: string
  readonly message: string
  readonly subject: string | undefined
  readonly attributes: MessageAttributes
  readonly groupId: string | undefined
}

/** Bytes of a message, and of all messages of a batch together. */
export const maxBytes = 262_144

/** @throws `InvalidParameter`. */
export function checkPublication(form: Form, messageId: string): Publication {
  const text = textOf(form, 'Message') ?? ''
  const subject = textOf(form, 'Subject')
  if (text === '') throw invalidParameter('Empty message')
  if (publicationBytes(form) > maxBytes) throw invalidParameter('Message too long')
  if (subject !== undefined && !/^(?! )[\u0020-\u007E]{1,99}$/.test(subject)) {
    throw invalidParameter('Subject')
  }
  const attributes = readAttributes(form)
  checkEach(attributes)
  return {
    messageId,
    message: textOf(form, 'MessageStructure') === 'json' ? messageForQueues(text) : text,
    subject,
    attributes,
    groupId: textOf(form, 'MessageGroupId'),
  }
}

export function publicationBytes(form: Form): number {
  const attributes = Object.entries(readAttributes(form)).reduce(
    (sum, [name, { DataType, StringValue = '', BinaryValue = '' }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + Buffer.byteLength(BinaryValue, 'base64'),
    0,
  )
  return Buffer.byteLength(textOf(form, 'Message') ?? '') + attributes
}

/** The body of the queue's message when delivery is not raw: the publication and its origin, as JSON. */
export function toEnvelope(publication: Publication, topicArn: string, subscriptionArn: string, now: number) {
  const { messageId, message, subject, attributes } = publication
  const [, , , region = ''] = topicArn.split(':')
  const host = `https://sns.${region}.amazonaws.com`
  const values = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    { Type: DataType, Value: StringValue ?? BinaryValue },
  ])
  return JSON.stringify({
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: message,
    Timestamp: new Date(now).toISOString(),
    SignatureVersion: '1',
    Signature: Buffer.from('not signed').toString('base64'),
    SigningCertURL: `${host}/SimpleNotificationService-00000000000000000000000000000000.pem`,
    UnsubscribeURL: `${host}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
    ...(values.length > 0 && { MessageAttributes: Object.fromEntries(values) as object }),
  })
}

/** With `MessageStructure: 'json'` each kind of subscriber has a text of its own. */
function messageForQueues(text: string): string {
  let texts: Readonly<Record<string, unknown>>
  try {
    texts = JSON.parse(text) as typeof texts
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse')
  }
  if (typeof texts['default'] !== 'string') {
    throw invalidParameter('Message Structure - No default entry in JSON message body')
  }
  return typeof texts['sqs'] === 'string' ? texts['sqs'] : texts['default']
}

function readAttributes(form: Form): MessageAttributes {
  const entries = [...mapOf(form, 'MessageAttributes', ['Name', 'Value'])].map(([name, value]) => {
    const content = typeof value === 'object' ? value : {}
    const text = textOf(content, 'StringValue')
    const bytes = textOf(content, 'BinaryValue')
    return [
      name,
      {
        DataType: textOf(content, 'DataType') ?? '',
        ...(text !== undefined && { StringValue: text }),
        ...(bytes !== undefined && { BinaryValue: bytes }),
      },
    ]
  })
  return Object.fromEntries(entries) as MessageAttributes
}
