// The timer port on SQS and Scheduler, through the real clients: never early, and late by less than a second.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scheduleName } from '../../../src/aws/scheduler/schedule-plan.ts'
import { decodeMessage } from '../../../src/aws/sqs/codec.ts'
import type { TimerMessage } from '../../../src/runtime/messages.ts'
import { pollQueue, type SqsHandler } from '../../../src/stand-ins/index.ts'
import { isTenutoError } from '../../../src/workflow/errors.ts'
import { numRuns } from '../../support/property.ts'
import { anyTimer } from '../sqs/arbitrary-messages.ts'
import { type Harness, openHarness } from '../sqs/harness.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const key = { instanceId: 'order-1', incarnation: 'i' }

function timer({ clock }: Harness, delayMs: number, seq = 1): TimerMessage {
  return { v: 1, kind: 'timer', ...key, token: `t${seq}`, generation: 1, seq, dueAt: clock.now() + delayMs }
}

interface Arrival {
  readonly message: TimerMessage
  readonly lateMs: number
}

/** Receives timers as the protocol does: what is early is sent again for the rest. */
function listen(harness: Harness): Arrival[] {
  const { clock, queue, sqs } = harness
  const arrivals: Arrival[] = []
  const handler: SqsHandler = async ({ Records: records }) => {
    for (const { body } of records) {
      const message = decodeMessage(body)
      if (message?.kind !== 'timer') throw new Error(`not a timer: ${body}`)
      const lateMs = clock.now() - message.dueAt
      if (lateMs < 0) await queue.send([message], -lateMs)
      else arrivals.push({ message, lateMs })
    }
    return { batchItemFailures: [] }
  }
  pollQueue({ clock, queue: sqs.queue('workflow'), handler })
  return arrivals
}

/** Lets time pass until so many have arrived. */
function arrived({ clock }: Harness, arrivals: readonly Arrival[], count: number): Promise<boolean> {
  return clock.runUntil(() => arrivals.length >= count)
}

test('a timer of 30 days is heard within a second after its due time and never early, however late Scheduler is', async () => {
  for (const latenessMs of [0, 1, 30_000, 59_999, 60_000]) {
    const harness = await openHarness()
    harness.schedulerFaults.latenessMs = () => latenessMs
    const arrivals = listen(harness)
    // Half a second past a full one: schedules and delays know whole seconds only.
    const message = timer(harness, 30 * dayMs + 500)
    await harness.timers.schedule([message])
    expect(await arrived(harness, arrivals, 1)).toBe(true)
    expect(arrivals.map((arrival) => arrival.message)).toEqual([message])
    expect(arrivals[0]?.lateMs).toBeGreaterThanOrEqual(0)
    expect(arrivals[0]?.lateMs).toBeLessThan(1_000)
    expect(harness.scheduler.schedules).toEqual([])
  }
})

test('a timer of any length is heard within a second after its due time and never early', async () => {
  const timers = fc.record({
    delayMs: fc.oneof(
      fc.integer({ min: -minuteMs, max: 20 * minuteMs }),
      fc.integer({ min: 14 * minuteMs, max: 16 * minuteMs }),
      fc.integer({ min: 0, max: 400 * dayMs }),
    ),
    latenessMs: fc.nat({ max: 60_000 }),
    startMs: fc.nat({ max: minuteMs }),
  })
  await fc.assert(
    fc.asyncProperty(timers, async ({ delayMs, latenessMs, startMs }) => {
      const harness = await openHarness()
      await harness.pass(startMs)
      harness.schedulerFaults.latenessMs = () => latenessMs
      const arrivals = listen(harness)
      await harness.timers.schedule([timer(harness, delayMs)])
      await arrived(harness, arrivals, 1)
      const lateMs = arrivals[0]?.lateMs ?? Number.NaN
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThan(1_000 + Math.max(0, -delayMs))
    }),
    { numRuns: numRuns(60) },
  )
})

test('a timer of 15 minutes is one message and no schedule; a longer one is one schedule and two messages', async () => {
  const short = await openHarness()
  const arrivals = listen(short)
  await short.timers.schedule([timer(short, 15 * minuteMs)])
  await arrived(short, arrivals, 1)
  expect(short.requests.map(({ operation }) => operation)).toEqual(['SendMessageBatch'])

  const long = await openHarness()
  const heard = listen(long)
  await long.timers.schedule([timer(long, 15 * minuteMs + 1)])
  await arrived(long, heard, 1)
  expect(long.requests.map(({ operation }) => operation)).toEqual(['CreateSchedule', 'SendMessageBatch'])
})

test('many short timers share requests, each with its own due time', async () => {
  const harness = await openHarness()
  const arrivals = listen(harness)
  const timers = Array.from({ length: 20 }, (_, at) => timer(harness, (20 - at) * 30_000, at + 1))
  await harness.timers.schedule(timers)
  expect(harness.requests).toHaveLength(2)
  await arrived(harness, arrivals, 20)
  expect(arrivals.map(({ message }) => message.seq)).toEqual(timers.map(({ seq }) => seq).toReversed())
  expect(arrivals.every(({ lateMs }) => lateMs === 0)).toBe(true)
})

test('a thousand timers that are due together are all heard', async () => {
  const harness = await openHarness()
  harness.schedulerFaults.latenessMs = () => 60_000
  const arrivals = listen(harness)
  const timers = Array.from({ length: 1_000 }, (_, at) => timer(harness, 2 * dayMs, at + 1))
  await harness.timers.schedule(timers)
  await arrived(harness, arrivals, 1_000)
  expect(new Set(arrivals.map(({ message }) => message.seq)).size).toBe(1_000)
  expect(Math.max(...arrivals.map(({ lateMs }) => lateMs))).toBeLessThan(1_000)
})

test('the schedule is a one-time schedule in UTC that deletes itself and sends the message to the workflow queue', async () => {
  const harness = await openHarness()
  const message = timer(harness, 30 * dayMs)
  await harness.timers.schedule([message])
  const [schedule] = harness.scheduler.schedules
  expect(schedule?.input).toMatchObject({
    Name: scheduleName(key, 1, 1),
    GroupName: 'tenuto',
    ScheduleExpression: 'at(2030-01-30T23:55:00)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: harness.sqs.queue('workflow').identity.arn,
      RoleArn: 'arn:aws:iam::123456789012:role/tenuto-timers',
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    },
  })
  expect(decodeMessage(schedule?.input.Target?.Input ?? '')).toEqual(message)
})

test('a message comes through Scheduler as it was, whatever its ids are made of, keywords of Scheduler included', async () => {
  await fc.assert(
    fc.asyncProperty(anyTimer, async (any) => {
      const harness = await openHarness()
      const message = { ...any, dueAt: harness.clock.now() + dayMs }
      await harness.timers.schedule([message])
      await harness.pass(dayMs - 2 * minuteMs)
      expect(await harness.drain('workflow')).toEqual([message])
    }),
    { numRuns: numRuns(100) },
  )
})

test('scheduling a timer again leaves it as it is', async () => {
  const harness = await openHarness()
  const arrivals = listen(harness)
  const message = timer(harness, dayMs)
  await harness.timers.schedule([message])
  await harness.timers.schedule([{ ...message, token: 'another' }])
  expect(harness.scheduler.schedules).toHaveLength(1)
  await arrived(harness, arrivals, 1)
  expect(arrivals[0]?.message.token).toBe(message.token)
})

test('the same number in another generation or incarnation is another timer', async () => {
  const harness = await openHarness()
  const message = timer(harness, dayMs)
  await harness.timers.schedule([message, { ...message, generation: 2 }, { ...message, incarnation: 'j' }])
  expect(harness.scheduler.schedules).toHaveLength(3)
})

test('a time that Scheduler takes for past goes to the queue at once', async () => {
  const harness = await openHarness({ schedulerAheadMs: 20 * minuteMs })
  const arrivals = listen(harness)
  const message = timer(harness, 20 * minuteMs)
  await harness.timers.schedule([message])
  expect(harness.logger.lines).toMatchObject([{ level: 'warn', message: 'A schedule was refused.' }])
  await arrived(harness, arrivals, 1)
  expect(arrivals).toMatchObject([{ message, lateMs: 0 }])
})

test('no schedule is ever asked for whose time is past, or nearly so', async () => {
  const harness = await openHarness()
  const times = Array.from({ length: 200 }, (_, at) => timer(harness, at * 10_000, at + 1))
  await harness.timers.schedule(times)
  const soonest = Math.min(...harness.scheduler.schedules.map(({ at }) => at))
  expect(soonest - harness.clock.now()).toBeGreaterThan(9 * minuteMs)
})

test('a timer of a hundred years is scheduled as far as is sensible, and kept on the queue from there', async () => {
  const harness = await openHarness()
  await harness.timers.schedule([timer(harness, 100 * 365 * dayMs)])
  await harness.pass(10 * 365 * dayMs + 1_000)
  const [message] = await harness.drain('workflow')
  expect(message).toMatchObject({ kind: 'timer', seq: 1 })
})

test.each([
  ['throttling', 'throttled'],
  ['a failure of the service', 'internal error'],
  ['a broken connection', 'unreachable'],
  ['a lost answer', 'answer lost'],
] as const)('%s is waited out', async (_, fault) => {
  const harness = await openHarness()
  let left = 3
  harness.schedulerFaults.request = () => (left-- > 0 ? fault : undefined)
  await harness.settle(harness.timers.schedule([timer(harness, dayMs)]))
  expect(harness.scheduler.schedules).toHaveLength(1)
  expect(harness.requests.every(({ operation }) => operation === 'CreateSchedule')).toBe(true)
})

test('a full account is waited for and then fails, so that the carrier comes again', async () => {
  const harness = await openHarness({ remainingTimeMs: () => 10_000 })
  harness.schedulerFaults.quota = 1
  const begun = harness.clock.now()
  const timers = [timer(harness, dayMs, 1), timer(harness, dayMs, 2)]
  const failure = await harness.settle(harness.timers.schedule(timers).catch((error: unknown) => error))
  expect(isTenutoError(failure, 'SEND_FAILED')).toBe(true)
  expect(String(failure)).toContain(
    'Timer #2 of instance order-1 was not scheduled: ServiceQuotaExceededException',
  )
  expect(harness.clock.now() - begun).toBeLessThanOrEqual(9_000)
  // The next attempt finds the first one there.
  harness.schedulerFaults.quota = 2
  await harness.timers.schedule(timers)
  expect(harness.scheduler.schedules).toHaveLength(2)
})

test('a group that is not there fails at once', async () => {
  const harness = await openHarness({ groupName: 'nowhere' })
  await expect(harness.timers.schedule([timer(harness, dayMs)])).rejects.toThrow('ResourceNotFoundException')
  expect(harness.requests).toHaveLength(1)
})

test('a due time that is no point in time is refused before anything is sent', async () => {
  const harness = await openHarness()
  const wrong = { ...timer(harness, dayMs), dueAt: Number.POSITIVE_INFINITY }
  await expect(harness.timers.schedule([timer(harness, 1), wrong])).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  expect(await harness.drain('workflow')).toEqual([])
})

test('a cancelled timer is not heard, and its schedule is gone', async () => {
  const harness = await openHarness()
  const arrivals = listen(harness)
  const { seq, dueAt } = timer(harness, dayMs)
  await harness.timers.schedule([timer(harness, dayMs)])
  await harness.timers.cancel(key, 1, [{ seq, dueAt }])
  expect(harness.scheduler.schedules).toEqual([])
  await harness.pass(2 * dayMs)
  expect(arrivals).toEqual([])
})

test('cancelling a timer that never was a schedule, or is about to fire, is no request', async () => {
  const harness = await openHarness()
  const timers = [timer(harness, minuteMs, 1), timer(harness, dayMs, 2)]
  await harness.timers.schedule(timers)
  await harness.pass(dayMs - 15 * minuteMs)
  harness.requests.length = 0
  await harness.timers.cancel(key, 1, timers)
  expect(harness.requests).toEqual([])
})

test('a schedule that is not found is as good as cancelled', async () => {
  const harness = await openHarness()
  const timers = [timer(harness, dayMs, 1), timer(harness, dayMs, 2)]
  await harness.timers.schedule(timers.slice(1))
  harness.requests.length = 0
  await harness.timers.cancel(key, 1, timers)
  expect(harness.requests.map(({ operation }) => operation)).toEqual(['DeleteSchedule', 'DeleteSchedule'])
  expect(harness.scheduler.schedules).toEqual([])
  expect(harness.logger.lines).toEqual([])
})

test('a cancellation that Scheduler does not take is given up soon, and hurts nobody', async () => {
  const harness = await openHarness()
  await harness.timers.schedule([timer(harness, dayMs)])
  harness.schedulerFaults.request = () => 'throttled'
  const begun = harness.clock.now()
  await harness.settle(harness.timers.cancel(key, 1, [timer(harness, dayMs)]))
  expect(harness.clock.now() - begun).toBeLessThanOrEqual(2_000)
  expect(harness.logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { instanceId: 'order-1' } })
})

test('a schedule that fires although it was deleted, or fires twice, sends what the protocol ignores by its number', async () => {
  const harness = await openHarness()
  harness.schedulerFaults.fireAfterDelete = () => true
  harness.schedulerFaults.duplicateAfterMs = () => 2_000
  const arrivals = listen(harness)
  await harness.timers.schedule([timer(harness, dayMs)])
  await harness.timers.cancel(key, 1, [timer(harness, dayMs)])
  await arrived(harness, arrivals, 2)
  expect(arrivals.map(({ message, lateMs }) => [message.token, lateMs])).toEqual([
    ['t1', 0],
    ['t1', 0],
  ])
})

test('a queue that is out of reach for hours makes the timer late, not lost', async () => {
  const harness = await openHarness()
  const arrivals = listen(harness)
  harness.sqsFaults.latencyMs = () => 3 * 60 * minuteMs
  await harness.timers.schedule([timer(harness, dayMs)])
  await arrived(harness, arrivals, 1)
  expect(arrivals[0]?.lateMs).toBeGreaterThan(0)
})
