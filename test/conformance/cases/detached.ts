// Workflows that a workflow starts and does not wait for.

import { expect } from 'vitest'
import type { WorkflowContext } from '../../../src/index.ts'
import type { Cases } from '../bench.ts'

const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
const echo = async (_ctx: WorkflowContext, x: unknown) => x

async function broken(): Promise<never> {
  throw new RangeError('no stock')
}

async function caller(ctx: WorkflowContext): Promise<string> {
  const id = ctx.scheduleNewWorkflow(waiting)
  await ctx.waitForExternalEvent('end')
  return id
}

export const detachedCases: Cases = {
  async 'a workflow starts another, which runs by itself; its caller does not wait (Dapr: detached/single, detached/nowait, detached/defaultid; DG: DetachedWorkflow_HappyPath)'(
    open,
  ) {
    const starter = async (ctx: WorkflowContext) => ctx.scheduleNewWorkflow(waiting)
    const bench = await open({ workflows: { starter, waiting } })
    expect(await bench.run('starter')).toMatchObject({ status: 'COMPLETED', output: 'starter-1' })
    await bench.raise('starter-1', 'go', 42)
    expect(await bench.ended('starter-1')).toMatchObject({ status: 'COMPLETED', output: 42 })
    await bench.idle()
    // Nothing of it came back.
    expect(await bench.history('starter')).toHaveLength(1)
  },

  async 'its end, and its failure, are its own (Dapr: detached/failure; DG: DetachedWorkflow_NoCompletionFlowsBack)'(
    open,
  ) {
    async function starter(ctx: WorkflowContext): Promise<string> {
      ctx.scheduleNewWorkflow(broken)
      ctx.scheduleNewWorkflow(echo, 1)
      await ctx.waitForExternalEvent('end')
      return 'well'
    }
    const bench = await open({ workflows: { starter, broken, echo } })
    await bench.start('starter')
    expect(await bench.ended('starter-1')).toMatchObject({
      status: 'FAILED',
      failure: { errorType: 'RangeError', message: 'no stock' },
    })
    await bench.ended('starter-2')
    await bench.raise('starter', 'end')
    expect(await bench.ended('starter')).toMatchObject({ status: 'COMPLETED', output: 'well' })
  },

  async 'it has input, tags and time of its start, no parent, and an incarnation of its own (Dapr: detached/fields)'(
    open,
  ) {
    async function starter(ctx: WorkflowContext, startTime: number): Promise<string> {
      const tags = { team: 'blue' }
      return ctx.scheduleNewWorkflow(
        echo,
        { a: [1, null] },
        { instanceId: 'own', startTime: new Date(startTime), tags },
      )
    }
    const bench = await open({ workflows: { starter, echo } })
    const startAt = bench.host.now() + 3 * bench.shortMs
    expect(await bench.run('starter', startAt)).toMatchObject({ output: 'own' })
    const row = await bench.row('own')
    expect(row).toMatchObject({ name: 'echo', startAt, input: '{"a":[1,null]}', tags: { team: 'blue' } })
    expect(row.parent).toBeUndefined()
    expect(row.incarnation).not.toBe((await bench.row('starter')).incarnation)
    await bench.ended('own')
    const [first] = await bench.history('own')
    expect(first?.at).toBeGreaterThanOrEqual(startAt)
  },

  async 'terminating or purging the caller leaves it alone (Dapr: detached/terminate, detached/purge)'(open) {
    const bench = await open({ workflows: { caller, waiting } })
    await bench.start('caller')
    await bench.until('caller-1', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.terminate('caller'))
    expect(await bench.ended('caller')).toMatchObject({ status: 'TERMINATED' })
    await bench.host.pass(bench.management.purge('caller'))
    await bench.idle()
    expect(await bench.view('caller-1')).toMatchObject({ status: 'RUNNING' })
    await bench.raise('caller-1', 'go', 1)
    expect(await bench.ended('caller-1')).toMatchObject({ status: 'COMPLETED', output: 1 })
  },

  async 'every generation starts its own, each once (Dapr: detached/continueasnew, detached/replay)'(open) {
    async function rounds(ctx: WorkflowContext, round: number): Promise<string> {
      ctx.scheduleNewWorkflow(echo, round)
      await ctx.createTimer(0)
      const id = ctx.scheduleNewWorkflow(echo, -round)
      await ctx.createTimer(0)
      if (round < 3) ctx.continueAsNew(round + 1)
      return id
    }
    const bench = await open({ workflows: { rounds, echo } })
    expect(await bench.run('rounds', 1)).toMatchObject({ output: 'rounds:g3-2' })
    const ids = ['rounds-1', 'rounds-2', 'rounds:g2-1', 'rounds:g2-2', 'rounds:g3-1', 'rounds:g3-2']
    const outputs = []
    for (const id of ids) {
      outputs.push((await bench.ended(id)).output)
      expect(await bench.history(id)).toHaveLength(1)
    }
    expect(outputs).toEqual([1, -1, 2, -2, 3, -3])
  },

  async 'an id that somebody holds drops the start, which a line in the log tells, and the caller goes on (Dapr: reuseid/occupied/detached)'(
    open,
  ) {
    async function starter(ctx: WorkflowContext): Promise<string> {
      return ctx.scheduleNewWorkflow(echo, 'new', { instanceId: 'held' })
    }
    const bench = await open({ workflows: { starter, waiting, echo } })
    await bench.start('waiting', undefined, { instanceId: 'held' })
    await bench.until('held', ({ status }) => status === 'RUNNING')
    expect(await bench.run('starter')).toMatchObject({ status: 'COMPLETED', output: 'held' })
    await bench.idle()
    expect(await bench.view('held')).toMatchObject({ workflowName: 'waiting', status: 'RUNNING' })
    const dropped = bench.logger.lines.find(({ message }) => message.includes('A start was dropped'))
    expect(dropped).toMatchObject({ level: 'warn', fields: { instanceId: 'held', workflow: 'echo' } })
  },

  async 'an ended holder of the id is replaced'(open) {
    async function starter(ctx: WorkflowContext): Promise<string> {
      return ctx.scheduleNewWorkflow(echo, 'new', { instanceId: 'held' })
    }
    const bench = await open({ workflows: { starter, echo } })
    await bench.start('echo', 'old', { instanceId: 'held' })
    expect(await bench.ended('held')).toMatchObject({ output: 'old' })
    await bench.run('starter')
    await bench.until('held', ({ output }) => output === '"new"')
    expect(await bench.ended('held')).toMatchObject({ output: 'new' })
  },
}
