// Ids that are held by what descends from their last instance, and when they are free again.

import { expect } from 'vitest'
import type { WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

const echo = async (_ctx: WorkflowContext, input?: unknown) => input ?? 'nothing'
const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

/** Ends while its child waits on. */
async function leaving(ctx: WorkflowContext): Promise<string> {
  void ctx.callChildWorkflow(waiting, undefined, { instanceId: 'left' })
  await ctx.createTimer(0)
  return 'left it alone'
}

const startCode = async (bench: Bench, instanceId: string, idempotencyKey: string) =>
  bench.codeOf(bench.management.start({ workflowName: 'echo', instanceId, idempotencyKey }))

export const takenIdCases: Cases = {
  async 'a descendant that was purged, or has ended, holds no id (Dapr: reuseid/purgedchild)'(open) {
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(echo, 1, { instanceId: 'child' })
    const bench = await open({ workflows: { parent, leaving, waiting, echo } })
    await bench.run('parent')
    await bench.host.pass(bench.management.purge('child'))
    expect(await startCode(bench, 'parent', 'k1')).toBeUndefined()
    expect(await bench.ended('parent')).toMatchObject({ workflowName: 'echo', output: 'nothing' })
    await bench.run('leaving')
    await running(bench, 'left')
    expect(await startCode(bench, 'leaving', 'k2')).toBe('ERR_START_WORKFLOW')
    await bench.host.pass(bench.management.purge('left', { force: true }))
    expect(await startCode(bench, 'leaving', 'k3')).toBeUndefined()
  },

  async 'an instance that was terminated without its children keeps its id until they have ended (Dapr: reuseid/terminated)'(
    open,
  ) {
    const parent = async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow(waiting, undefined, { instanceId: 'child' })
    const bench = await open({ workflows: { parent, waiting, echo } })
    await bench.start('parent')
    await running(bench, 'child')
    await bench.host.pass(bench.management.terminate('parent', undefined, { recursive: false }))
    expect(await bench.ended('parent')).toMatchObject({ status: 'TERMINATED' })
    await bench.idle()
    expect(await bench.view('child')).toMatchObject({ status: 'RUNNING' })
    expect(await startCode(bench, 'parent', 'k1')).toBe('ERR_START_WORKFLOW')
    expect(await bench.view('parent')).toMatchObject({ status: 'TERMINATED' })
    await bench.raise('child', 'go')
    await bench.ended('child')
    expect(await startCode(bench, 'parent', 'k2')).toBeUndefined()
    expect(await bench.ended('parent')).toMatchObject({ workflowName: 'echo', status: 'COMPLETED' })
  },

  async 'an ended stranger with a live descendant holds its id against a child too, until that has ended (Dapr: reuseid/occupied/subtree)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      try {
        return await ctx.callChildWorkflow(echo, 'new', { instanceId: 'leaving' })
      } catch (error) {
        return (error as { failure: { code: string } }).failure.code
      }
    }
    const bench = await open({ workflows: { parent, leaving, waiting, echo } })
    await bench.run('leaving')
    await running(bench, 'left')
    expect(await bench.run('parent')).toMatchObject({ output: 'CHILD_NOT_STARTED' })
    expect(await bench.view('leaving')).toMatchObject({ output: '"left it alone"' })
    await bench.raise('left', 'go', 'on')
    expect(await bench.ended('left')).toMatchObject({ status: 'COMPLETED', output: 'on' })
    await bench.start('parent', undefined, { instanceId: 'second' })
    expect(await bench.ended('second')).toMatchObject({ output: 'new' })
    expect(await bench.ended('leaving')).toMatchObject({ workflowName: 'echo', output: 'new' })
  },

  async 'it drops a start that nobody waits for'(open) {
    async function starter(ctx: WorkflowContext): Promise<string> {
      return ctx.scheduleNewWorkflow(echo, 'new', { instanceId: 'leaving' })
    }
    const bench = await open({ workflows: { starter, leaving, waiting, echo } })
    await bench.run('leaving')
    await running(bench, 'left')
    expect(await bench.run('starter')).toMatchObject({ status: 'COMPLETED' })
    await bench.idle()
    expect(await bench.view('leaving')).toMatchObject({ workflowName: 'leaving', output: '"left it alone"' })
  },
}
