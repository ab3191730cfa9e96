// Functions over a backend in memory: events as Lambda makes them, and a pump that lets the queue of the backend call the functions.

import { onTestFinished } from 'vitest'
import type { AwsBackend, LambdaHandler } from '../../../src/aws/index.ts'
import type { LambdaContext, SqsBatchResponse, SqsEvent, SqsRecord } from '../../../src/aws/lambda/events.ts'
import { createInvocation } from '../../../src/aws/lambda/invocation.ts'
import { encodeMessage } from '../../../src/aws/sqs/codec.ts'
import { createManagement } from '../../../src/runtime/manage.ts'
import type { Management } from '../../../src/runtime/management.ts'
import { type Delivery, type Message, type QueueName, queueOf } from '../../../src/runtime/messages.ts'
import type { Ports } from '../../../src/runtime/ports.ts'
import {
  createMemoryBackend,
  type MemoryBackend,
  type MemoryBackendOptions,
} from '../../../src/testing/memory-backend.ts'
import { type RecordingLogger, recordingLogger } from '../../support/recording-logger.ts'

export interface World {
  readonly memory: MemoryBackend
  readonly logger: RecordingLogger
  /** Name and value, in order. */
  readonly metrics: [name: string, value: number][]
  /** Ids of messages whose return was hastened, by queue. */
  readonly hastened: [queue: QueueName, ...ids: string[]][]
  readonly backend: AwsBackend
  readonly management: Management
}

export interface WorldOptions extends MemoryBackendOptions {
  /** What the functions see instead of the ports. */
  readonly ports?: (ports: Ports) => Ports
}

export function createWorld({ ports: wrap = (same) => same, ...options }: WorldOptions = {}): World {
  // A container never closes its runtime; a test has to.
  const listeners = new Set(process.listeners('unhandledRejection'))
  onTestFinished(() => {
    for (const each of process.listeners('unhandledRejection')) {
      if (!listeners.has(each)) process.off('unhandledRejection', each)
    }
  })
  const logger = recordingLogger()
  const memory = createMemoryBackend({ logger, ...options })
  const metrics: World['metrics'] = []
  const hastened: World['hastened'] = []
  const { watch: _, ...ports } = memory.ports
  return {
    memory,
    logger,
    metrics,
    hastened,
    management: createManagement(memory.ports),
    backend: {
      ports: wrap(ports),
      metrics: { addMetric: (name, _unit, value) => void metrics.push([name, value]) },
      invocation: createInvocation(),
      returns: {
        hasten: async (queue, records) => {
          // It takes a request: whoever does not await it has answered before.
          await new Promise((resolve) => setImmediate(resolve))
          if (records.length > 0) hastened.push([queue, ...records.map(({ messageId }) => messageId)])
        },
      },
    },
  }
}

export function sqsRecord(body: string | Message, more: Partial<SqsRecord> = {}): SqsRecord {
  return {
    messageId: crypto.randomUUID(),
    receiptHandle: 'receipt',
    body: typeof body === 'string' ? body : encodeMessage(body),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:queue',
    ...more,
  }
}

export function sqsEvent(...records: readonly SqsRecord[]): SqsEvent {
  return { Records: records }
}

export function failedIds({ batchItemFailures }: SqsBatchResponse): readonly string[] {
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

/** @param remainingMs of the invocation, asked for at any time */
export function contextWith(remainingMs: number | (() => number)): LambdaContext {
  return {
    awsRequestId: 'request-1',
    functionName: 'function',
    getRemainingTimeInMillis: typeof remainingMs === 'function' ? remainingMs : () => remainingMs,
  }
}

export const context = contextWith(30_000)

/** In place of a method that does not work. */
export async function fails(): Promise<never> {
  throw new Error('out of reach')
}

type QueueHandler = LambdaHandler<SqsEvent, SqsBatchResponse>

/** Lets the backend's queue call the functions, as an event source mapping would. */
export function connect(
  { memory }: World,
  handlers: Readonly<Record<QueueName, QueueHandler>>,
  deadLetters?: QueueHandler,
  lambdaContext: LambdaContext = context,
): void {
  const call = async (handler: QueueHandler, batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>> => {
    const records = batch.map(({ message, receiveCount }) =>
      sqsRecord(message, { attributes: { ApproximateReceiveCount: String(receiveCount) } }),
    )
    const failed = new Set(failedIds(await handler(sqsEvent(...records), lambdaContext)))
    return new Set(batch.filter((_, at) => !failed.has(records[at]?.messageId ?? '')))
  }
  memory.queue.run(() => ({
    handle: async (batch) => call(handlers[queueOf(batch[0]?.message as Message)], batch),
    handleDead: async (delivery) => {
      if (!deadLetters) throw new Error(`A dead letter: ${encodeMessage(delivery.message)}`)
      const done = await call(deadLetters, [delivery])
      if (!done.has(delivery)) throw new Error('The dead letter was given back.')
    },
  }))
}
