// Trying again: what is refused for its rate, and what may or may not have been done. Both are repeated by the very same request, which
// every write here can bear, after a jittered pause that doubles, and never past the time that the host has left.

import type { Clock } from '../../runtime/ports.ts'
import { TenutoError } from '../../workflow/errors.ts'
import type { Logger } from '../../workflow/logger.ts'

/** `throttled`: not done. `unknown`: done or not. `final`: not done, and a repetition would end the same way. */
type Trouble = 'throttled' | 'unknown' | 'final'

export interface RetryPolicy {
  readonly clock: Clock
  readonly logger: Logger
  /** Ms that the host has left; default: no end in sight. */
  readonly remainingTimeMs?: () => number
  /** Ms after the first attempt within which another one may begin. */
  readonly retryBudgetMs: number
  /** From 0 to 1, for the jitter. */
  readonly random: () => number
}

const firstPauseMs = 25
const longestPauseMs = 1_600
/** Left over for whoever has to report the failure. */
const reserveMs = 1_000

const throttling = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'Throttling',
  'TooManyRequestsException',
])

/** Errors of DynamoDB that are called the caller's fault and pass nevertheless. */
const passing = new Set([
  'ReplicatedWriteConflictException',
  'TransactionConflictException',
  'TransactionInProgressException',
  'RequestTimeout',
  'RequestTimeoutException',
])

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error)) return 'final'
  if (throttling.has(error.name)) return 'throttled'
  const { $metadata, code } = error as Error & { $metadata?: Metadata; code?: unknown }
  if (passing.has(error.name) || $metadata?.clockSkewCorrected) return 'unknown'
  const { httpStatusCode } = $metadata ?? {}
  // An error with the status of a success is an answer that was cut off.
  if (httpStatusCode !== undefined) return httpStatusCode >= 400 && httpStatusCode < 500 ? 'final' : 'unknown'
  // Node's names of broken connections, and the SDK's of a request that took too long.
  const isBroken = typeof code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(code)
  return isBroken || error.name === 'TimeoutError' ? 'unknown' : 'final'
}

interface Metadata {
  readonly httpStatusCode?: number
  readonly clockSkewCorrected?: boolean
}

/** Not everything of a batch was done; the rest is to be asked for again. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished'
}

/**
 * Repeats what may succeed later. `act` is told the number of the attempt, and whether an earlier one may have been done.
 * @throws TenutoError `STORAGE_FAILED`; `doing` completes "Could not …".
 */
export async function retry<T>(
  policy: RetryPolicy,
  doing: string,
  act: (attempt: number, isRepeat: boolean) => Promise<T>,
): Promise<T> {
  const { clock, logger, remainingTimeMs, retryBudgetMs, random } = policy
  const deadline = clock.now() + Math.min(retryBudgetMs, (remainingTimeMs?.() ?? Infinity) - reserveMs)
  let isRepeat = false
  for (let attempt = 1; ; attempt++) {
    try {
      return await act(attempt, isRepeat)
    } catch (error) {
      if (error instanceof TenutoError) throw error
      const trouble = error instanceof Unfinished ? 'throttled' : troubleOf(error)
      const pauseMs = backOffMs(attempt, random)
      if (trouble === 'final' || clock.now() + pauseMs > deadline) throw failure(doing, attempt, error)
      isRepeat ||= trouble === 'unknown'
      logger.warn('DynamoDB is asked again.', { doing, attempt, trouble, reason: describe(error) })
      await clock.sleep(pauseMs)
    }
  }
}

/** Doubles with each attempt; the upper half is left to chance, so that those who were refused together do not come back together. */
function backOffMs(attempt: number, random: () => number): number {
  const whole = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
  return whole / 2 + (random() * whole) / 2
}

function failure(doing: string, attempts: number, cause: unknown): TenutoError {
  const times = attempts === 1 ? '' : ` in ${attempts} attempts`
  return new TenutoError('STORAGE_FAILED', `Could not ${doing}${times}: ${describe(cause)}`, { cause })
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
