// continueAsNew: the generation ends, and what nobody has taken goes along or not, as asked.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed, fired, raised, resumed, suspended } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const events = [raised('B', 1), raised('a', 0), raised('b', 2)]

test.each([
  ['async function', async (ctx: WorkflowContext, input: number) => ctx.continueAsNew(input + 1)],
  ['plain function', (ctx: WorkflowContext, input: number) => ctx.continueAsNew(input + 1)],
  [
    'generator',
    function* (ctx: WorkflowContext, input: number) {
      yield ctx.createTimer(0)
      ctx.continueAsNew(input + 1)
    },
  ],
])('ends the generation with a new input (%s)', async (_style, workflow) => {
  const run = await start(workflow, { input: 1 })
  if (!run.outcome) await run.turn(fired(1))
  expect(run.outcome).toEqual({ kind: 'continuedAsNew', input: '2', unread: [] })
  await run.replayed()
})

describe('events that nobody has taken', () => {
  const workflow = (keep?: boolean) => async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    ctx.continueAsNew('next', keep)
  }

  test('go along in order and with the case of their names when asked', async () => {
    const run = await start(workflow(true))
    await run.turn(...events, completed(1))
    expect(run.outcome).toEqual({ kind: 'continuedAsNew', input: '"next"', unread: events })
    await run.replayed()
  })

  test.each([false, undefined])('are dropped otherwise (%s)', async (keep) => {
    const run = await start(workflow(keep))
    await run.turn(...events, completed(1))
    expect(run.outcome).toEqual({ kind: 'continuedAsNew', input: '"next"', unread: [] })
    await run.replayed()
  })

  test('of those, one that was taken is not among them', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.waitForExternalEvent('b')
      ctx.continueAsNew(undefined, true)
    })
    await run.turn(events[1] ?? raised('a'), events[0] ?? raised('b'))
    expect(run.outcome).toMatchObject({ unread: [events[1]] })
    await run.replayed()
  })

  test('falsy data goes along unchanged', async () => {
    const falsy = [raised('e', 0), raised('e', ''), raised('e', false), raised('e', null), raised('e')]
    const run = await start(workflow(true))
    await run.turn(...falsy, completed(1))
    expect(run.outcome).toMatchObject({ unread: falsy })
    await run.replayed()
  })
})

test.each([true, false])(
  'events of the same turn that came later are not consumed (keep: %s)',
  async (keep) => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      ctx.continueAsNew(undefined, keep)
    })
    await run.turn(raised('before'), completed(1), ...events)
    expect(run.last.consumed).toBe(2)
    expect(run.outcome).toMatchObject({ unread: keep ? [{ name: 'before' }] : [] })
    await run.replayed()
  },
)

test.each([true, false])(
  'events that a suspension held back and that were not delivered go along (keep: %s)',
  async (keep) => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.waitForExternalEvent('go')
      ctx.continueAsNew(undefined, keep)
    })
    const [later, last] = [raised('later'), raised('last')]
    await run.turn(suspended(), raised('earlier'), raised('go'), later, completed(9), last)
    await run.turn(resumed())
    expect(run.outcome?.kind).toBe('continuedAsNew')
    expect(run.outcome).toMatchObject({ unread: keep ? [{ name: 'earlier' }] : [] })
    expect(run.last.heldBack).toEqual([later, last])
    await run.replayed()
  },
)

test('nothing is held back from a workflow that ends otherwise', async () => {
  const run = await start(async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go'))
  await run.turn(suspended(), raised('go'), raised('later'))
  await run.turn(resumed())
  expect(run.last).toMatchObject({ outcome: { kind: 'completed' }, heldBack: [] })
})

test('activities and children that were started before stay asked for', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    void ctx.callActivity('alert')
    void ctx.callChildWorkflow('main')
    ctx.sendEvent('other', 'e')
    ctx.continueAsNew()
  })
  expect(run.asked).toEqual(['scheduleTask:alert', 'createChild:main', 'sendEvent:e'])
  await run.replayed()
})

test('the custom status of the generation is still in its last turn', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    ctx.setCustomStatus('round 1')
    ctx.continueAsNew()
  })
  expect(run.last.customStatus).toBe('round 1')
  await run.replayed()
})

test('the first call wins', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    ctx.continueAsNew(1)
    try {
      ctx.continueAsNew(2)
    } catch {
      // refused
    }
    return 'ignored'
  })
  expect(run.outcome).toMatchObject({ kind: 'continuedAsNew', input: '1' })
  await run.replayed()
})

test('a throw after it does not undo it, and is logged', async () => {
  const logger = recordingLogger()
  const run = await start(
    async (ctx: WorkflowContext) => {
      ctx.continueAsNew(1)
      throw new RangeError('too late')
    },
    { logger },
  )
  expect(run.outcome).toMatchObject({ kind: 'continuedAsNew' })
  expect(logger.lines).toMatchObject([
    {
      level: 'warn',
      message: expect.stringContaining('too late'),
      fields: { error: { errorType: 'RangeError' } },
    },
  ])
  await run.replay()
  expect(logger.lines, 'a replay does not say it again').toHaveLength(1)
  await run.replayed()
})

test('an await after it never goes on', async () => {
  const ran: string[] = []
  const run = await start(async (ctx: WorkflowContext) => {
    const task = ctx.callActivity('a')
    ctx.continueAsNew(1)
    await task
    ran.push('after')
  })
  expect(run.outcome).toMatchObject({ kind: 'continuedAsNew' })
  const further = await run.turn(completed(1))
  expect(further).toMatchObject({ consumed: 0, commands: [] })
  expect(ran).toEqual([])
})

test('a refused continueAsNew may be caught, and the workflow goes on', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    try {
      ctx.continueAsNew(5n)
    } catch {
      return ctx.callActivity('instead')
    }
    return 'not refused'
  })
  await run.turn(completed(1, 'ok'))
  expect(run.output).toBe('ok')
  await run.replayed()
})
