// Receipt handles: the right to delete or to hide one delivery of a message. Only the newest one of a message is worth anything.

import type { ServiceError } from '../service-error.ts'
import type { QueueContents } from './contents.ts'
import { invalid, sqsError } from './errors.ts'
import type { StoredMessage } from './stored-message.ts'

interface Receipt {
  readonly queueArn: string
  /** The number of the message in its queue. */
  readonly number: number
  /** Which of the deliveries of the message it stands for. */
  readonly receive: number
}

interface ReceivingQueue {
  readonly isFifo: boolean
  readonly identity: { readonly arn: string }
}

export function encodeReceipt({ queueArn, number, receive }: Receipt): string {
  return Buffer.from(`${queueArn} ${number} ${receive} .`).toString('base64')
}

/**
 * The message of a receipt handle; undefined when the message is gone, or was received again since.
 * @throws `ReceiptHandleIsInvalid` for what this queue has not given out; on a FIFO queue also when it was received again since
 */
export function findReceived(
  contents: QueueContents,
  queue: ReceivingQueue,
  receiptHandle: string,
): StoredMessage | undefined {
  const receipt = decodeReceipt(receiptHandle)
  if (receipt?.queueArn !== queue.identity.arn) {
    const message = `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`
    throw sqsError('ReceiptHandleIsInvalid', message)
  }
  const message = contents.get(receipt.number)
  if (!message || message.receivesHere === receipt.receive) return message
  if (queue.isFifo) throw expired(receiptHandle)
  return undefined
}

export function expired(receiptHandle: string): ServiceError {
  return invalid(receiptHandle, 'ReceiptHandle', 'The receipt handle has expired.')
}

function decodeReceipt(handle: string): Receipt | undefined {
  const [queueArn = '', number, receive, end] = Buffer.from(handle, 'base64').toString().split(' ')
  if (!queueArn.startsWith('arn:') || !/^\d+$/.test(`${number}${receive}`) || end !== '.') return undefined
  return { queueArn, number: Number(number), receive: Number(receive) }
}
