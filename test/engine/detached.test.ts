// Workflows that a workflow starts and does not wait for: their ids, what the history keeps, and what is refused at the call.

import { expect, test } from 'vitest'
import type { ScheduleNewWorkflowOptions } from '../../src/workflow/call-options.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { limits } from '../../src/workflow/limits.ts'
import { completed } from '../support/engine-events.ts'
import { start, startTime } from '../support/engine-harness.ts'

test('default ids are <caller>-<n>, counted only over default ids, and the same at every replay (DG: DetachedWorkflow_DefaultInstanceID, DetachedWorkflow_ReplayDeterminism, detached/defaultId)', async () => {
  const run = await start(
    async (ctx: WorkflowContext) => {
      const ids = [ctx.scheduleNewWorkflow('w'), ctx.scheduleNewWorkflow('w', 1, { instanceId: 'given' })]
      await ctx.callActivity('a')
      return [...ids, ctx.scheduleNewWorkflow('w')]
    },
    { instanceId: 'order-7' },
  )
  await run.turn(completed(3))
  expect(run.output).toEqual(['order-7-1', 'given', 'order-7-2'])
  await run.replayed()
})

test('a later generation has its number in its default ids, so that no two starts share one', async () => {
  const run = await start(async (ctx: WorkflowContext) => ctx.scheduleNewWorkflow('w'), { generation: 2 })
  expect(run.output).toBe('test:g2-1')
})

test('the command has name, id, input as it was given, time and tags, and waits for nothing (DG: detached/actionShape, detached/rawInput, detached/retirePending)', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    ctx.scheduleNewWorkflow('w', { a: [1, null] }, { startTime: '1h', tags: { team: 'blue' } })
    ctx.scheduleNewWorkflow('w', undefined, { startTime: new Date(startTime - 1) })
    return 'done'
  })
  expect(run.commands).toEqual([
    {
      kind: 'startWorkflow',
      seq: 1,
      name: 'w',
      instanceId: 'test-1',
      input: '{"a":[1,null]}',
      startAt: startTime + 3_600_000,
      tags: { team: 'blue' },
    },
    { kind: 'startWorkflow', seq: 2, name: 'w', instanceId: 'test-2' },
  ])
  expect(run.output).toBe('done')
  await run.replayed()
})

test('the recorded time of the start and the recorded tags hold', async () => {
  const starts = (options: ScheduleNewWorkflowOptions) => async (ctx: WorkflowContext) => {
    ctx.scheduleNewWorkflow('w', 1, options)
    await ctx.callActivity('a')
  }
  const run = await start(starts({ startTime: '1h', tags: { team: 'blue' } }))
  const { divergence } = await run.replay(starts({ startTime: '2h', tags: { team: 'red' } }))
  expect(divergence).toBeUndefined()
})

test('code that starts another workflow instead of calling it does not fit (DG: detached/mismatch)', async () => {
  const run = await start(async (ctx: WorkflowContext) => ctx.callChildWorkflow('w'))
  const { divergence } = await run.replay(async (ctx: WorkflowContext) => {
    ctx.scheduleNewWorkflow('w')
    await ctx.createTimer(1)
  })
  expect(divergence).toMatchObject({ code: 'NON_DETERMINISM', actual: /#1 start of workflow 'w' \(test-1\)/ })
})

test.each<[string, ScheduleNewWorkflowOptions, string]>([
  ['an empty id (DG: detached/emptyIdError)', { instanceId: '' }, 'INVALID_ARGUMENT'],
  [
    'an id that is too long',
    { instanceId: 'x'.repeat(limits.childInstanceIdCharacters + 1) },
    'INVALID_ARGUMENT',
  ],
  ['an id that is no text', { instanceId: 7 as never }, 'INVALID_ARGUMENT'],
  ['an invalid date', { startTime: new Date(Number.NaN) }, 'INVALID_DURATION'],
  ['a duration that is none', { startTime: 'soon' as never }, 'INVALID_DURATION'],
  ['a tag without a name', { tags: { '': 'x' } }, 'INVALID_ARGUMENT'],
])('%s is refused at the call, and takes no number', async (_what, options, code) => {
  const run = await start(async (ctx: WorkflowContext) => {
    try {
      ctx.scheduleNewWorkflow('w', 1, options)
    } catch (error) {
      await ctx.callActivity('a')
      return (error as { code?: string }).code
    }
    return 'not refused'
  })
  expect(run.commands).toMatchObject([{ kind: 'scheduleTask', seq: 1 }])
  await run.turn(completed(1))
  expect(run.output).toBe(code)
})

test('a name that is none, an input that is no JSON, and a call after the end are refused', async () => {
  const codes: unknown[] = []
  await start(async (ctx: WorkflowContext) => {
    const attempt = (name: string, input?: unknown): void => {
      try {
        ctx.scheduleNewWorkflow(name, input)
      } catch (error) {
        codes.push((error as { code?: string }).code)
      }
    }
    attempt('')
    attempt('w', 1n)
    ctx.continueAsNew()
    attempt('w')
  })
  expect(codes).toEqual(['WORKFLOW_NOT_REGISTERED', 'PAYLOAD_NOT_SERIALIZABLE', 'CALL_AFTER_END'])
})
