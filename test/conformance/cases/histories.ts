// Histories: what stands in them, in order, and nothing besides.

import { expect } from 'vitest'
import { versions, type WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

const echo = async (_ctx: unknown, value: unknown) => value

/** Kinds of all events and of all commands, each in their order; how they fell into episodes is not told. */
async function sequences(bench: Bench, id: string): Promise<unknown> {
  const episodes = await bench.history(id)
  return {
    events: episodes.flatMap(({ events }) => events.map(({ kind }) => kind)),
    commands: episodes.flatMap(({ commands }) => commands.map(({ kind, seq }) => `${seq} ${kind}`)),
    status: episodes.at(-1)?.status,
  }
}

export const historyCases: Cases = {
  async 'the history of a workflow that asks for nothing is its start and its end (Dapr: get/base; DG: GetInstanceHistory, runtimestate/NewWorkflow, runtimestate/CompletedWorkflow; MJ: history/sequences)'(
    open,
  ) {
    const bench = await open({ workflows: { async empty() {} } })
    await bench.run('empty')
    expect(await sequences(bench, 'empty')).toEqual({
      events: ['executionStarted'],
      commands: [],
      status: 'COMPLETED',
    })
  },

  async 'three activities in a row are asked for and answered once each (Dapr: get/activities, get/duplicatetaskscheduled; DG: runtimestate/ScheduleTask)'(
    open,
  ) {
    async function chain(ctx: WorkflowContext): Promise<void> {
      for (let at = 0; at < 3; at++) await ctx.callActivity(echo, at)
    }
    const bench = await open({ workflows: { chain }, activities: { echo } })
    await bench.run('chain')
    expect(await sequences(bench, 'chain')).toEqual({
      events: ['executionStarted', 'taskCompleted', 'taskCompleted', 'taskCompleted'],
      commands: ['1 scheduleTask', '2 scheduleTask', '3 scheduleTask'],
      status: 'COMPLETED',
    })
  },

  async 'a child is one command and one answer, and knows its parent (Dapr: get/childwf; DG: runtimestate/CreateChild; MJ: context/parent info)'(
    open,
  ) {
    const child = async () => 1
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(child)
    const bench = await open({ workflows: { parent, child } })
    await bench.run('parent')
    expect(await sequences(bench, 'parent')).toEqual({
      events: ['executionStarted', 'childWorkflowCompleted'],
      commands: ['1 createChild'],
      status: 'COMPLETED',
    })
    expect((await bench.row('parent:0001')).parent).toMatchObject({ instanceId: 'parent', seq: 1 })
    expect((await bench.row('parent')).parent).toBeUndefined()
  },

  async 'events that were taken stand in the history with their data, in order (Dapr: externalevent/history)'(
    open,
  ) {
    async function two(ctx: WorkflowContext): Promise<unknown> {
      return [await ctx.waitForExternalEvent('a'), await ctx.waitForExternalEvent('b')]
    }
    const bench = await open({ workflows: { two } })
    await bench.start('two')
    await bench.raise('two', 'a', 1)
    await bench.raise('two', 'b', { c: 2 })
    await bench.ended('two')
    const raised = (await bench.history('two')).flatMap(({ events }) =>
      events.flatMap((event) => (event.kind === 'eventRaised' ? [[event.name, event.input]] : [])),
    )
    expect(raised).toEqual([
      ['a', '1'],
      ['b', '{"c":2}'],
    ])
  },

  async 'the history tells when the first turn was: not before the start or its time, and of a new generation when that began (Dapr: fetch; DG: StartedAt_NilBeforeExecution, StartedAt_WithScheduleTime, StartedAt_AfterExecution, StartedAt_AfterContinueAsNew)'(
    open,
  ) {
    async function twice(ctx: WorkflowContext, round: number): Promise<void> {
      await ctx.waitForExternalEvent('go')
      if (round === 1) ctx.continueAsNew(2)
    }
    const bench = await open({ workflows: { twice: versions({ v1: twice }) } })
    const startAt = bench.host.now() + 2 * bench.shortMs
    await bench.start('twice', 1, { startAt })
    if ((await bench.view('twice')).status === 'PENDING') expect(await bench.history('twice')).toEqual([])
    await bench.until('twice', ({ status }) => status === 'RUNNING')
    const first = (await bench.history('twice'))[0]
    expect(first?.at).toBeGreaterThanOrEqual(startAt)
    expect(first?.events[0]).toMatchObject({ kind: 'executionStarted', version: 'v1' })
    await bench.raise('twice', 'go')
    await bench.raise('twice', 'go')
    await bench.ended('twice')
    const opening = (await bench.history('twice')).find(({ continuedAsNew }) => continuedAsNew)
    expect(opening?.at).toBeGreaterThanOrEqual(first?.at ?? Number.POSITIVE_INFINITY)
    expect(opening?.continuedAsNew?.started).toMatchObject({ generation: 2, version: 'v1' })
  },

  async 'an unknown instance has no history (Dapr: get/notfound; MJ: history/unknown)'(open) {
    const bench = await open({ workflows: {} })
    expect(await bench.codeOf(bench.management.history('nobody'))).toBe('ERR_INSTANCE_ID_NOT_FOUND')
  },

  async 'many turns on an instance leave what few would (DG: StatefulHistory_MultiTurn)'(open) {
    async function long(ctx: WorkflowContext): Promise<number> {
      let sum = 0
      for (let at = 0; at < 40; at++) sum += (await ctx.callActivity(echo, at)) as number
      return sum
    }
    const bench = await open({ workflows: { long }, activities: { echo } })
    expect(await bench.run('long')).toMatchObject({ output: 780 })
    const events = (await bench.history('long')).flatMap((episode) => episode.events)
    expect(events.filter(({ kind }) => kind === 'taskCompleted')).toHaveLength(40)
  },

  async 'a termination that comes first ends the generation, whatever its code would do (DG: runtimestate/TerminatedThenContinueAsNew, Executor/TerminateBeatsContinueAsNew)'(
    open,
  ) {
    async function loop(ctx: WorkflowContext, round: number): Promise<void> {
      await ctx.waitForExternalEvent('go')
      ctx.continueAsNew(round + 1)
    }
    const bench = await open({ workflows: { loop } })
    await bench.start('loop', 1)
    await bench.until('loop', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.suspend('loop'))
    await bench.until('loop', ({ status }) => status === 'SUSPENDED')
    await bench.raise('loop', 'go')
    await bench.host.pass(bench.management.terminate('loop', '"over"'))
    expect(await bench.ended('loop')).toMatchObject({ status: 'TERMINATED', output: 'over', input: '1' })
    expect((await bench.history('loop')).every(({ generation }) => generation === 1)).toBe(true)
  },

  async 'a termination leaves children that have ended as they are (DG: TerminateWorkflow_Recursive_TerminateCompletedChildWorkflow)'(
    open,
  ) {
    const child = async () => 'done'
    async function parent(ctx: WorkflowContext): Promise<void> {
      await ctx.callChildWorkflow(child)
      await ctx.waitForExternalEvent('never')
    }
    const bench = await open({ workflows: { parent, child } })
    await bench.start('parent')
    await bench.ended('parent:0001')
    await bench.host.pass(bench.management.terminate('parent'))
    await bench.ended('parent')
    await bench.idle()
    expect(await bench.ended('parent:0001')).toMatchObject({ status: 'COMPLETED', output: 'done' })
  },
}
