// A task that nobody awaited is found and named, and never lost in silence.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { Task } from '../../src/workflow/task.ts'
import { completed, failed, fired, raised, terminated } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'
import { recordingLogger } from '../support/recording-logger.ts'

describe('at the end of the workflow', () => {
  test('activities that nobody awaited are dispatched all the same', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      for (let at = 0; at < 30; at++) void ctx.callActivity('notify', at)
    })
    expect(run.commands).toHaveLength(30)
    expect(run.outcome?.kind).toBe('completed')
    await run.replayed()
  })

  test('each is warned about with its call site', async () => {
    const logger = recordingLogger()
    const run = await start(
      async (ctx: WorkflowContext) => {
        void ctx.callActivity('notify')
        void ctx.createTimer(5)
        void ctx.whenAll([ctx.waitForExternalEvent('go')])
        await ctx.callActivity('awaited')
      },
      { logger },
    )
    expect(logger.lines).toEqual([])
    await run.turn(completed(3))
    expect(logger.lines.map(({ level, fields }) => [level, fields['code']])).toEqual(
      Array.from({ length: 3 }, () => ['warn', 'TASK_NOT_AWAITED']),
    )
    const site = String.raw` at .*unawaited\.test\.ts:\d+:\d+\)? was never awaited\.$`
    expect(logger.lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(String.raw`^callActivity\('notify'\)${site}`)),
      expect.stringMatching(new RegExp(String.raw`^createTimer\(5\)${site}`)),
      expect.stringMatching(new RegExp(`^whenAll of 1${site}`)),
    ])
  })

  test('a workflow that fails or is terminated is not warned about: it may not have come to its awaits', async () => {
    const logger = recordingLogger()
    const workflow = async (ctx: WorkflowContext) => {
      const later = ctx.callActivity('a')
      await ctx.callActivity('b')
      await later
    }
    const failing = await start(workflow, { logger })
    await failing.turn(failed(2))
    const ended = await start(workflow, { logger })
    await ended.turn(terminated())
    expect([failing.outcome?.kind, ended.outcome?.kind]).toEqual(['failed', 'terminated'])
    expect(logger.lines).toEqual([])
  })

  test('a replay does not warn again', async () => {
    const logger = recordingLogger()
    const run = await start(async (ctx: WorkflowContext) => void ctx.callActivity('notify'), { logger })
    expect(logger.lines).toHaveLength(1)
    await run.replay()
    expect(logger.lines).toHaveLength(1)
  })

  const looked: Readonly<Record<string, (task: Task<unknown>) => unknown>> = {
    'awaited later': async (task) => task,
    'given to Promise.race': async (task) => Promise.race([task]),
    'chained with then': (task) => task.then(() => 1),
    'its result was read': (task) => task.getResult(),
  }
  test.each(Object.entries(looked))('no warning: %s', async (_how, look) => {
    const logger = recordingLogger()
    const run = await start(
      async (ctx: WorkflowContext) => {
        const task = ctx.callActivity('a')
        await ctx.callActivity('b')
        await look(task)
      },
      { logger },
    )
    await run.turn(completed(1), completed(2))
    expect(run.outcome?.kind).toBe('completed')
    expect(logger.lines).toEqual([])
  })

  test('no warning: cancelled, or member of a composite that is awaited', async () => {
    const logger = recordingLogger()
    const run = await start(
      async (ctx: WorkflowContext) => {
        const timer = ctx.createTimer(60)
        await ctx.whenAny({ timer, event: ctx.waitForExternalEvent('go'), late: ctx.createTimer(90) })
        timer.cancel()
        ctx.createTimer(5).cancel()
      },
      { logger },
    )
    await run.turn(raised('go'))
    expect(run.outcome?.kind).toBe('completed')
    expect(logger.lines).toEqual([])
  })
})

describe('at continueAsNew', () => {
  const lost: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    'createTimer(5)': (ctx) => ctx.createTimer(5),
    'whenAll of 1': (ctx) => ctx.whenAll([ctx.callActivity('a')]),
    'whenAny of 1': (ctx) => ctx.whenAny([ctx.callActivity('a')]),
    'whenAny of {a}': (ctx) => ctx.whenAny({ a: ctx.callActivity('a') }),
  }
  test.each(Object.entries(lost))('a forgotten %s refuses it and is named', async (label, make) => {
    const run = await start(async (ctx: WorkflowContext) => {
      make(ctx)
      ctx.continueAsNew()
    })
    expect(run.failure).toMatchObject({ code: 'TASK_NOT_AWAITED' })
    expect(run.failure.message).toContain(label)
    expect(run.failure.message).toMatch(/unawaited\.test\.ts:\d+/)
    await run.replayed()
  })

  test('the same message comes live and in a replay, so that code which catches it stays on its path', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      const message = await ctx.callActivity('b').then(() => {
        void ctx.createTimer(5)
        try {
          ctx.continueAsNew()
        } catch (error) {
          return (error as Error).message
        }
        return 'not refused'
      })
      await ctx.callActivity('report', message)
    })
    await run.turn(completed(1))
    await run.turn(completed(2))
    expect(run.commands).toMatchObject([
      { kind: 'createTimer' },
      { kind: 'scheduleTask', input: expect.stringContaining('createTimer(5)') },
    ])
    await run.replayed()
  })

  const harmless: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    'an activity': (ctx) => ctx.callActivity('a'),
    'a child': (ctx) => ctx.callChildWorkflow('main'),
    'an event that was waited for': (ctx) => ctx.waitForExternalEvent('e'),
    'a cancelled timer': (ctx) => ctx.createTimer(5).cancel(),
    'a timer that somebody waits for': (ctx) => ctx.createTimer(5).then(() => {}),
  }
  test.each(Object.entries(harmless))('%s does not refuse it', async (_what, make) => {
    const run = await start(async (ctx: WorkflowContext) => {
      make(ctx)
      ctx.continueAsNew()
    })
    expect(run.outcome?.kind).toBe('continuedAsNew')
    await run.replayed()
  })

  test('a timer that has fired before does not refuse it', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const timer = ctx.createTimer(5)
      await ctx.waitForExternalEvent('go')
      if (timer.isComplete) ctx.continueAsNew()
    })
    await run.turn(fired(1))
    await run.turn(raised('go'))
    expect(run.outcome?.kind).toBe('continuedAsNew')
    await run.replayed()
  })

  test('a history without the flag keeps the old behaviour', async () => {
    const workflow = async (ctx: WorkflowContext) => {
      void ctx.createTimer(5)
      ctx.continueAsNew()
    }
    const run = await start(workflow, { flags: [] })
    expect(run.outcome?.kind).toBe('continuedAsNew')
    expect(run.asked).toEqual(['createTimer'])
    await run.replayed()
    expect((await start(workflow)).failure.code).toBe('TASK_NOT_AWAITED')
  })
})

describe('reading a task that is not complete', () => {
  test('names the composite whose await is missing', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const event = ctx.waitForExternalEvent<string>('go')
      void ctx.whenAny([event, ctx.createTimer(5)])
      return event.getResult()
    })
    expect(run.failure).toMatchObject({ code: 'TASK_NOT_COMPLETE' })
    expect(run.failure.message).toMatch(/whenAny of 2 at .*unawaited\.test\.ts:\d+.*await or yield missing/)
    await run.replayed()
  })
})
