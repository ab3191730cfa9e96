// One-time schedule expressions: `at(yyyy-mm-ddThh:mm:ss)`, without zone and without fractions.

import { notImplemented } from '../service-error.ts'
import { invalidInput } from './errors.ts'

/** @returns ms since the epoch. */
export function parseAt(expression: string, timezone = 'UTC'): number {
  if (/^(?:rate|cron)\(.*\)$/.test(expression)) throw notImplemented(`recurring schedules (${expression})`)
  if (timezone !== 'UTC') throw notImplemented(`the time zone ${timezone}`)
  const text = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1]
  const at = text === undefined ? Number.NaN : Date.parse(`${text}Z`)
  // 31 February would be read as a day in March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== text) {
    throw invalidInput(`Invalid Schedule Expression ${expression}.`)
  }
  return at
}
