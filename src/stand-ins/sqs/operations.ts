// The operations of SQS, each from its input on the wire to its output.

import type { Operations } from '../request-handler.ts'
import { checkBatch, eachEntry } from './batch.ts'
import { checkMessage, messageBytes, type MessageInput } from './check-message.ts'
import { missing, sqsError, wholeNumber } from './errors.ts'
import type { SqsFaults } from './faults.ts'
import { limits } from './limits.ts'
import type { MoveTasks, StartInput } from './move-tasks.ts'
import type { Attributes } from './queue-attributes.ts'
import type { StandInQueue } from './queue.ts'
import type { Queues } from './queues.ts'
import { type ReceiveInput, receiveMessage } from './receive-message.ts'
import { toSent } from './stored-message.ts'

interface QueueInput {
  readonly QueueUrl?: string
}

interface HandleInput {
  readonly ReceiptHandle?: string
}

interface VisibilityInput extends HandleInput {
  readonly VisibilityTimeout?: number
}

interface Entries<E> extends QueueInput {
  readonly Entries?: readonly (E & { readonly Id?: string })[]
}

export interface OperationsHost {
  readonly queues: Queues
  readonly moveTasks: MoveTasks
  readonly faults: SqsFaults
}

export function sqsOperations(host: OperationsHost): Operations {
  return { ...queueOperations(host), ...messageOperations(host), ...moveOperations(host) }
}

function queueOperations({ queues, faults }: OperationsHost): Operations {
  return {
    CreateQueue(input: { readonly QueueName?: string; readonly Attributes?: Attributes }) {
      if (!input.QueueName) throw missing('QueueName')
      return { QueueUrl: queues.create(input.QueueName, input.Attributes ?? {}).identity.url }
    },
    DeleteQueue: ({ QueueUrl }: QueueInput) => queues.delete(queues.byUrl(QueueUrl)),
    GetQueueUrl: ({ QueueName }: { readonly QueueName?: string }) => ({
      QueueUrl: queues.byName(QueueName).identity.url,
    }),
    ListQueues({ QueueNamePrefix: prefix }: { readonly QueueNamePrefix?: string }) {
      const urls = queues.list(prefix).map(({ identity }) => identity.url)
      return urls.length > 0 ? { QueueUrls: urls } : {}
    },
    GetQueueAttributes(input: QueueInput & { readonly AttributeNames?: readonly string[] }) {
      const all = queueAttributes(queues.byUrl(input.QueueUrl), faults)
      const wanted = new Set(input.AttributeNames)
      const found = Object.entries(all).filter(([name]) => wanted.has('All') || wanted.has(name))
      return found.length > 0 ? { Attributes: Object.fromEntries(found) } : {}
    },
    SetQueueAttributes: (input: QueueInput & { readonly Attributes?: Attributes }) =>
      queues.setAttributes(queues.byUrl(input.QueueUrl), input.Attributes ?? {}),
    PurgeQueue: ({ QueueUrl }: QueueInput) => queues.byUrl(QueueUrl).purge(),
    ListDeadLetterSourceQueues: ({ QueueUrl }: QueueInput) => ({
      queueUrls: queues.sourcesOf(queues.byUrl(QueueUrl).identity.arn).map(({ identity }) => identity.url),
    }),
  }
}

function messageOperations({ queues, faults }: OperationsHost): Operations {
  function each<E extends { readonly Id?: string }>(
    operation: Parameters<typeof eachEntry>[1]['operation'],
    { QueueUrl, Entries: entries = [] }: QueueInput & { readonly Entries?: readonly E[] },
    act: (queue: StandInQueue, entry: E) => object | void,
  ) {
    const queue = queues.byUrl(QueueUrl)
    checkBatch(entries)
    const call = { operation, queueName: queue.identity.name }
    return eachEntry(entries, call, faults, (entry) => act(queue, entry))
  }

  return {
    SendMessage(input: QueueInput & MessageInput) {
      return send(queues.byUrl(input.QueueUrl), input)
    },
    SendMessageBatch(input: Entries<MessageInput>) {
      const bytes = (input.Entries ?? []).reduce((sum, entry) => sum + messageBytes(entry), 0)
      if (bytes > limits.batchBytes) {
        const message = `Batch requests cannot be longer than ${limits.batchBytes} bytes. You have sent ${bytes} bytes.`
        throw sqsError('BatchRequestTooLong', message)
      }
      return each('SendMessageBatch', input, send)
    },
    ReceiveMessage: (input: ReceiveInput, signal?: AbortSignal) =>
      receiveMessage(queues.byUrl(input.QueueUrl), input, signal),
    DeleteMessage: (input: QueueInput & HandleInput) => remove(queues.byUrl(input.QueueUrl), input),
    DeleteMessageBatch: (input: Entries<HandleInput>) => each('DeleteMessageBatch', input, remove),
    ChangeMessageVisibility: (input: QueueInput & VisibilityInput) =>
      changeVisibility(queues.byUrl(input.QueueUrl), input),
    ChangeMessageVisibilityBatch: (input: Entries<VisibilityInput>) =>
      each('ChangeMessageVisibilityBatch', input, changeVisibility),
  }
}

function moveOperations({ moveTasks }: OperationsHost): Operations {
  return {
    StartMessageMoveTask: (input: StartInput) => moveTasks.start(input),
    CancelMessageMoveTask: (input: { readonly TaskHandle?: string }) => moveTasks.cancel(input),
    ListMessageMoveTasks: (input: { readonly SourceArn?: string; readonly MaxResults?: number }) =>
      moveTasks.list(input),
  }
}

function send(queue: StandInQueue, input: MessageInput) {
  const draft = checkMessage(queue, input)
  return toSent(draft, queue.send(draft))
}

function remove(queue: StandInQueue, { ReceiptHandle: handle }: HandleInput): void {
  if (!handle) throw missing('ReceiptHandle')
  queue.delete(handle)
}

function changeVisibility(queue: StandInQueue, input: VisibilityInput): void {
  if (!input.ReceiptHandle) throw missing('ReceiptHandle')
  const seconds = wholeNumber(input.VisibilityTimeout, 'VisibilityTimeout', 0, limits.visibilitySeconds)
  if (seconds === undefined) throw missing('VisibilityTimeout')
  queue.changeVisibility(input.ReceiptHandle, seconds * 1000)
}

function queueAttributes(queue: StandInQueue, { messageCount }: SqsFaults): Attributes {
  const { visible, inFlight, delayed } = queue.counts()
  const { attributes, createdAt, modifiedAt } = queue.configuration
  const report = (count: number): string => String(messageCount?.(count) ?? count)
  return {
    QueueArn: queue.identity.arn,
    ApproximateNumberOfMessages: report(visible),
    ApproximateNumberOfMessagesNotVisible: report(inFlight),
    ApproximateNumberOfMessagesDelayed: report(delayed),
    CreatedTimestamp: String(Math.floor(createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(modifiedAt / 1000)),
    ...attributes,
  }
}
