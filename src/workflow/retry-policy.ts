// When a failed activity or child workflow is tried again. Field names and meaning are Dapr's.

import { type Duration, toMilliseconds } from './duration.ts'
import { TenutoError } from './errors.ts'
import type { FailureDetails } from './failure.ts'

/** The waits are durable timers: they cost nothing while they run and survive everything. */
export interface RetryPolicy {
  /** Wait before the second attempt. Greater than zero. */
  readonly firstRetryInterval: Duration
  /** Attempts in all, the first included. At least 1. */
  readonly maxNumberOfAttempts: number
  /** Each wait is the one before times this. Default 1; at least 1. */
  readonly backoffCoefficient?: number
  /** No wait is longer than this. Default: no bound. */
  readonly maxRetryInterval?: Duration
  /** No attempt starts later than this after the first one (workflow time). Default: no bound. */
  readonly retryTimeout?: Duration
  /**
   * Asked after each failure, inside the workflow: false gives up. Must be deterministic, and answer at once: a promise fails the call with
   * `INVALID_RETRY_POLICY`. Default: always true.
   */
  readonly handle?: (failure: FailureDetails) => boolean
  /** Error types (`error.name`) or codes that are never tried again, beside errors marked `nonRetriable`. */
  readonly nonRetriableErrors?: readonly string[]
}

/** The numbers of a policy, as an episode records them: a deploy that changes a policy does not disturb calls that are under way. */
export interface RetrySchedule {
  readonly firstMs: number
  readonly attempts: number
  readonly coefficient: number
  readonly maxMs?: number
  readonly timeoutMs?: number
}

/** @throws TenutoError `INVALID_RETRY_POLICY` names the field, the value and what was expected. */
export function toRetrySchedule(policy: RetryPolicy): RetrySchedule {
  const firstMs = toMilliseconds(policy.firstRetryInterval)
  const coefficient = policy.backoffCoefficient ?? 1
  if (!(firstMs > 0)) throw invalid('firstRetryInterval', policy.firstRetryInterval, 'greater than zero')
  if (!Number.isInteger(policy.maxNumberOfAttempts) || policy.maxNumberOfAttempts < 1) {
    throw invalid('maxNumberOfAttempts', policy.maxNumberOfAttempts, 'an integer of at least 1')
  }
  if (!(coefficient >= 1 && Number.isFinite(coefficient))) {
    throw invalid('backoffCoefficient', coefficient, 'a number of at least 1')
  }
  const maxMs = policy.maxRetryInterval === undefined ? undefined : toMilliseconds(policy.maxRetryInterval)
  const timeoutMs = policy.retryTimeout === undefined ? undefined : toMilliseconds(policy.retryTimeout)
  if (maxMs !== undefined && maxMs <= 0)
    throw invalid('maxRetryInterval', policy.maxRetryInterval, 'greater than zero')
  if (timeoutMs !== undefined && timeoutMs <= 0)
    throw invalid('retryTimeout', policy.retryTimeout, 'greater than zero')
  return {
    firstMs,
    attempts: policy.maxNumberOfAttempts,
    coefficient,
    ...(maxMs !== undefined && { maxMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
}

/**
 * Milliseconds to wait before the next attempt, or undefined to give up.
 * @param attempt the attempt that has just failed, from 1
 * @param elapsedMs workflow time since the first attempt was scheduled
 */
export function nextRetryDelayMs(
  schedule: RetrySchedule,
  attempt: number,
  elapsedMs: number,
): number | undefined {
  if (attempt >= schedule.attempts) return undefined
  const grown = schedule.firstMs * schedule.coefficient ** (attempt - 1)
  const delay = Math.round(Math.min(grown, schedule.maxMs ?? Number.POSITIVE_INFINITY, maxDelayMs))
  if (schedule.timeoutMs !== undefined && elapsedMs + delay > schedule.timeoutMs) return undefined
  return delay
}

/**
 * Whether a policy allows another attempt after this failure (its numbers apart).
 * @param takesPromises a promise of `handle` counts as a yes
 * @throws what `handle` throws; TenutoError `INVALID_RETRY_POLICY` when it gives back a promise
 */
export function isRetriable(
  policy: Pick<RetryPolicy, 'handle' | 'nonRetriableErrors'> | undefined,
  failure: FailureDetails,
  takesPromises = false,
): boolean {
  if (failure.nonRetriable) return false
  const named = policy?.nonRetriableErrors
  if (named?.includes(failure.errorType) || (failure.code !== undefined && named?.includes(failure.code)))
    return false
  // What the types forbid, JavaScript may do.
  const answer: unknown = policy?.handle?.(failure) ?? true
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return Boolean(answer)
  // Nobody waits for it, so nobody else would catch what it throws.
  Promise.resolve(answer).catch(() => {})
  if (takesPromises) return true
  const expected = 'true or false at once (what has to be asked for, an activity can ask for)'
  throw invalid('The answer of handle', 'a promise', expected)
}

/** A back-off that has grown beyond a year would overflow the calendar; it waits a year. */
const maxDelayMs = 366 * 86_400_000

function invalid(field: string, value: unknown, expected: string): TenutoError {
  return new TenutoError(
    'INVALID_RETRY_POLICY',
    `${field} of a retry policy must be ${expected}, got ${String(value)}.`,
  )
}
