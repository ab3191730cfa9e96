// When and under which name a timer becomes a schedule.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  handOverMs,
  horizonMs,
  planTimer,
  queueReachMs,
  scheduleName,
} from '../../../src/aws/scheduler/schedule-plan.ts'
import { numRuns } from '../../support/property.ts'
import { anyText } from '../sqs/arbitrary-messages.ts'

const now = Date.UTC(2030, 0, 1, 12, 30, 15, 678)
const minuteMs = 60_000

/** The time of an expression; NaN when it is none that Scheduler takes. */
function timeOf(expression: string): number {
  const text = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1]
  return Date.parse(`${text}Z`)
}

test.each([
  ['now', 0],
  ['in a moment', 1],
  ['in 15 minutes', 15 * minuteMs],
])('a timer that is due %s is a delayed message', (_, delayMs) => {
  expect(planTimer(now + delayMs, now)).toEqual({ kind: 'queue', delayMs })
})

test('a timer that was due before is a message without delay', () => {
  expect(planTimer(now - 1, now)).toEqual({ kind: 'queue', delayMs: 0 })
})

test('a timer of more than 15 minutes is a schedule some minutes before its due time', () => {
  // The unit is the point: a peer took seconds from milliseconds, and fired when the timer was due.
  expect(planTimer(now + 30 * 24 * 60 * minuteMs, now)).toEqual({
    kind: 'schedule',
    expression: 'at(2030-01-31T12:25:15)',
  })
})

test('the time of a schedule is in the future, so early that a minute of lateness does not matter, and within the reach of the queue', () => {
  const times = fc.record({
    at: fc.date({ min: new Date(0), max: new Date('9000-01-01'), noInvalidDate: true }).map(Number),
    delayMs: fc.oneof(
      fc.integer({ min: queueReachMs + 1, max: 40 * 24 * 60 * minuteMs }),
      fc.integer({ min: queueReachMs + 1, max: horizonMs }),
    ),
  })
  fc.assert(
    fc.property(times, ({ at, delayMs }) => {
      const plan = planTimer(at + delayMs, at)
      const fireAt = timeOf(plan.kind === 'schedule' ? plan.expression : '')
      const lead = at + delayMs - fireAt
      expect(fireAt).toBeGreaterThanOrEqual(at + minuteMs)
      expect(lead).toBeGreaterThanOrEqual(2 * minuteMs)
      expect(lead).toBeLessThan(handOverMs + 1_000)
      expect(lead).toBeLessThanOrEqual(queueReachMs)
    }),
    { numRuns: numRuns(1_000) },
  )
})

test('what is due in a hundred years, or at the end of time, is scheduled as far ahead as is sensible', () => {
  for (const dueAt of [now + 100 * 365 * 24 * 60 * minuteMs, 8.64e15]) {
    expect(planTimer(dueAt, now)).toEqual({ kind: 'schedule', expression: 'at(2039-12-30T12:30:15)' })
  }
})

test('a name is of the form and length that Scheduler takes, and without capitals', () => {
  fc.assert(
    fc.property(anyText, anyText, fc.nat(), fc.nat(), (instanceId, incarnation, generation, seq) => {
      const name = scheduleName({ instanceId, incarnation }, generation, seq)
      expect(name).toMatch(/^[0-9a-z-]{1,64}$/)
    }),
    { numRuns: numRuns(500) },
  )
})

test('a timer has always the same name, and no two timers share one', () => {
  const parts = fc.tuple(
    fc.oneof(anyText, fc.constantFrom('a', 'a/b', 'a,b', '\uD800', '\uD801', '\uFFFD')),
    fc.oneof(anyText, fc.constantFrom('', 'b', 'b/1')),
    fc.nat({ max: 20 }),
    fc.nat({ max: 20 }),
  )
  const nameOf = ([instanceId, incarnation, generation, seq]: [string, string, number, number]): string =>
    scheduleName({ instanceId, incarnation }, generation, seq)
  fc.assert(
    fc.property(
      fc.uniqueArray(parts, { selector: (each) => JSON.stringify(each), minLength: 2 }),
      (timers) => {
        expect(new Set(timers.map(nameOf)).size).toBe(timers.length)
        expect(timers.map(nameOf)).toEqual(timers.map(nameOf))
      },
    ),
    { numRuns: numRuns(300) },
  )
})

test.each([
  ['the ids are cut at another place', ['a', 'b/1'], ['a/b', '1']],
  ['they differ in half a character', ['\uD800', ''], ['\uD801', '']],
  ['one has half a character and one what stands for it', ['\uD800', ''], ['\uFFFD', '']],
])('two timers have two names though %s', (_, [a = '', b = ''], [c = '', d = '']) => {
  const first = scheduleName({ instanceId: a, incarnation: b }, 1, 1)
  expect(scheduleName({ instanceId: c, incarnation: d }, 1, 1)).not.toBe(first)
})
