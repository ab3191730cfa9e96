// For how long instances are kept after their end, where nobody purges them.

import { TenutoError } from '../workflow/errors.ts'
import type { TerminalStatus } from '../workflow/status.ts'

/**
 * Days for which an instance is kept after its end, by how it ended; 0 lets go of it at once. Left out: until it is purged. What is over
 * goes without a trace, and its id is free.
 */
export interface Retention {
  readonly completed?: number
  readonly failed?: number
  readonly terminated?: number
}

const dayMs = 24 * 3_600_000

/** Ms for which the row of what has ended is kept at least, where a tombstone is kept for `graveMs`. */
export function leastKeptMs(retention: Retention, graveMs: number): number {
  const statuses = ['COMPLETED', 'FAILED', 'TERMINATED'] as const
  return Math.min(graveMs, ...statuses.map((status) => keptMs(retention, status) ?? graveMs))
}

/** @returns undefined when it is kept until it is purged. @throws TenutoError `INVALID_ARGUMENT` */
export function keptMs(
  { completed, failed, terminated }: Retention,
  status: TerminalStatus,
): number | undefined {
  const days = { COMPLETED: completed, FAILED: failed, TERMINATED: terminated }[status]
  if (days === undefined) return undefined
  if (Number.isFinite(days) && days >= 0) return days * dayMs
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `A time of retention is a number of days, 0 or more, got ${days}.`,
  )
}
