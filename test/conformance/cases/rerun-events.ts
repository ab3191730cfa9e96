// Reruns that begin with a timer, with the time-out of an event, or with a child.

import { expect } from 'vitest'
import type { WorkflowContext } from '../../../src/index.ts'
import type { RerunRequest } from '../../../src/runtime/running-again.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

const again = { newInstanceId: 'again' } as const

async function rerun(bench: Bench, instanceId: string, eventId: number, more: Partial<RerunRequest> = {}) {
  const request = { instanceId, eventId, ...again, ...more }
  return (await bench.host.pass(bench.management.rerun(request))).instanceId
}

const codeOf = async (bench: Bench, request: RerunRequest) => bench.codeOf(bench.management.rerun(request))

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

const echo = async (_ctx: unknown, input?: unknown) => input ?? 'nothing'
const child = async (ctx: WorkflowContext, input?: unknown) => [ctx.getWorkflowInstanceId(), input]

export const rerunEventCases: Cases = {
  async 'a timer waits once more for its whole time (Dapr: rerun/timer/simple, rerun/timer/completed, rerun/parentid/timer)'(
    open,
  ) {
    const bench = await open({
      workflows: {
        async timed(ctx: WorkflowContext, seconds: number): Promise<void> {
          await ctx.createTimer(seconds)
        },
      },
    })
    const seconds = (bench.shortMs * 20) / 1_000
    await bench.run('timed', seconds)
    await rerun(bench, 'timed', 1)
    expect(await bench.ended('again')).toMatchObject({
      status: 'COMPLETED',
      rerunOf: { instanceId: 'timed', eventId: 1 },
    })
    const [first, last] = [(await bench.history('again'))[0], (await bench.history('again')).at(-1)]
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(seconds * 1_000)
  },

  async 'other timers that were under way keep their time, which may be over (Dapr: rerun/timer/active, rerun/timer/actives)'(
    open,
  ) {
    async function timers(ctx: WorkflowContext): Promise<string> {
      const others = [ctx.createTimer(1), ctx.createTimer(1)]
      const third = ctx.createTimer(1)
      await ctx.callActivity(echo)
      await third
      await ctx.whenAll(others)
      return 'all'
    }
    const bench = await open({ workflows: { timers }, activities: { echo } })
    await bench.run('timers')
    await rerun(bench, 'timers', 3)
    expect(await bench.ended('again')).toMatchObject({ output: 'all' })
  },

  async 'a timer takes no input, and has no child whose id could be given (Dapr: rerun/timer/input, rerun/child/newinstanceid/timer, rerun/child/newinstanceid/activity)'(
    open,
  ) {
    async function both(ctx: WorkflowContext): Promise<void> {
      await ctx.createTimer(0)
      await ctx.callActivity(echo)
    }
    const bench = await open({ workflows: { both }, activities: { echo } })
    await bench.run('both')
    const code = async (more: Omit<RerunRequest, 'instanceId'>) =>
      codeOf(bench, { instanceId: 'both', ...again, ...more })
    expect(await code({ eventId: 1, input: '1' })).toBe('INVALID_ARGUMENT')
    expect(await code({ eventId: 1, newChildInstanceId: 'c' })).toBe('INVALID_ARGUMENT')
    expect(await code({ eventId: 2, newChildInstanceId: 'c' })).toBe('INVALID_ARGUMENT')
    expect(await bench.host.pass(bench.management.get('again'))).toBeUndefined()
  },

  async 'an event that is waited for with a time-out is waited for again (Dapr: rerun/raise/simple, rerun/raise/completed)'(
    open,
  ) {
    const waits = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('abc', { timeout: '1h' })
    const bench = await open({ workflows: { waits } })
    await bench.start('waits')
    await bench.raise('waits', 'abc', 1)
    await bench.ended('waits')
    await bench.start('waits', undefined, { instanceId: 'waited' })
    await running(bench, 'waited')
    await bench.raise('waited', 'abc', 1)
    await bench.ended('waited')
    await rerun(bench, 'waited', 1)
    await running(bench, 'again')
    await bench.raise('again', 'abc', 2)
    expect(await bench.ended('again')).toMatchObject({ output: 2 })
    expect(await codeOf(bench, { instanceId: 'waited', eventId: 1, input: '1' })).toBe('INVALID_ARGUMENT')
  },

  async 'events that were waited for beside the command are waited for again (Dapr: rerun/raise/active, rerun/raise/actives, rerun/raise/input)'(
    open,
  ) {
    async function beside(ctx: WorkflowContext): Promise<unknown> {
      const events = ['a', 'b'].map((name) => ctx.waitForExternalEvent(name, { timeout: '1000h' }))
      const result = await ctx.callActivity(echo, 'own')
      return [result, ...(await ctx.whenAll(events))]
    }
    const bench = await open({ workflows: { beside }, activities: { echo } })
    await bench.start('beside')
    await running(bench, 'beside')
    await bench.idle()
    for (const name of ['b', 'a']) await bench.raise('beside', name, `${name}1`)
    expect(await bench.ended('beside')).toMatchObject({ output: ['own', 'a1', 'b1'] })
    await rerun(bench, 'beside', 3, { input: '"given"' })
    await running(bench, 'again')
    for (const name of ['a', 'b']) await bench.raise('again', name, `${name}2`)
    expect(await bench.ended('again')).toMatchObject({ output: ['given', 'a2', 'b2'] })
  },

  async 'a child is made anew, below the new instance (Dapr: rerun/suborchestration, rerun/child/base, rerun/child/async, rerun/child/input/existing, rerun/parentid/activity)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      const first = await ctx.callActivity(echo, 'kept')
      return [first, await ctx.callChildWorkflow(child, 'own')]
    }
    const bench = await open({ workflows: { parent, child }, activities: { echo } })
    expect(await bench.run('parent')).toMatchObject({ output: ['kept', ['parent:0002', 'own']] })
    await rerun(bench, 'parent', 2)
    expect(await bench.ended('again')).toMatchObject({ output: ['kept', ['again:0002', 'own']] })
    expect((await bench.row('again:0002')).parent).toMatchObject({ instanceId: 'again' })
    expect(await bench.ended('parent:0002')).toMatchObject({ status: 'COMPLETED' })
    await rerun(bench, 'parent', 1, { newInstanceId: 'whole' })
    expect(await bench.ended('whole')).toMatchObject({ output: ['kept', ['whole:0002', 'own']] })
  },

  async 'a child is given another input and another id (Dapr: rerun/child/input/newinput, rerun/child/input/overwrite, rerun/child/newinstanceid/child, rerun/child/newinstanceid/custom, rerun/child/newinstanceid/overwrite)'(
    open,
  ) {
    const plain = async (ctx: WorkflowContext) => ctx.callChildWorkflow(child, 'own')
    const named = async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow(child, undefined, { instanceId: 'the child' })
    const bench = await open({ workflows: { plain, named, child } })
    for (const name of ['plain', 'named']) {
      await bench.run(name)
      const ids = { newInstanceId: `${name}2`, newChildInstanceId: `child of ${name}2` }
      await rerun(bench, name, 1, { ...ids, input: '"given"' })
      expect(await bench.ended(`${name}2`)).toMatchObject({ output: [`child of ${name}2`, 'given'] })
    }
    expect(await bench.ended('the child')).toMatchObject({ status: 'COMPLETED' })
    const code = async (newChildInstanceId: string) =>
      codeOf(bench, { instanceId: 'plain', eventId: 1, ...again, newChildInstanceId })
    expect(await code('')).toBe('INVALID_ARGUMENT')
    expect(await code('x'.repeat(513))).toBe('INVALID_ARGUMENT')
  },

  async 'in the history of the rerun children of the past have the ids that they would have below it (Dapr: rerun/child/history)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      await ctx.callChildWorkflow(child, 1)
      return ctx.callActivity(echo, 2)
    }
    const bench = await open({ workflows: { parent, child }, activities: { echo } })
    await bench.run('parent')
    await rerun(bench, 'parent', 2)
    expect(await bench.ended('again')).toMatchObject({ output: 2 })
    const [first] = await bench.history('again')
    expect(first?.events.map(({ kind }) => kind)).toEqual(['executionStarted', 'childWorkflowCompleted'])
    expect(first?.commands.map((command) => 'instanceId' in command && command.instanceId)).toEqual([
      'again:0001',
      false,
    ])
    expect(await bench.host.pass(bench.management.get('again:0001'))).toBeUndefined()
  },

  async 'a child itself cannot be rerun (Dapr: rerun/fromchild, rerun/child/rootonly)'(open) {
    async function busy(ctx: WorkflowContext): Promise<unknown> {
      return ctx.callActivity(echo)
    }
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(busy)
    const bench = await open({ workflows: { parent, busy }, activities: { echo } })
    await bench.run('parent')
    expect(await codeOf(bench, { instanceId: 'parent:0001', eventId: 1 })).toBe('ERR_RERUN_WORKFLOW')
  },

  async 'a child whose given id somebody else holds fails, and the failure can be caught (Dapr: reuseid/occupied/rerun)'(
    open,
  ) {
    const held = gate<string>()
    const hold = async () => held.passed
    async function parent(ctx: WorkflowContext, name: string): Promise<unknown> {
      const call = ctx.callChildWorkflow<string>(name, undefined, { instanceId: 'the_child' })
      return call.catch((error: unknown) => (error as Error).message)
    }
    const slow = async (ctx: WorkflowContext) => ctx.callActivity(hold)
    const bench = await open({ workflows: { parent, child, slow }, activities: { hold } })
    await bench.run('parent', 'child')
    await bench.ended('the_child')
    await bench.start('slow', undefined, { instanceId: 'the_child' })
    await running(bench, 'the_child')
    await rerun(bench, 'parent', 1)
    expect(await bench.ended('again')).toMatchObject({
      output: expect.stringContaining('already exists') as string,
    })
    held.open('own')
    expect(await bench.ended('the_child')).toMatchObject({ output: 'own' })
  },
}
