// Durable timers: what is asked for, what is refused.

import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { Duration } from '../../src/workflow/duration.ts'
import { limits } from '../../src/workflow/limits.ts'
import { completed, fired } from '../support/engine-events.ts'
import { start, startTime } from '../support/engine-harness.ts'

const due: readonly (readonly [Date | Duration, number])[] = [
  [5, 5000],
  [0, 0],
  [-5, -5000],
  [0.25, 250],
  [0.0004, 0],
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5m', 90_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['-5s', -5000],
  [new Date(startTime + 1), 1],
  [new Date(startTime - 1), -1],
  [new Date(0), -startTime],
]

test.each(due)('createTimer(%s) is due at the right time', async (when, offset) => {
  const run = await start(async (ctx: WorkflowContext) => {
    const result: unknown = await ctx.createTimer(when)
    return typeof result
  })
  expect(run.commands).toEqual([{ kind: 'createTimer', seq: 1, dueAt: startTime + offset }])
  await run.turn(fired(1))
  expect(run.output).toBe('undefined')
  await run.replayed()
})

test('a duration counts from the time of the turn, not from the start', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    await ctx.createTimer(10)
  })
  await run.turnAt(startTime + 100_000, completed(1))
  expect(run.commands).toEqual([{ kind: 'createTimer', seq: 2, dueAt: startTime + 110_000 }])
  await run.replayed()
})

const refused: readonly unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  new Date(Number.NaN),
  1e300,
  'tomorrow',
  '5',
  '5 weeks',
  '',
  null,
  undefined,
  {},
  true,
]

test.each(refused)('createTimer(%s) is refused at the call and takes no number', async (when) => {
  const run = await start(async (ctx: WorkflowContext) => {
    try {
      await ctx.createTimer(when as number)
    } catch (error) {
      void ctx.callActivity('next')
      throw error
    }
  })
  expect(run.failure.code).toBe('INVALID_DURATION')
  expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'next' }])
  await run.replayed()
})

test('timers fire in the order of the history, whatever their due times', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const order: number[] = []
    await Promise.all(
      [3, 1, 2].map(async (seconds) => ctx.createTimer(seconds).then(() => order.push(seconds))),
    )
    return order
  })
  await run.turn(fired(2), fired(3))
  await run.turn(fired(1))
  expect(run.output).toEqual([1, 2, 3])
  await run.replayed()
})

test('a timer in a loop has the clock of its turn, the same at replay', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const times: number[] = []
    for (let at = 0; at < 3; at++) {
      await ctx.createTimer(60)
      times.push(ctx.getCurrentUtcDateTime().getTime() - startTime)
    }
    return times
  })
  for (let seq = 1; seq <= 3; seq++) await run.turnAt(startTime + seq * 60_001, fired(seq))
  expect(run.output).toEqual([60_001, 120_002, 180_003])
  await run.replayed()
})

test('a name is kept in the history and shown in messages; it may change, and the recorded one holds', async () => {
  const named = (name: string) => async (ctx: WorkflowContext) => {
    await ctx.createTimer('24h', { name })
  }
  const run = await start(named('reminder'))
  expect(run.commands).toMatchObject([{ kind: 'createTimer', seq: 1, name: 'reminder' }])
  expect((await run.replay(named('other'))).divergence).toBeUndefined()
  const { divergence } = await run.replay(async (ctx: WorkflowContext) => ctx.callActivity('a'))
  expect(divergence?.expected).toBe("#1 timer 'reminder'")
  await run.replayed()
})

test.each([7, '', 'x'.repeat(limits.nameCharacters + 1)])(
  'a name that is none is refused at the call: %s',
  async (name) => {
    const run = await start(async (ctx: WorkflowContext) => ctx.createTimer(1, { name: name as string }))
    expect(run.commands).toEqual([])
    expect(run.failure.code).toBe('INVALID_ARGUMENT')
  },
)
