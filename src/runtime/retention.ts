// For how long instances are kept after their end, where nobody purges them.

import { type Duration, toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { TerminalStatus } from '../workflow/status.ts'

/**
 * How long an instance is kept after its end, by how it ended (`'90s'`, `'30d'`; a number is seconds, as everywhere); 0 lets go of it at
 * once. Left out: until it is purged. What is over goes without a trace, and its id is free. Each instance has its own time, children too.
 */
export interface Retention {
  readonly completed?: Duration
  readonly failed?: Duration
  readonly terminated?: Duration
  /** For the ends that have no time of their own. */
  readonly any?: Duration
}

/** Ms for which the row of what has ended is kept at least, where a tombstone is kept for `graveMs`. */
export function leastKeptMs(retention: Retention, graveMs: number): number {
  const statuses = ['COMPLETED', 'FAILED', 'TERMINATED'] as const
  return Math.min(graveMs, ...statuses.map((status) => keptMs(retention, status) ?? graveMs))
}

/** @returns undefined when it is kept until it is purged. @throws TenutoError `INVALID_DURATION`; `INVALID_ARGUMENT` when it is negative */
export function keptMs(
  { any, completed = any, failed = any, terminated = any }: Retention,
  status: TerminalStatus,
): number | undefined {
  const time = { COMPLETED: completed, FAILED: failed, TERMINATED: terminated }[status]
  if (time === undefined) return undefined
  const ms = toMilliseconds(time)
  if (ms >= 0) return ms
  throw new TenutoError('INVALID_ARGUMENT', `A time of retention is 0 or more, got ${time}.`)
}

/** The time that a setting names. Its unit is needed, because nobody sees whether a bare number means days or seconds. */
export function retentionFrom(text: string): Retention | undefined {
  return /^\d{1,9}(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text) ? { any: text as Duration } : undefined
}
