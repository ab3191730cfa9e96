// The event source mapping of Lambda for a queue of the SQS stand-in: it receives batches, calls a handler with each, and deletes what
// the handler did not report as failed, after the handler has returned. What failed comes again when its visibility ends.

import type { Clock } from '../../runtime/ports.ts'
import { createIds } from '../ids.ts'
import { ServiceError } from '../service-error.ts'
import type { StandInQueue } from '../sqs/queue.ts'
import type { Received } from '../sqs/stored-message.ts'
import { WakeUp } from '../wake-up.ts'
import { failedIds } from './batch-response.ts'
import { gather } from './gather.ts'
import { type SqsEvent, toRecord } from './sqs-event.ts'

/** Of Lambda's context: what a handler of a queue has use for. */
interface InvocationContext {
  readonly awsRequestId: string
  readonly functionName: string
  getRemainingTimeInMillis(): number
}

/** Declares two parameters at most: the runtime for Node 24 refuses a third. */
export type SqsHandler = (event: SqsEvent, context: InvocationContext) => Promise<unknown>

/** A queue to poll: of the stand-in, or of another SQS behind its client. */
export interface PolledQueue extends Pick<StandInQueue, 'identity' | 'isFifo' | 'receive'> {
  readonly configuration: { readonly settings: { readonly visibilityMs: number } }
  delete(receiptHandle: string): void | Promise<void>
}

export interface PollOptions {
  readonly clock: Clock
  readonly queue: PolledQueue
  readonly handler: SqsHandler
  /** Default 10; above that a window is needed. */
  readonly batchSize?: number
  /** For how long a batch that is not full waits for more. Default 0. */
  readonly batchWindowSeconds?: number
  /** Calls at once, at least 2. Default: Lambda's 1,250, without its run-up. */
  readonly maximumConcurrency?: number
  /** Default: the queue's. */
  readonly visibilitySeconds?: number
  /** Default 3, as Lambda's. */
  readonly functionTimeoutSeconds?: number
  /** Without it the answer is ignored: a handler that returns has done the whole batch. Default true. */
  readonly reportBatchItemFailures?: boolean
  /** Default: the name of the queue. */
  readonly functionName?: string
  /** Hears of every call that failed as a whole. */
  readonly onFailure?: (error: unknown) => void
}

export interface Polling {
  /** Calls that are under way. */
  readonly active: number
  /** Begins no further call. @returns when those under way have ended. */
  stop(): Promise<void>
}

/** @throws `InvalidParameterValueException` for what Lambda does not take. */
export function pollQueue(options: PollOptions): Polling {
  checkOptions(options)
  const { clock, queue, maximumConcurrency = 1_250, reportBatchItemFailures = true } = options
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const ended = new WakeUp(clock)
  const newRequestId = createIds()

  async function call(batch: readonly Received[]): Promise<void> {
    const ids = batch.map(({ messageId }) => messageId)
    let failed: ReadonlySet<string>
    try {
      const response = await invoke(options, batch, newRequestId())
      failed = reportBatchItemFailures ? failedIds(response, ids) : new Set()
    } catch (error) {
      options.onFailure?.(error)
      failed = new Set(ids)
    }
    const done = batch.filter(({ messageId }) => !failed.has(messageId))
    await Promise.all(done.map(async ({ receiptHandle }) => remove(queue, receiptHandle)))
  }

  function begin(batch: readonly Received[]): void {
    const work = call(batch).finally(() => {
      running.delete(work)
      ended.call()
    })
    running.add(work)
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      await room()
      for (const batch of await gather(options, stopping.signal)) {
        await room()
        begin(batch)
      }
    }
  }

  /** Resolves when another call may run. */
  async function room(): Promise<void> {
    while (running.size >= maximumConcurrency && !stopping.signal.aborted) {
      await ended.until(Infinity, stopping.signal)
    }
  }

  const polling = poll()
  return {
    get active() {
      return running.size
    },
    async stop() {
      stopping.abort()
      await polling
      await Promise.all(running)
    },
  }
}

/** A handler that takes too long has failed; in this process it goes on, as a frozen one may when it thaws. */
async function invoke(options: PollOptions, batch: readonly Received[], requestId: string): Promise<unknown> {
  const { clock, queue, handler, functionTimeoutSeconds = 3 } = options
  const deadline = clock.now() + functionTimeoutSeconds * 1000
  const over = new AbortController()
  const context: InvocationContext = {
    awsRequestId: requestId,
    functionName: options.functionName ?? queue.identity.name,
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
  }
  const event: SqsEvent = { Records: batch.map((each) => toRecord(each, queue.identity)) }
  const timeout = clock.sleep(functionTimeoutSeconds * 1000, over.signal).then(() => {
    if (!over.signal.aborted) throw new Error(`Task timed out after ${functionTimeoutSeconds} seconds`)
  })
  try {
    const work = (async () => handler(structuredClone(event), context))()
    return await Promise.race([work, timeout.then(() => work)])
  } finally {
    over.abort()
  }
}

async function remove(queue: PolledQueue, receiptHandle: string): Promise<void> {
  try {
    await queue.delete(receiptHandle)
  } catch (error) {
    // It was received by somebody else meanwhile, or the queue was purged.
    if (!(error instanceof ServiceError)) throw error
  }
}

function checkOptions(options: PollOptions): void {
  const { queue, handler, batchSize = 10, batchWindowSeconds = 0, functionTimeoutSeconds = 3 } = options
  const { isFifo, configuration } = queue
  const visibilitySeconds = options.visibilitySeconds ?? configuration.settings.visibilityMs / 1000
  const wrong = (
    [
      [batchSize < 1 || batchSize > 10_000, 'BatchSize is out of bounds.'],
      [batchSize > 10 && isFifo, 'A FIFO queue has batches of at most 10.'],
      [batchSize > 10 && batchWindowSeconds < 1, 'A BatchSize above 10 needs a batching window of a second.'],
      [batchWindowSeconds < 0 || batchWindowSeconds > 300, 'The batching window is 300 seconds at most.'],
      [batchWindowSeconds > 0 && isFifo, 'Batching window is not supported for FIFO queues.'],
      [(options.maximumConcurrency ?? 2) < 2, 'MaximumConcurrency is 2 at least.'],
      [functionTimeoutSeconds > 900, 'The timeout of a function is 900 seconds at most.'],
      [visibilitySeconds < functionTimeoutSeconds, 'Queue visibility timeout is less than function timeout.'],
      [handler.length > 2, 'The runtime for Node 24 refuses handlers with a third parameter.'],
    ] as const
  ).find(([isWrong]) => isWrong)
  if (wrong) throw new ServiceError('InvalidParameterValueException', wrong[1])
}
