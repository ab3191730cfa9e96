// Runs one attempt of an activity and turns whatever happens into a fact.

import { type TaskCompleted, type TaskFailed, taskFactId } from '../engine/events.ts'
import type { App, RegisteredActivity } from '../workflow/app.ts'
import type { ActivityContext } from '../workflow/context.ts'
import { type ErrorCode, isTenutoError, TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf, toFailureDetails } from '../workflow/failure.ts'
import { type Logger, withFields } from '../workflow/logger.ts'
import { decodePayload, encodePayload, type Payload } from '../workflow/payload.ts'
import type { ActivityMessage } from './messages.ts'
import type { Clock } from './ports.ts'

export type ActivityOutcome = TaskCompleted | TaskFailed

/** What no further attempt can mend. An error that the activity has from elsewhere, a client of ours say, may well pass. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'PAYLOAD_NOT_SERIALIZABLE',
  'PAYLOAD_TOO_LARGE',
  'PAYLOAD_TOO_DEEP',
])

export interface ActivityHost {
  readonly app: App
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted when the host shuts down. */
  readonly shutdown: AbortSignal
}

/**
 * Runs the activity that the message names. A result that JSON cannot carry is a failure, told as such.
 * @throws whatever the attempt threw after the host began to shut down: it was cut off, has not failed, and comes again.
 */
export async function runActivity(host: ActivityHost, message: ActivityMessage): Promise<ActivityOutcome> {
  const { generation, seq, name } = message
  const failed = (failure: FailureDetails): ActivityOutcome => ({
    kind: 'taskFailed',
    generation,
    seq,
    failure,
  })
  const registered = host.app.activity(name)
  if (!registered) {
    const text = `No activity '${name}' is registered in this app.`
    return failed(failureOf(new TenutoError('ACTIVITY_NOT_REGISTERED', text)))
  }
  try {
    const output = await withinTimeout(host, message, (signal) => attempt(host, registered, message, signal))
    return { kind: 'taskCompleted', generation, seq, ...(output !== undefined && { output }) }
  } catch (error) {
    if (host.shutdown.aborted) throw error
    if (!isTenutoError(error)) return failed(toFailureDetails(error))
    const { nonRetriable: _, ...failure } = failureOf(error)
    return failed(lasting.has(error.code) ? failureOf(error) : failure)
  }
}

async function attempt(
  host: ActivityHost,
  registered: RegisteredActivity,
  message: ActivityMessage,
  signal: AbortSignal,
): Promise<Payload> {
  const { instanceId, incarnation, generation, seq, name } = message
  const ctx: ActivityContext = {
    getWorkflowInstanceId: () => instanceId,
    getWorkflowActivityId: () => seq,
    taskId: seq,
    name,
    attempt: message.attempt,
    idempotencyKey: `${instanceId}/${incarnation}/${taskFactId(generation, message.firstSeq)}`,
    signal,
    logger: withFields(host.logger, { instanceId, activity: name, taskId: seq, attempt: message.attempt }),
  }
  const run = registered.run as (ctx: ActivityContext, input: unknown) => unknown
  return encodePayload(await run(ctx, decodePayload(message.input)), `The output of activity '${name}'`)
}

/** Aborts the attempt's signal and fails it when its time is up; what the code does after that is not heeded any more. */
async function withinTimeout<T>(
  host: ActivityHost,
  message: ActivityMessage,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs } = message
  if (timeoutMs === undefined) return run(host.shutdown)
  const over = new AbortController()
  const finished = new AbortController()
  const expiry = host.clock.sleep(timeoutMs, finished.signal).then((): never => {
    const error = new TenutoError(
      'ACTIVITY_TIMEOUT',
      `Activity '${message.name}' took longer than its timeout of ${timeoutMs} ms.`,
    )
    over.abort(error)
    throw error
  })
  // When the attempt wins the race, the aborted sleep must not be heard of.
  expiry.catch(() => {})
  try {
    return await Promise.race([run(AbortSignal.any([host.shutdown, over.signal])), expiry])
  } finally {
    finished.abort()
  }
}
