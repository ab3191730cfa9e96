// Trying again: transient failures only, with a jittered pause that doubles, and never past the time that the host has left.

import type { Clock } from '../../runtime/ports.ts'

export interface RetryOptions {
  readonly clock: Clock
  /** Ms that the host has left; default: no end in sight. */
  readonly remainingTimeMs?: () => number
  /** From 0 to 1, for the jitter. */
  readonly random: () => number
  /** Ms after the first attempt within which another one may begin. */
  readonly longestMs: number
  /** Hears of every failure after which another attempt is made. */
  readonly onRetry?: (error: unknown, attempt: number) => void
}

const firstPauseMs = 50
const longestPauseMs = 5_000
/** Left over for whoever has to report the failure. */
const reserveMs = 1_000

/** Error names of throttling, which is the one fault of a caller that passes. */
const throttling = new Set([
  'RequestThrottled',
  'RequestThrottledException',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'KmsThrottled',
  'KMSThrottlingException',
  'ServiceQuotaExceededException',
  'OverLimit',
])

/** @throws what the last attempt threw. */
export async function retry<T>(options: RetryOptions, act: (attempt: number) => Promise<T>): Promise<T> {
  const { clock, remainingTimeMs, random, longestMs, onRetry } = options
  const deadline = clock.now() + Math.min(longestMs, (remainingTimeMs?.() ?? Infinity) - reserveMs)
  for (let attempt = 1; ; attempt++) {
    try {
      return await act(attempt)
    } catch (error) {
      const pauseMs = backOffMs(attempt, random)
      if (!isTransient(error) || clock.now() + pauseMs > deadline) throw error
      onRetry?.(error, attempt)
      await clock.sleep(pauseMs)
    }
  }
}

/** Doubles with each attempt; the upper half is left to chance, so that those who were refused together do not come back together. */
function backOffMs(attempt: number, random: () => number): number {
  const whole = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
  return whole / 2 + (random() * whole) / 2
}

/** Whether the same request may succeed a little later: all but what the service calls the caller's fault. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { $fault, $metadata } = error as Partial<ServiceException>
  // The SDK has set its clock by the answer: signed anew, the request is good.
  const { httpStatusCode, clockSkewCorrected } = $metadata ?? {}
  return (
    $fault !== 'client' || isThrottling(error.name) || httpStatusCode === 429 || clockSkewCorrected === true
  )
}

interface ServiceException {
  readonly $fault: 'client' | 'server'
  readonly $metadata: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
}

export function isThrottling(errorName: string): boolean {
  return throttling.has(errorName)
}

/** An error of a service in one line: `ThrottlingException: Rate exceeded`. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
