// External events: by name without case, in order of acceptance, each to one waiter.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed, fired, nudged, raised } from '../support/engine-events.ts'
import { start, startTime } from '../support/engine-harness.ts'

async function take(ctx: WorkflowContext, count: number, name = 'e'): Promise<unknown[]> {
  const all: unknown[] = []
  while (all.length < count) all.push(await ctx.waitForExternalEvent(name))
  return all
}

test('a waiter gets the event that comes', async () => {
  const run = await start(async (ctx: WorkflowContext) => ctx.waitForExternalEvent('approval'))
  expect(run.commands).toEqual([])
  await run.turn(raised('approval', { by: 'Ann' }))
  expect(run.output).toEqual({ by: 'Ann' })
  await run.replayed()
})

test.each([
  ['Approval', 'aPPROVAL'],
  ['ÄRGER', 'ärger'],
  ['TITLE', 'title'],
])('names compare without case: %s and %s', async (waited, sent) => {
  const run = await start(async (ctx: WorkflowContext) => ctx.waitForExternalEvent(waited))
  await run.turn(raised('other'), raised(sent, 1))
  expect(run.output).toBe(1)
  await run.replayed()
})

test('events wait until somebody asks, in order of acceptance', async () => {
  const run = await start(
    async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      return take(ctx, 4)
    },
    { events: [raised('e', 1), raised('E', 2)] },
  )
  await run.turn(raised('e', 3), completed(1), raised('e', 4))
  expect(run.output).toEqual([1, 2, 3, 4])
  await run.replayed()
})

test('waiters are served in the order in which they asked', async () => {
  const run = await start(async (ctx: WorkflowContext) =>
    Promise.all([
      ctx.waitForExternalEvent('e'),
      ctx.waitForExternalEvent('E'),
      ctx.waitForExternalEvent('e'),
    ]),
  )
  await run.turn(raised('e', 1))
  await run.turn(raised('e', 2), raised('e', 3))
  expect(run.output).toEqual([1, 2, 3])
  await run.replayed()
})

test('equal events are different events', async () => {
  const run = await start(async (ctx: WorkflowContext) => take(ctx, 3))
  await run.turn(raised('e', 'same'), raised('e', 'same'), raised('e', 'same'))
  expect(run.output).toEqual(['same', 'same', 'same'])
  await run.replayed()
})

test('events of other names are left alone', async () => {
  const run = await start(async (ctx: WorkflowContext) => [
    await ctx.waitForExternalEvent('b'),
    await ctx.waitForExternalEvent('a'),
  ])
  await run.turn(raised('a', 1), raised('b', 2))
  expect(run.output).toEqual([2, 1])
  await run.replayed()
})

test('a wait adds no command, so replay does not depend on when it began', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    void ctx.waitForExternalEvent('never')
    await ctx.callActivity('a')
  })
  expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'a' }])
  await run.turn(nudged(), completed(1))
  expect(run.outcome?.kind).toBe('completed')
  await run.replayed()
})

test.each(['', 5, null, undefined, 'x'.repeat(300)])('the name %j is refused at the call', async (name) => {
  const run = await start(async (ctx: WorkflowContext) => ctx.waitForExternalEvent(name as string))
  expect(run.failure.code).toBe('INVALID_ARGUMENT')
  await run.replayed()
})

describe('timeout', () => {
  const waiting = async (ctx: WorkflowContext) => {
    try {
      return [await ctx.waitForExternalEvent('e', { timeout: '1m' })]
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  test('above zero makes a timer that names the event', async () => {
    const run = await start(waiting)
    expect(run.commands).toEqual([
      {
        kind: 'createTimer',
        seq: 1,
        dueAt: run.now + 60_000,
        origin: { kind: 'externalEvent', name: 'e' },
      },
    ])
  })

  test('the event wins: the timer is cancelled, and if it fires late it is ignored', async () => {
    const run = await start(async (ctx: WorkflowContext) => [
      await waiting(ctx),
      await ctx.callActivity('next'),
    ])
    await run.turn(raised('e', 1))
    expect(run.asked).toEqual(['cancelTimer', 'scheduleTask:next'])
    expect(run.commands[0]).toEqual({ kind: 'cancelTimer', seq: 1, dueAt: startTime + 60_000 })
    await run.turn(fired(1))
    await run.turn(completed(2, 2))
    expect(run.output).toEqual([[1], 2])
    await run.replayed()
  })

  test('the timer wins: the wait fails with its code and takes no event', async () => {
    const run = await start(async (ctx: WorkflowContext) => [
      await waiting(ctx),
      await ctx.waitForExternalEvent('e'),
    ])
    await run.turn(fired(1))
    expect(run.commands).toEqual([])
    await run.turn(raised('e', 'for the second'))
    expect(run.output).toEqual(['EVENT_TIMEOUT', 'for the second'])
    await run.replayed()
  })

  test('event and timer in one turn: the first of them decides', async () => {
    const event = await start(waiting)
    await event.turn(raised('e', 1), fired(1))
    expect(event.output).toEqual([1])
    expect(event.asked).toEqual(['cancelTimer'])
    await event.replayed()

    const timer = await start(waiting)
    await timer.turn(fired(1), raised('e', 1))
    expect(timer.output).toBe('EVENT_TIMEOUT')
    expect(timer.commands).toEqual([])
    await timer.replayed()
  })

  test('an event that waited already is taken without a timer', async () => {
    const run = await start(waiting, { events: [] })
    expect(run.commands).toHaveLength(1)
    const buffered = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      return waiting(ctx)
    })
    await buffered.turn(raised('e', 1), completed(1))
    expect(buffered.output).toEqual([1])
    expect(buffered.commands).toEqual([])
    await buffered.replayed()
  })

  test('a loop that receives one event after the other is not disturbed by timers of the past', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const all: unknown[] = []
      while (all.length < 3) all.push(await ctx.waitForExternalEvent('e', { timeout: 60 }))
      return all
    })
    await run.turn(raised('e', 1))
    await run.turn(fired(1), raised('e', 2))
    await run.turn(fired(2), fired(1))
    expect(run.outcome).toBeUndefined()
    await run.turn(raised('e', 3))
    expect(run.output).toEqual([1, 2, 3])
    await run.replayed()
  })

  test('zero takes what is buffered and fails at once otherwise, without a timer', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const poll = async () =>
        ctx.waitForExternalEvent('e', { timeout: 0 }).catch((error: Error) => error.name)
      const before = await poll()
      await ctx.callActivity('a')
      return [before, await poll(), await poll()]
    })
    expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'a' }])
    await run.turn(raised('e', 1), completed(1))
    expect(run.output).toEqual(['TenutoError', 1, 'TenutoError'])
    expect(run.commands).toEqual([])
    await run.replayed()
  })

  test.each([-1, '-5s', undefined] as const)('%s waits for ever', async (timeout) => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.waitForExternalEvent('e', timeout === undefined ? {} : { timeout }),
    )
    expect(run.commands).toEqual([])
    await run.turn(raised('e', 1))
    expect(run.output).toBe(1)
    await run.replayed()
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 'soon'])('%s is refused at the call', async (timeout) => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.waitForExternalEvent('e', { timeout: timeout as number }),
    )
    expect(run.failure.code).toBe('INVALID_DURATION')
    expect(run.commands).toEqual([])
    await run.replayed()
  })
})

describe('a waiter that is given up', () => {
  test('does not swallow the next event', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const loser = ctx.waitForExternalEvent('e')
      await ctx.whenAny({ loser, timer: ctx.createTimer(5) })
      loser.cancel()
      return ctx.waitForExternalEvent('e')
    })
    await run.turn(fired(1))
    await run.turn(raised('e', 'for the second'))
    expect(run.output).toBe('for the second')
    await run.replayed()
  })

  test('without cancel it keeps its place in the queue', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const first = ctx.waitForExternalEvent('e')
      await Promise.race([first, ctx.createTimer(5)])
      const second = await ctx.waitForExternalEvent('e')
      return [await first, second]
    })
    await run.turn(fired(1))
    await run.turn(raised('e', 1))
    await run.turn(raised('e', 2))
    expect(run.output).toEqual([1, 2])
    await run.replayed()
  })

  test('takes its timer along', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const wait = ctx.waitForExternalEvent('e', { timeout: 60 })
      await ctx.callActivity('a')
      return [wait.cancel(), wait.cancel(), await wait.catch((error: { code?: string }) => error.code)]
    })
    await run.turn(completed(2))
    expect(run.commands).toEqual([{ kind: 'cancelTimer', seq: 1, dueAt: startTime + 60_000 }])
    expect(run.output).toEqual([true, false, 'TASK_CANCELLED'])
    await run.replayed()
  })

  test('in the middle of the queue leaves the order of the others', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const [a, b, c] = [
        ctx.waitForExternalEvent('e'),
        ctx.waitForExternalEvent('e'),
        ctx.waitForExternalEvent('e'),
      ]
      b.cancel()
      return [await a, await c]
    })
    await run.turn(raised('e', 1), raised('e', 2))
    expect(run.output).toEqual([1, 2])
    await run.replayed()
  })
})
