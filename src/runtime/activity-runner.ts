// Runs one attempt of an activity and turns whatever happens into a fact.

import { deferralFactId, type TaskCompleted, type TaskFailed } from '../engine/events.ts'
import type { App } from '../workflow/app.ts'
import type { ActivityContext } from '../workflow/context.ts'
import { type ErrorCode, isTenutoError, TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf, toFailureDetails } from '../workflow/failure.ts'
import type { Logger } from '../workflow/logger.ts'
import { decodePayload, encodePayload } from '../workflow/payload.ts'
import type { Tracer } from '../workflow/tracer.ts'
import { type Attempt, contextOf } from './activity-context.ts'
import type { AttemptRecord } from './attempt-record.ts'
import type { ActivityMessage } from './messages.ts'
import type { Clock } from './ports.ts'
import type { ActivityFact } from './task-facts.ts'
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
}

/** What an activity on a queue has, and one that is run inline has not. */
export interface Queued {
  readonly record: AttemptRecord
  /** The token by which it is completed from outside. */
  readonly tokenOf: () => Promise<string>
  /** Ms that its host can give it; nothing but this run is bounded by it. */
  readonly mayRunMs?: number | undefined
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
  queued?: Queued,
): Promise<ActivityFact> {
  return traceActivity(host, message, async (traced) => runTraced(host, traced, queued))
}

async function runTraced(
  host: ActivityHost,
  message: ActivityMessage,
  queued: Queued | undefined,
): Promise<ActivityFact> {
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
  const over = new AbortController()
  const signal = AbortSignal.any([
    host.shutdown,
    over.signal,
    ...(queued ? [queued.record.hearing.cancelled] : []),
  ])
  const attempt: Attempt = { message, signal, logger: host.logger, queued, token: undefined }
  const startedAt = host.clock.now()
  const run = registered.run as (ctx: ActivityContext, input: unknown) => unknown
  try {
    const running = (async () => run(contextOf(attempt), decodePayload(message.input)))()
    const returned = await bounded(host, attempt, running, over)
    const token = await attempt.token
    await queued?.record.close(token !== undefined)
    return token === undefined ? completed(message, returned) : deferred(message, startedAt)
  } catch (error) {
    if (host.shutdown.aborted || (attempt.trouble !== undefined && error === attempt.trouble)) throw error
    // The next attempt shall know how far this one came.
    await queued?.record.close(true)
    if (!isTenutoError(error)) return failed(toFailureDetails(error))
    const { nonRetriable: _, ...failure } = failureOf(error)
    return failed(lasting.has(error.code) ? failureOf(error) : failure)
  }
}

function completed({ generation, seq, name }: ActivityMessage, returned: unknown): ActivityFact {
  const output = encodePayload(returned, `The output of activity '${name}'`)
  return { kind: 'taskCompleted', generation, seq, ...(output !== undefined && { output }) }
}

function deferred({ generation, seq, timeoutMs }: ActivityMessage, startedAt: number): ActivityFact {
  const until = timeoutMs === undefined ? {} : { until: startedAt + timeoutMs }
  return { kind: 'activityDeferred', id: deferralFactId(generation, seq), generation, task: seq, ...until }
}

/** Aborts the attempt's signal and fails it when its time is up; what the code does after that is not heeded any more. */
async function bounded<T>(
  { clock }: ActivityHost,
  { message, queued }: Attempt,
  running: Promise<T>,
  over: AbortController,
): Promise<T> {
  const { timeoutMs, heartbeatTimeoutMs } = message
  const finished = new AbortController()
  const expire = (code: 'ACTIVITY_TIMEOUT' | 'ACTIVITY_HEARTBEAT_TIMEOUT', text: string): void => {
    if (finished.signal.aborted) return
    const error = new TenutoError(code, `Activity '${message.name}' ${text}`)
    over.abort(error)
    throw error
  }
  const bounds: Promise<void>[] = []
  const mayRunMs = queued?.mayRunMs
  const mostMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, mayRunMs ?? Number.POSITIVE_INFINITY)
  if (Number.isFinite(mostMs)) {
    const bound = mostMs === timeoutMs ? 'its timeout of' : 'its host has time for:'
    const text = `took longer than ${bound} ${mostMs} ms.`
    bounds.push(clock.sleep(mostMs, finished.signal).then(() => expire('ACTIVITY_TIMEOUT', text)))
  }
  if (heartbeatTimeoutMs !== undefined && queued) {
    const text = `gave no heartbeat within ${heartbeatTimeoutMs} ms.`
    const silence = silent(clock, queued.record, heartbeatTimeoutMs, finished.signal)
    bounds.push(silence.then(() => expire('ACTIVITY_HEARTBEAT_TIMEOUT', text)))
  }
  for (const bound of bounds) bound.catch(() => {})
  try {
    // A bound only ever rejects while the attempt runs.
    return (await Promise.race([running, ...bounds])) as T
  } finally {
    finished.abort()
  }
}

/** Resolves when nothing was heard of the attempt for so long, or the signal is aborted. */
async function silent(
  clock: Clock,
  record: AttemptRecord,
  boundMs: number,
  finished: AbortSignal,
): Promise<void> {
  for (;;) {
    const restMs = record.beatAt + boundMs - clock.now()
    if (restMs <= 0 || finished.aborted) return
    await clock.sleep(restMs, finished)
  }
}
