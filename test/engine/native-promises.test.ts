// Tasks are native promises: the language's own combinators work on them, live and replayed.

import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed, failed, fired, raised } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'
import { recordingLogger } from '../support/recording-logger.ts'

test('a task is a Promise, with the members of Dapr beside', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const task = ctx.callActivity<number>('a')
    const before = [task.isComplete, task.isFailed]
    const value = await task
    return [
      task instanceof Promise,
      Object.prototype.toString.call(task),
      before,
      [task.isComplete, task.isFailed],
      value,
      task.getResult(),
    ]
  })
  await run.turn(completed(1, 5))
  expect(run.output).toEqual([true, '[object Promise]', [false, false], [true, false], 5, 5])
  await run.replayed()
})

test('looking at a task with console.log is not waiting for it', async () => {
  const logger = recordingLogger()
  const run = await start(async (ctx: WorkflowContext) => inspect({ task: ctx.callActivity('a') }), {
    logger,
  })
  expect(run.output).toBe("{ task: Task { callActivity('a'), pending } }")
  expect(logger.lines).toHaveLength(1)
  await run.replayed()
})

test('a failed task gives its failure to getException and getResult', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('a')
    await task.catch(() => {})
    let thrown: unknown
    try {
      task.getResult()
    } catch (error) {
      thrown = error
    }
    return [task.isComplete, task.isFailed, task.getException().message, thrown === task.getException()]
  })
  await run.turn(failed(1, 'broken'))
  expect(run.output).toEqual([true, true, 'test: Activity task #1 failed: broken', true])
  await run.replayed()
})

test('getResult and getException before completion say so', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('a')
    const codes: unknown[] = []
    for (const read of [() => task.getResult(), () => task.getException()]) {
      try {
        read()
      } catch (error) {
        codes.push((error as { code?: string }).code)
      }
    }
    await task
    try {
      task.getException()
    } catch (error) {
      codes.push((error as { code?: string }).code)
    }
    return codes
  })
  await run.turn(completed(1))
  expect(run.output).toEqual(['TASK_NOT_COMPLETE', 'TASK_NOT_COMPLETE', 'TASK_NOT_COMPLETE'])
  await run.replayed()
})

test('Promise.all waits for all, whatever the order of the answers', async () => {
  const run = await start(async (ctx: WorkflowContext) =>
    Promise.all([ctx.callActivity('a'), ctx.createTimer(5), ctx.waitForExternalEvent('go'), 'plain']),
  )
  expect(run.asked).toEqual(['scheduleTask:a', 'createTimer'])
  await run.turn(raised('go', 3))
  await run.turn(fired(2), completed(1, 1))
  expect(run.output).toEqual([1, null, 3, 'plain'])
  await run.replayed()
})

test('Promise.all fails with the first failure, and a sibling that completes later does no harm', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    try {
      await Promise.all([ctx.callActivity('a'), ctx.callActivity('b')])
    } catch {
      return ctx.callActivity('clean up')
    }
    return 'no failure'
  })
  await run.turn(failed(1))
  await run.turn(completed(2), completed(3, 'done'))
  expect(run.output).toBe('done')
  await run.replayed()
})

test('Promise.race gives the first result, and the loser does no harm', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const winner = await Promise.race([ctx.callActivity('slow'), ctx.createTimer(5).then(() => 'timeout')])
    return [winner, await ctx.callActivity('next')]
  })
  await run.turn(fired(2))
  await run.turn(completed(1, 'late'))
  await run.turn(completed(3, 'next'))
  expect(run.output).toEqual(['timeout', 'next'])
  await run.replayed()
})

test('Promise.any passes failures over and fails when all have failed', async () => {
  const workflow = async (ctx: WorkflowContext) => Promise.any([ctx.callActivity('a'), ctx.callActivity('b')])
  const run = await start(workflow)
  await run.turn(failed(1))
  await run.turn(completed(2, 'b'))
  expect(run.output).toBe('b')
  await run.replayed()

  const other = await start(workflow)
  await other.turn(failed(1), failed(2))
  expect(other.failure.errorType).toBe('AggregateError')
  await other.replayed()
})

test('Promise.allSettled reports each (MJ: whenAll/aggregate of all failures)', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const all = await Promise.allSettled([ctx.callActivity('a'), ctx.callActivity('b')])
    return all.map(({ status }) => status)
  })
  await run.turn(failed(2), completed(1))
  expect(run.output).toEqual(['fulfilled', 'rejected'])
  await run.replayed()
})

test('Promise.all and Promise.allSettled of nothing complete at once', async () => {
  const run = await start(async () => [await Promise.all([]), await Promise.allSettled([])])
  expect(run.output).toEqual([[], []])
  await run.replayed()
})

test('native combinators and composites nest in each other', async () => {
  const run = await start(async (ctx: WorkflowContext) =>
    Promise.all([
      ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')]),
      Promise.race([ctx.callActivity('c'), ctx.whenAny({ d: ctx.callActivity('d') })]),
    ]),
  )
  await run.turn(completed(4, 'd'))
  await run.turn(completed(2, 'b'), completed(1, 'a'))
  expect(run.output).toEqual([['a', 'b'], 'd'])
  await run.replayed()
})

test('then, catch and finally work as on any promise', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    let tidied = 0
    const tidy = () => void tidied++
    const value = await ctx
      .callActivity<number>('a')
      .then((n) => n + 1)
      .finally(tidy)
    const caught = await ctx
      .callActivity('b')
      .finally(tidy)
      .catch((error: Error) => error.name)
    return [value, caught, tidied]
  })
  await run.turn(completed(1, 1))
  await run.turn(failed(2))
  expect(run.output).toEqual([2, 'TaskFailedError', 2])
  await run.replayed()
})

test('one task may be awaited many times', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const task = ctx.callActivity<number>('a')
    const twice = async () => (await task) * 2
    return [await task, await twice(), await Promise.all([task, twice()]), await task]
  })
  await run.turn(completed(1, 3))
  expect(run.output).toEqual([3, 6, [3, 6], 3])
  await run.replayed()
})

test('helpers that run side by side take their numbers in the order of their calls', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const chain = async (name: string) => {
      await ctx.callActivity(`${name}1`)
      return ctx.callActivity(`${name}2`)
    }
    return Promise.all([chain('a'), chain('b'), chain('c')])
  })
  expect(run.asked).toEqual(['scheduleTask:a1', 'scheduleTask:b1', 'scheduleTask:c1'])
  await run.turn(completed(3), completed(1))
  expect(run.asked).toEqual(['scheduleTask:c2', 'scheduleTask:a2'])
  await run.turn(completed(5, 'a'), completed(2))
  await run.turn(completed(6, 'b'), completed(4, 'c'))
  expect(run.output).toEqual(['a', 'b', 'c'])
  await run.replayed()
})
