// An await of something that is not durable is found: at once when nothing else is pending, else as soon as the code goes on by itself.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed, raised, resumed, suspended } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const never = new Promise<never>(() => {})

describe('with nothing durable pending', () => {
  test('as the first await: fails at once', async () => {
    const run = await start(async () => never)
    expect(run.failure).toMatchObject({ code: 'FOREIGN_AWAIT', nonRetriable: true })
    expect(run.failure.message).toContain('before any durable call')
    await run.replayed()
  })

  test('later: fails at once and names the last durable call with its place', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      await sleep(1_000_000, undefined, { ref: false })
    })
    await run.turn(completed(1))
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    expect(run.failure.message).toMatch(/after callActivity\('a'\) at .*foreign-await\.test\.ts:\d+/)
    await run.replayed()
  })

  test('in a generator too', async () => {
    const run = await start(function* () {
      yield never
    })
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    await run.replayed()
  })

  test('after a durable timer has lost its race and was cancelled', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      ctx.createTimer(5).cancel()
      await never
    })
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    await run.replayed()
  })

  test('a suspended instance is not judged before it is resumed', async () => {
    const run = await start(
      async (ctx: WorkflowContext) => {
        await ctx.callActivity('a')
        await never
      },
      { events: [suspended()] },
    )
    await run.turn(completed(1))
    expect(run.outcome).toBeUndefined()
    await run.turn(resumed())
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    await run.replayed()
  })

  test('nor when it was suspended in the turn that began to wait', async () => {
    const run = await start(async () => never, { events: [suspended()] })
    expect(run.outcome).toBeUndefined()
    await run.turn(resumed())
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    await run.replayed()
  })

  test('promises that settle by themselves are no foreign await', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      for (let at = 0; at < 1000; at++) await Promise.resolve(at)
      await new Promise<void>((resolve) => queueMicrotask(resolve))
      return ctx.callActivity('a')
    })
    expect(run.asked).toEqual(['scheduleTask:a'])
    await run.turn(completed(1, 1))
    expect(run.output).toBe(1)
    await run.replayed()
  })

  test('process.nextTick is no foreign await: ticks belong to the turn that queued them', async () => {
    const tick = () => new Promise<void>((resolve) => process.nextTick(resolve))
    const run = await start(async (ctx: WorkflowContext) => {
      for (let at = 0; at < 5; at++) await tick()
      const a = ctx.callActivity('a')
      await tick()
      await ctx.callActivity('b')
      await tick()
      return a
    })
    expect(run.asked).toEqual(['scheduleTask:a', 'scheduleTask:b'])
    await run.turn(completed(1, 1))
    await run.turn(completed(2, 2))
    expect(run.output).toBe(1)
    await run.replayed()
  })
})

describe('with something durable pending', () => {
  test('it is found when nothing is pending any more', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      void ctx.callActivity('a')
      void ctx.waitForExternalEvent('go')
      await never
    })
    expect(run.outcome).toBeUndefined()
    await run.turn(completed(1))
    expect(run.outcome).toBeUndefined()
    await run.turn(raised('go'))
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    await run.replayed()
  })

  const goingOn: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    'a durable call': (ctx) => ctx.callActivity('b'),
    'a timer': (ctx) => ctx.createTimer(1),
    'an event': (ctx) => ctx.waitForExternalEvent('e'),
    sendEvent: (ctx) => ctx.sendEvent('other', 'e'),
    continueAsNew: (ctx) => ctx.continueAsNew(),
    setCustomStatus: (ctx) => ctx.setCustomStatus('s'),
    newGuid: (ctx) => ctx.newGuid(),
    'the end': () => {},
    'a throw': () => {
      throw new Error('own')
    },
  }
  test.each(Object.entries(goingOn))(
    'code that goes on outside its turn with %s fails at the next',
    async (_what, go) => {
      const run = await start(async (ctx: WorkflowContext) => {
        void ctx.callActivity('a')
        await sleep(1)
        await go(ctx)
      })
      expect(run.outcome).toBeUndefined()
      await sleep(10)
      const result = await run.turn(completed(1), raised('more'))
      expect(run.failure).toMatchObject({ code: 'CALL_OUTSIDE_TURN', nonRetriable: true })
      expect(run.failure.message).toMatch(/after callActivity\('a'\) at .*foreign-await\.test\.ts:\d+/)
      expect(result).toMatchObject({ consumed: 1, commands: [] })
    },
  )

  const touching: Readonly<Record<string, (ctx: WorkflowContext) => (ctx: WorkflowContext) => unknown>> = {
    'the await of a task made before': (ctx) => {
      const task = ctx.callActivity('b')
      return async () => task
    },
    'the cancellation of a timer made before': (ctx) => {
      const timer = ctx.createTimer(60)
      return () => timer.cancel()
    },
  }
  test.each(Object.entries(touching))('so does %s', async (_what, prepare) => {
    const run = await start(async (ctx: WorkflowContext) => {
      void ctx.callActivity('a')
      const go = prepare(ctx)
      await sleep(1)
      await go(ctx)
      await never
    })
    const asked = [...run.commands]
    await sleep(10)
    expect(run.commands, 'what a turn has asked for stays').toEqual(asked)
    await run.turn(completed(1))
    expect(run.failure.code).toBe('CALL_OUTSIDE_TURN')
  })

  test('the error comes at the call itself, with the code', async () => {
    let caught: unknown
    await start(async (ctx: WorkflowContext) => {
      void ctx.callActivity('a')
      await sleep(1)
      try {
        ctx.newGuid()
      } catch (error) {
        caught = error
      }
    })
    await sleep(10)
    expect(caught).toMatchObject({ code: 'CALL_OUTSIDE_TURN' })
  })
})

describe('a call after the end', () => {
  const calls: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    callActivity: (ctx) => ctx.callActivity('late'),
    callChildWorkflow: (ctx) => ctx.callChildWorkflow('late'),
    createTimer: (ctx) => ctx.createTimer(1),
    waitForExternalEvent: (ctx) => ctx.waitForExternalEvent('late'),
    sendEvent: (ctx) => ctx.sendEvent('other', 'late'),
    continueAsNew: (ctx) => ctx.continueAsNew(),
    setCustomStatus: (ctx) => ctx.setCustomStatus('late'),
    newGuid: (ctx) => ctx.newGuid(),
  }

  test.each(Object.entries(calls))(
    '%s is refused in a helper that outlives the workflow',
    async (_name, call) => {
      let caught: unknown
      const run = await start(async (ctx: WorkflowContext) => {
        const helper = async () => {
          for (let at = 0; at < 10; at++) await Promise.resolve()
          try {
            call(ctx)
          } catch (error) {
            caught = error
          }
        }
        void helper()
        return 'done'
      })
      expect(run.output).toBe('done')
      expect(run.commands).toEqual([])
      expect(caught).toMatchObject({ code: 'CALL_AFTER_END' })
      await run.replayed()
    },
  )

  test.each(Object.entries(calls))(
    '%s is refused after continueAsNew, and the log says so',
    async (name, call) => {
      const logger = recordingLogger()
      const run = await start(
        async (ctx: WorkflowContext) => {
          ctx.continueAsNew('next')
          await call(ctx)
        },
        { logger },
      )
      expect(run.outcome).toEqual({ kind: 'continuedAsNew', input: '"next"', unread: [] })
      expect(run.commands).toEqual([])
      expect(logger.lines).toMatchObject([
        {
          level: 'warn',
          message: expect.stringContaining(name),
          fields: { error: { code: 'CALL_AFTER_END' } },
        },
      ])
      await run.replayed()
    },
  )

  test('cancelling in a finally block after continueAsNew does no harm', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const timer = ctx.createTimer(60)
      const call = ctx.callActivity('a', 1, { retry: { firstRetryInterval: 1, maxNumberOfAttempts: 3 } })
      try {
        await Promise.race([timer, ctx.waitForExternalEvent('go')])
        ctx.continueAsNew()
      } finally {
        timer.cancel()
        call.cancel()
      }
    })
    await run.turn(raised('go'))
    expect(run.outcome?.kind).toBe('continuedAsNew')
    expect(run.commands).toEqual([])
    await run.replayed()
  })
})
