// What SQS checks of a message before it takes it.

import { invalid, missing, sqsError, wholeNumber } from './errors.ts'
import { limits } from './limits.ts'
import { attributesBytes, checkMessageAttributes, type MessageAttributes } from './message-attributes.ts'
import type { StandInQueue } from './queue.ts'
import type { Draft } from './stored-message.ts'

/** A message as it comes over the wire: a whole request, or an entry of a batch. */
export interface MessageInput {
  readonly MessageBody?: string
  readonly DelaySeconds?: number
  readonly MessageAttributes?: MessageAttributes
  readonly MessageSystemAttributes?: MessageAttributes
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

// oxlint-disable-next-line no-control-regex -- these are the characters that must not be there
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u
const idPattern = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/

export function checkMessage(queue: StandInQueue, input: MessageInput): Draft {
  const { MessageBody: body = '', MessageAttributes: attributes = {} } = input
  const { maxBytes } = queue.configuration.settings
  if (body === '') throw missing('MessageBody')
  if (messageBytes(input) > maxBytes) {
    const reason = `Reason: Message must be shorter than ${maxBytes} bytes.`
    throw sqsError('InvalidParameterValueException', `One or more parameters are invalid. ${reason}`)
  }
  if (forbidden.test(body)) {
    const valid = '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'
    throw sqsError(
      'InvalidMessageContents',
      `Invalid characters found. Valid unicode characters are ${valid}`,
    )
  }
  checkMessageAttributes(attributes)
  const delaySeconds = wholeNumber(input.DelaySeconds, 'DelaySeconds', 0, limits.delaySeconds)
  checkIds(queue, input)
  const { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input
  const traceHeader = input.MessageSystemAttributes?.['AWSTraceHeader']?.StringValue
  return {
    body,
    attributes,
    // On a FIFO queue only the queue's own delay counts.
    ...(delaySeconds !== undefined && !queue.isFifo && { delayMs: delaySeconds * 1000 }),
    ...(groupId !== undefined && { groupId }),
    ...(deduplicationId !== undefined && { deduplicationId }),
    ...(traceHeader !== undefined && { traceHeader }),
  }
}

/** Body and attributes; system attributes do not count. */
export function messageBytes({
  MessageBody: body = '',
  MessageAttributes: attributes = {},
}: MessageInput): number {
  return Buffer.byteLength(body) + attributesBytes(attributes)
}

function checkIds(queue: StandInQueue, input: MessageInput): void {
  const {
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    DelaySeconds: delaySeconds,
  } = input
  if (queue.isFifo && delaySeconds) {
    const reason = 'The request include parameter that is not valid for this queue type.'
    throw invalid(delaySeconds, 'DelaySeconds', reason)
  }
  if (queue.isFifo && groupId === undefined) throw missing('MessageGroupId')
  if (!queue.isFifo && deduplicationId !== undefined) {
    const reason = 'The request includes a parameter that is not valid for this queue type.'
    throw invalid(deduplicationId, 'MessageDeduplicationId', reason)
  }
  for (const [name, id] of Object.entries({
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
  })) {
    if (id !== undefined && !idPattern.test(id)) {
      const reason = `${name} can only include alphanumeric and punctuation characters. 1 to ${limits.groupIdCharacters} in length.`
      throw invalid(id, name, reason)
    }
  }
}
