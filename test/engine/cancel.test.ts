// cancel(): a task is given up, its timer deleted, and late answers are nobody's.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { Task } from '../../src/workflow/task.ts'
import { childCompleted, completed, failed, fired, raised } from '../support/engine-events.ts'
import { start, startTime } from '../support/engine-harness.ts'

const codeOf = async (task: Task<unknown>) => task.catch((error: { code?: string }) => error.code)

test('a cancelled timer is deleted, fails with its code, and is ignored when it fires nevertheless', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const timer = ctx.createTimer(60)
    await ctx.callActivity('a')
    const states = [timer.cancel(), timer.cancel(), timer.isComplete, timer.isFailed]
    return [states, await codeOf(timer), await ctx.callActivity('b')]
  })
  await run.turn(completed(2))
  expect(run.commands).toMatchObject([
    { kind: 'cancelTimer', seq: 1 },
    { kind: 'scheduleTask', seq: 3 },
  ])
  await run.turn(fired(1), completed(3))
  expect(run.output).toEqual([[true, false, true, true], 'TASK_CANCELLED', null])
  await run.replayed()
})

test('a cancellation names the time that the history has, whatever the code of now would ask for', async () => {
  const waitingFor = (seconds: number) => async (ctx: WorkflowContext) => {
    const timer = ctx.createTimer(seconds)
    await ctx.callActivity('a')
    timer.cancel()
    await ctx.callActivity('b')
  }
  const run = await start(waitingFor(60))
  const [begun] = run.episodes
  const later = { at: startTime + 1_000, events: [completed(2)] }
  const result = await run.fresh(waitingFor(90)).run(begun ? [begun.turn, later] : [])
  expect(result.commands[0]).toEqual({ kind: 'cancelTimer', seq: 1, dueAt: startTime + 60_000 })
})

test('a timer cancelled in the turn that made it is made and deleted', async () => {
  const run = await start(async (ctx: WorkflowContext) => void ctx.createTimer(60).cancel())
  expect(run.asked).toEqual(['createTimer', 'cancelTimer'])
  await run.replayed()
})

test('cancelling leaves other timers alone', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const [first, second] = [ctx.createTimer(1), ctx.createTimer(1)]
    first.cancel()
    await second
    return 'second fired'
  })
  await run.turn(fired(2))
  expect(run.output).toBe('second fired')
  await run.replayed()
})

test.each([
  [
    'activity',
    (ctx: WorkflowContext) => ctx.callActivity('x'),
    completed(1, 'late'),
    [{ kind: 'cancelTask', seq: 1 }],
  ],
  ['child', (ctx: WorkflowContext) => ctx.callChildWorkflow('x'), childCompleted(1, 'late'), []],
  ['inline activity', (ctx: WorkflowContext) => ctx.callActivity('x', 1, { inline: true }), completed(1), []],
])(
  'a cancelled %s fails with its code, and its late answer is ignored',
  async (_kind, call, late, recorded) => {
    const run = await start(async (ctx: WorkflowContext) => {
      const task = call(ctx)
      await ctx.callActivity('a')
      task.cancel()
      return [await codeOf(task), await ctx.callActivity('b')]
    })
    await run.turn(completed(2))
    expect(run.commands).toMatchObject([...recorded, { kind: 'scheduleTask', name: 'b', seq: 3 }])
    await run.turn(late)
    await run.turn(completed(3, 'b'))
    expect(run.output).toEqual(['TASK_CANCELLED', 'b'])
    await run.replayed()
  },
)

test('a generation that began before cancellations were recorded records none, and replays', async () => {
  const workflow = async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('x')
    await ctx.callActivity('a')
    task.cancel()
    await ctx.callActivity('b')
  }
  const run = await start(workflow, { flags: [1] })
  await run.turn(completed(2))
  expect(run.asked).toEqual(['scheduleTask:b'])
  await run.turn(completed(3))
  await run.replayed()
})

test('an activity cancelled in the turn that asked for it is asked for and cancelled', async () => {
  const run = await start(async (ctx: WorkflowContext) => void ctx.callActivity('x').cancel())
  expect(run.asked).toEqual(['scheduleTask:x', 'cancelTask'])
  await run.replayed()
})

test('one with a rollback is awaited, and undone when it completes nevertheless', async () => {
  const run = await start(
    async (ctx: WorkflowContext) => {
      const task = ctx.callActivity('x', 1, { rollback: 'undo' })
      await ctx.callActivity('a')
      task.cancel()
      await ctx.rollback()
      return codeOf(task)
    },
    { activities: { undo: () => {} } },
  )
  await run.turn(completed(2))
  expect(run.commands).toEqual([])
  await run.turn(completed(1, 'done'))
  expect(run.commands).toMatchObject([{ kind: 'scheduleTask', name: 'undo', input: '"done"' }])
  await run.turn(completed(3))
  expect(run.output).toBe('TASK_CANCELLED')
  await run.replayed()
})

test('a cancellation after the end is none', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('x')
    try {
      await ctx.callActivity('a')
      ctx.continueAsNew(1)
    } finally {
      task.cancel()
    }
  })
  await run.turn(completed(2))
  expect(run.outcome?.kind).toBe('continuedAsNew')
  expect(run.commands).toEqual([])
  await run.replayed()
})

test('code that cancels no more does not fit a history that has the cancellation', async () => {
  const waiting = (cancels: boolean) => async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('x')
    await ctx.callActivity('a')
    if (cancels) task.cancel()
    await ctx.callActivity('b')
  }
  const run = await start(waiting(true))
  await run.turn(completed(2))
  const { divergence } = await run.fresh(waiting(false)).run(run.episodes.map(({ turn }) => turn))
  expect(divergence?.expected).toBe('cancellation of activity #1')
})

describe('with a retry policy', () => {
  const retry = { firstRetryInterval: 10, maxNumberOfAttempts: 5 }
  const workflow = async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('x', 1, { retry })
    await ctx.waitForExternalEvent('stop')
    return [task.cancel(), await codeOf(task), await ctx.callActivity('next')]
  }

  test('during an attempt: the failure that comes then is not tried again', async () => {
    const run = await start(workflow)
    await run.turn(raised('stop'))
    expect(run.asked).toEqual(['cancelTask', 'scheduleTask:next'])
    await run.turn(failed(1))
    expect(run.commands).toEqual([])
    await run.turn(completed(2))
    expect(run.output).toEqual([true, 'TASK_CANCELLED', null])
    await run.replayed()
  })

  test('during a later attempt: nothing is deleted, and its failure is not tried again', async () => {
    const run = await start(workflow)
    await run.turn(failed(1))
    await run.turn(fired(2))
    expect(run.asked).toEqual(['scheduleTask:x'])
    await run.turn(raised('stop'))
    expect(run.commands[0]).toEqual({ kind: 'cancelTask', seq: 3 })
    await run.turn(failed(3))
    expect(run.commands).toEqual([])
    await run.replayed()
  })

  test('during a wait: its timer is deleted', async () => {
    const run = await start(workflow)
    await run.turn(failed(1))
    expect(run.asked).toEqual(['createTimer'])
    await run.turn(raised('stop'))
    expect(run.commands).toMatchObject([
      { kind: 'cancelTimer', seq: 2 },
      { kind: 'scheduleTask', seq: 3, name: 'next' },
    ])
    await run.turn(fired(2))
    expect(run.commands).toEqual([])
    await run.replayed()
  })
})

test('after completion it answers false and changes nothing', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const [good, bad] = [ctx.callActivity('a'), ctx.callActivity('b')]
    await Promise.allSettled([good, bad])
    return [good.cancel(), bad.cancel(), await good, bad.getException().name]
  })
  await run.turn(completed(1, 5), failed(2))
  expect(run.output).toEqual([false, false, 5, 'TaskFailedError'])
  expect(run.commands).toEqual([])
  await run.replayed()
})

test('a cancelled member fails whenAll and wins whenAny', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const [a, b] = [ctx.createTimer(1), ctx.createTimer(2)]
    const all = ctx.whenAll([a, b])
    const any = ctx.whenAny({ a, b })
    a.cancel()
    return [await codeOf(all), await any]
  })
  expect(run.output).toEqual(['TASK_CANCELLED', 'a'])
  await run.replayed()
})

test('a cancelled composite leaves its members alone', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const a = ctx.callActivity('a')
    const all = ctx.whenAll([a])
    all.cancel()
    return [await codeOf(all), await a]
  })
  await run.turn(completed(1, 'a'))
  expect(run.output).toEqual(['TASK_CANCELLED', 'a'])
  await run.replayed()
})

test('a timer that the activity has beaten is cancelled, and the workflow goes on', async () => {
  const run = await start(function* (ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
    const work = ctx.callActivity('work')
    const timeout = ctx.createTimer(60)
    const winner = yield ctx.whenAny([work, timeout])
    if (winner === timeout) return 'too late'
    timeout.cancel()
    return work.getResult()
  })
  await run.turn(completed(1, 'done'))
  expect(run.commands).toEqual([{ kind: 'cancelTimer', seq: 2, dueAt: startTime + 60_000 }])
  expect(run.output).toBe('done')
  await run.replayed()
})
