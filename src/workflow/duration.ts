// Lengths of time as an author writes them: Dapr's seconds, or a string that carries its unit.

import { TenutoError } from './errors.ts'

/** A number is **seconds** (as in Dapr JS); a string is a number and a unit: `'250ms'`, `'30s'`, `'15m'`, `'24h'`, `'7d'`. */
export type Duration = number | `${number}${DurationUnit}`
type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd'

const unitMs: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const pattern = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/**
 * Milliseconds of a duration. Negative values are kept: a timer in the past is due at once.
 * @throws TenutoError `INVALID_DURATION` for NaN, an infinity or a string without a known unit.
 */
export function toMilliseconds(duration: Duration): number {
  if (typeof duration === 'number' && Number.isFinite(duration)) return Math.round(duration * 1_000)
  const match = typeof duration === 'string' ? pattern.exec(duration.trim()) : null
  if (match) return Math.round(Number(match[1]) * unitMs[match[2] as DurationUnit])
  throw new TenutoError(
    'INVALID_DURATION',
    `A duration was expected (seconds as a finite number, or a string such as '30s' or '24h'), got ${describe(duration)}.`,
  )
}

/**
 * Time of day (ms since the epoch) at which something given as a date or as a duration from `now` is due.
 * @throws TenutoError `INVALID_DURATION` for an invalid `Date` or duration, or one beyond the year 275760.
 */
export function toDueTime(when: Date | Duration, now: number): number {
  const due = when instanceof Date ? when.getTime() : now + toMilliseconds(when)
  if (Number.isNaN(new Date(due).getTime())) {
    throw new TenutoError(
      'INVALID_DURATION',
      `A date or duration was expected, got ${describe(when)}: it is no point in time.`,
    )
  }
  return due
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 40)}'` : `${String(value)} (${typeof value})`
}
