// ReceiveMessage: its parameters, and what of a message a receiver asked to see.

import { invalid, wholeNumber } from './errors.ts'
import { limits } from './limits.ts'
import { md5OfAttributes, selectAttributes } from './message-attributes.ts'
import type { ReceiveOptions, StandInQueue } from './queue.ts'
import type { Received } from './stored-message.ts'

export interface ReceiveInput {
  readonly QueueUrl?: string
  readonly AttributeNames?: readonly string[]
  readonly MessageSystemAttributeNames?: readonly string[]
  readonly MessageAttributeNames?: readonly string[]
  readonly MaxNumberOfMessages?: number
  readonly VisibilityTimeout?: number
  readonly WaitTimeSeconds?: number
}

export async function receiveMessage(queue: StandInQueue, input: ReceiveInput, signal?: AbortSignal) {
  const received = await queue.receive({ ...checkReceive(input), ...(signal && { signal }) })
  return received.length === 0 ? {} : { Messages: received.map((each) => toMessage(each, input)) }
}

function checkReceive(input: ReceiveInput): ReceiveOptions {
  const { receiveCount, visibilitySeconds, waitSeconds } = limits
  const count = wholeNumber(input.MaxNumberOfMessages, 'MaxNumberOfMessages', 1, receiveCount)
  const visibility = wholeNumber(input.VisibilityTimeout, 'VisibilityTimeout', 0, visibilitySeconds)
  const { WaitTimeSeconds: wait } = input
  if (wait !== undefined && !(Number.isInteger(wait) && wait >= 0 && wait <= waitSeconds)) {
    const reason = `Must be >= 0 and <= ${waitSeconds}, if provided.`
    throw invalid(wait, 'WaitTimeSeconds', reason)
  }
  return {
    ...(count !== undefined && { count }),
    ...(visibility !== undefined && { visibilityMs: visibility * 1000 }),
    ...(wait !== undefined && { waitMs: wait * 1000 }),
  }
}

function toMessage(received: Received, input: ReceiveInput) {
  const wanted = new Set([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])])
  const system = Object.entries(received.system).filter(([name]) => wanted.has('All') || wanted.has(name))
  const attributes = selectAttributes(received.attributes, input.MessageAttributeNames)
  const md5 = md5OfAttributes(attributes)
  return {
    MessageId: received.messageId,
    ReceiptHandle: received.receiptHandle,
    MD5OfBody: received.md5OfBody,
    Body: received.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(md5 !== undefined && { MD5OfMessageAttributes: md5, MessageAttributes: attributes }),
  }
}
