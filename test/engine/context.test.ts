// The workflow context: names, replay marks, logger, status, events to others, and arguments that are refused at the call.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { limits } from '../../src/workflow/limits.ts'
import { childCompleted, childFailed, completed } from '../support/engine-events.ts'
import { start, startTime } from '../support/engine-harness.ts'
import { recordingLogger } from '../support/recording-logger.ts'

test('the context knows instance, workflow and time', async () => {
  const run = await start(
    async (ctx: WorkflowContext) => [
      ctx.getWorkflowInstanceId(),
      ctx.getWorkflowName(),
      ctx.getCurrentUtcDateTime().toISOString(),
    ],
    { instanceId: 'order-7' },
  )
  expect(run.output).toEqual(['order-7', 'main', new Date(startTime).toISOString()])
  await run.replayed()
})

test('a date that the context has given may be changed without harm', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    ctx.getCurrentUtcDateTime().setFullYear(1)
    return ctx.getCurrentUtcDateTime().getTime()
  })
  expect(run.output).toBe(startTime)
  await run.replayed()
})

test('its methods may be called detached', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const { callActivity, createTimer, waitForExternalEvent, whenAll, whenAny, newGuid, isReplaying } = ctx
    const { getWorkflowInstanceId, setCustomStatus, sendEvent, callChildWorkflow, continueAsNew } = ctx
    setCustomStatus('detached')
    sendEvent('other', 'e')
    const all = whenAll([callActivity('a'), callActivity('b')])
    const first = whenAny({
      all,
      time: createTimer(1),
      event: waitForExternalEvent('e'),
      child: callChildWorkflow('c'),
    })
    continueAsNew([await first, newGuid().length, isReplaying(), getWorkflowInstanceId()])
  })
  expect(run.asked).toEqual([
    'sendEvent:e',
    'scheduleTask:a',
    'scheduleTask:b',
    'createTimer',
    'createChild:c',
  ])
  await run.turn(completed(2), completed(3))
  expect(run.outcome).toMatchObject({ kind: 'continuedAsNew', input: '["all",36,false,"test"]' })
})

describe('activities and children by function', () => {
  async function reserve(): Promise<void> {}
  async function child(): Promise<void> {}

  test('are called under the names they are registered by', async () => {
    const run = await start(
      async (ctx: WorkflowContext) => ctx.whenAll([ctx.callActivity(reserve), ctx.callChildWorkflow(child)]),
      { activities: { reserveStock: reserve }, workflows: { kid: child } },
    )
    expect(run.asked).toEqual(['scheduleTask:reserveStock', 'createChild:kid'])
    await run.replayed()
  })

  test('a function that is not registered is refused at the call, by its name', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity(reserve))
    expect(run.failure).toMatchObject({ code: 'ACTIVITY_NOT_REGISTERED' })
    expect(run.failure.message).toContain("'reserve'")
    const other = await start(async (ctx: WorkflowContext) => ctx.callChildWorkflow(child))
    expect(other.failure).toMatchObject({ code: 'WORKFLOW_NOT_REGISTERED' })
    await run.replayed()
  })

  test('a function registered under two names must be called by name', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity(reserve), {
      activities: { one: reserve, two: reserve },
    })
    expect(run.failure).toMatchObject({ code: 'ACTIVITY_NOT_REGISTERED' })
    expect(run.failure.message).toContain('one, two')
  })

  test('a name that is not registered here is asked for all the same: another version may know it', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity('elsewhere'))
    expect(run.asked).toEqual(['scheduleTask:elsewhere'])
    await run.replayed()
  })
})

const refused: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
  'callActivity of undefined': (ctx) => ctx.callActivity(undefined as never),
  'callActivity of an empty name': (ctx) => ctx.callActivity(''),
  'callActivity of a long name': (ctx) => ctx.callActivity('x'.repeat(limits.nameCharacters + 1)),
  'callActivity of an anonymous function': (ctx) => ctx.callActivity((() => async () => {})()),
  'callChildWorkflow of null': (ctx) => ctx.callChildWorkflow(null as never),
  'an empty child id': (ctx) => ctx.callChildWorkflow('main', 1, { instanceId: '' }),
  'a long child id': (ctx) => ctx.callChildWorkflow('main', 1, { instanceId: 'x'.repeat(513) }),
  'a child id that is no text': (ctx) => ctx.callChildWorkflow('main', 1, { instanceId: 5 as never }),
  'sendEvent to nobody': (ctx) => ctx.sendEvent('', 'e'),
  'sendEvent to a number': (ctx) => ctx.sendEvent(5 as never, 'e'),
  'sendEvent of nothing': (ctx) => ctx.sendEvent('other', ''),
}
test.each(Object.entries(refused))('%s is refused at the call and takes no number', async (_what, call) => {
  const run = await start(async (ctx: WorkflowContext) => {
    try {
      call(ctx)
    } catch (error) {
      void ctx.callActivity('next')
      throw error
    }
  })
  expect(run.failure.code).toMatch(/^(INVALID_ARGUMENT|ACTIVITY_NOT_REGISTERED|WORKFLOW_NOT_REGISTERED)$/)
  expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'next' }])
  await run.replayed()
})

describe('child workflows', () => {
  test('have ids made of their parent and number, and give their output', async () => {
    const run = await start(async (ctx: WorkflowContext) => [
      await ctx.callActivity('a'),
      await ctx.callChildWorkflow('c', { x: 1 }),
      await ctx.callChildWorkflow('c', 2, { instanceId: 'my:child' }),
    ])
    await run.turn(completed(1))
    expect(run.commands).toEqual([
      { kind: 'createChild', seq: 2, name: 'c', instanceId: 'test:0002', input: '{"x":1}' },
    ])
    await run.turn(childCompleted(2, 'first'))
    expect(run.commands).toMatchObject([{ instanceId: 'my:child' }])
    await run.turn(childCompleted(3, 0))
    expect(run.output).toEqual([null, 'first', 0])
    await run.replayed()
  })

  test('that fail, fail their call', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callChildWorkflow('c'))
    await run.turn(childFailed(1, { errorType: 'Terminated', message: 'was terminated' }))
    expect(run.failure).toMatchObject({
      errorType: 'TaskFailedError',
      message: 'test: Sub-orchestration task #1 failed: was terminated',
      cause: { errorType: 'Terminated' },
    })
    await run.replayed()
  })
})

describe('replaying', () => {
  test('isReplaying is true for the recorded turns and false for new ones', async () => {
    const seen: string[] = []
    const run = await start(async (ctx: WorkflowContext) => {
      const note = () =>
        seen.push(`${ctx.getCurrentUtcDateTime().getTime() - startTime}:${ctx.isReplaying()}`)
      note()
      await ctx.callActivity('a')
      note()
      await ctx.callActivity('b')
      note()
    })
    await run.turn(completed(1))
    expect(seen.splice(0)).toEqual(['0:false', '1000:false'])
    const execution = run.fresh()
    await execution.run(run.episodes.map(({ turn }) => turn))
    expect(seen.splice(0)).toEqual(['0:true', '1000:true'])
    await execution.run([{ at: startTime + 2000, events: [completed(2)] }])
    expect(seen).toEqual(['2000:false'])
  })

  test('the logger is silent while replaying, also when it was taken out of the context before', async () => {
    const logger = recordingLogger()
    const workflow = async (ctx: WorkflowContext) => {
      const { logger: own } = ctx
      own.info('begin', { step: 1 })
      await ctx.callActivity('a')
      own.warn('middle')
      await ctx.callActivity('b')
      own.error('end')
    }
    const run = await start(workflow, { logger })
    await run.turn(completed(1))
    const fields = { instanceId: 'test', workflow: 'main' }
    expect(logger.lines.splice(0)).toEqual([
      { level: 'info', message: 'begin', fields: { ...fields, step: 1 } },
      { level: 'warn', message: 'middle', fields },
    ])
    const execution = run.fresh()
    await execution.run(run.episodes.map(({ turn }) => turn))
    expect(logger.lines).toEqual([])
    await execution.run([{ at: startTime + 2000, events: [completed(2)] }])
    expect(logger.lines).toEqual([{ level: 'error', message: 'end', fields }])
  })

  test('the logger of the host runs outside the window: real clock, timers allowed, random not touched', async () => {
    let clock = 0
    let timers = 0
    const own = recordingLogger()
    const logger = {
      ...own,
      info: () => {
        clock = Date.now()
        Math.random()
        crypto.randomUUID()
        setTimeout(() => timers++, 0)
      },
    }
    const workflow = async (ctx: WorkflowContext) => {
      ctx.logger.info('line')
      const id = ctx.newGuid()
      await ctx.callActivity('a', id)
    }
    const run = await start(workflow, { logger })
    expect(Math.abs(clock - startTime)).toBeGreaterThan(1_000_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(timers).toBe(1)
    await run.replayed()
  })

  test('a logger that throws does no harm', async () => {
    const logger = {
      ...recordingLogger(),
      info: () => {
        throw new Error('disk full')
      },
    }
    const run = await start(
      async (ctx: WorkflowContext) => {
        ctx.logger.info('line')
        return 'done'
      },
      { logger },
    )
    expect(run.output).toBe('done')
  })
})

describe('custom status', () => {
  const shown: readonly (readonly [unknown, string | undefined])[] = [
    ['text', 'text'],
    ['', ''],
    ['"quoted"', '"quoted"'],
    [{ step: 1 }, '{"step":1}'],
    [[1, null], '[1,null]'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
    [undefined, undefined],
  ]
  test.each(shown)('%j is kept as %j', async (status, text) => {
    const run = await start(async (ctx: WorkflowContext) => {
      ctx.setCustomStatus('before')
      ctx.setCustomStatus(status)
      await ctx.callActivity('a')
    })
    expect(run.last.customStatus).toBe(text)
    await run.replayed()
  })

  test('stays from turn to turn until it is set anew', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      ctx.setCustomStatus(1)
      await ctx.callActivity('a')
      await ctx.callActivity('b')
      ctx.setCustomStatus(undefined)
    })
    await run.turn(completed(1))
    expect(run.last.customStatus).toBe('1')
    await run.turn(completed(2))
    expect(run.last.customStatus).toBeUndefined()
    await run.replayed()
  })

  test('a text that is too large is refused at the call', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.setCustomStatus('ä'.repeat(limits.payloadBytes)),
    )
    expect(run.failure.code).toBe('PAYLOAD_TOO_LARGE')
    expect(run.last.customStatus).toBeUndefined()
  })
})

test('sendEvent takes a number, waits for nothing and keeps its data', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const result: unknown = ctx.sendEvent('other:0001', 'Approved', { ok: true })
    ctx.sendEvent('other', 'Bare')
    await ctx.callActivity('a')
    return typeof result
  })
  expect(run.commands).toEqual([
    { kind: 'sendEvent', seq: 1, instanceId: 'other:0001', name: 'Approved', input: '{"ok":true}' },
    { kind: 'sendEvent', seq: 2, instanceId: 'other', name: 'Bare' },
    { kind: 'scheduleTask', seq: 3, name: 'a' },
  ])
  await run.turn(completed(3))
  expect(run.output).toBe('undefined')
  await run.replayed()
})
