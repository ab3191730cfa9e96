// Runs one attempt of an activity and turns whatever happens into a fact.

import {
  type ActivityDeferred,
  deferralFactId,
  type TaskCompleted,
  type TaskFailed,
  taskFactId,
} from '../engine/events.ts'
import type { App } from '../workflow/app.ts'
import type { ActivityContext } from '../workflow/context.ts'
import { type ErrorCode, isTenutoError, TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf, toFailureDetails } from '../workflow/failure.ts'
import { type Logger, withFields } from '../workflow/logger.ts'
import { decodePayload, encodePayload } from '../workflow/payload.ts'
import type { Tracer } from '../workflow/tracer.ts'
import type { ActivityMessage } from './messages.ts'
import type { Clock } from './ports.ts'
import { traceActivity } from './trace-activity.ts'

export type ActivityOutcome = TaskCompleted | TaskFailed

/** What no further attempt can mend. An error that the activity has from elsewhere, a client of ours say, may well pass. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'PAYLOAD_NOT_SERIALIZABLE',
  'PAYLOAD_TOO_LARGE',
  'PAYLOAD_TOO_DEEP',
  'ACTIVITY_INLINE',
])

export interface ActivityHost {
  readonly app: App
  readonly clock: Clock
  readonly logger: Logger
  readonly tracer?: Tracer | undefined
  /** Aborted when the host shuts down. */
  readonly shutdown: AbortSignal
  /** The token by which an activity is completed from outside. Absent: it cannot be, because it is run inline. */
  readonly tokenOf?: (message: ActivityMessage) => Promise<string>
}

/** One attempt while it runs. */
interface Attempt {
  readonly message: ActivityMessage
  readonly signal: AbortSignal
  /** Set once the activity has asked to be completed from outside. */
  token: Promise<string> | undefined
  /** What the platform has refused it: not the activity has failed then, but its host. */
  trouble?: unknown
}

/**
 * Runs the activity that the message names. A result that JSON cannot carry is a failure, told as such; the result of one that is completed
 * from outside is nobody's.
 * @throws whatever the attempt threw after the host began to shut down, or because the platform refused what its context asked for: it was
 *   cut off, has not failed, and comes again.
 */
export async function runActivity(
  host: ActivityHost,
  message: ActivityMessage,
): Promise<ActivityOutcome | ActivityDeferred> {
  return traceActivity(host, message, async (traced) => runTraced(host, traced))
}

async function runTraced(
  host: ActivityHost,
  message: ActivityMessage,
): Promise<ActivityOutcome | ActivityDeferred> {
  const { generation, seq, name, timeoutMs } = message
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
  const startedAt = host.clock.now()
  let attempt: Attempt | undefined
  try {
    return await withinTimeout(host, message, async (signal) => {
      attempt = { message, signal, token: undefined }
      const run = registered.run as (ctx: ActivityContext, input: unknown) => unknown
      const returned = await run(contextOf(host, attempt), decodePayload(message.input))
      if (attempt.token) {
        await attempt.token
        const until = timeoutMs === undefined ? {} : { until: startedAt + timeoutMs }
        return {
          kind: 'activityDeferred',
          id: deferralFactId(generation, seq),
          generation,
          task: seq,
          ...until,
        }
      }
      const output = encodePayload(returned, `The output of activity '${name}'`)
      return { kind: 'taskCompleted', generation, seq, ...(output !== undefined && { output }) }
    })
  } catch (error) {
    if (host.shutdown.aborted || (attempt?.trouble !== undefined && error === attempt.trouble)) throw error
    if (!isTenutoError(error)) return failed(toFailureDetails(error))
    const { nonRetriable: _, ...failure } = failureOf(error)
    return failed(lasting.has(error.code) ? failureOf(error) : failure)
  }
}

function contextOf(host: ActivityHost, attempt: Attempt): ActivityContext {
  const { message, signal } = attempt
  const { instanceId, incarnation, generation, seq, name } = message
  return {
    getWorkflowInstanceId: () => instanceId,
    getWorkflowActivityId: () => seq,
    taskId: seq,
    name,
    attempt: message.attempt,
    idempotencyKey: `${instanceId}/${incarnation}/${taskFactId(generation, message.firstSeq)}`,
    signal,
    ...(message.trace !== undefined && { traceparent: message.trace }),
    logger: withFields(host.logger, { instanceId, activity: name, taskId: seq, attempt: message.attempt }),
    completeLater: async () => {
      const token = (attempt.token ??= (host.tokenOf ?? refuseInline)(message))
      // What failed may be asked for again.
      token.catch((error: unknown) => {
        if (attempt.token === token) attempt.token = undefined
        if (!isTenutoError(error, 'ACTIVITY_INLINE')) attempt.trouble = error
      })
      return token
    },
  }
}

async function refuseInline({ name }: ActivityMessage): Promise<never> {
  throw new TenutoError(
    'ACTIVITY_INLINE',
    `Activity '${name}' is called inline and cannot be completed later.`,
  )
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
