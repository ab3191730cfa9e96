// Restart: the same workflow and input once more.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

const echo = async (_ctx: WorkflowContext, input?: unknown) => input ?? 'nothing'

async function waiting(ctx: WorkflowContext, input?: unknown): Promise<unknown> {
  return [input, await ctx.waitForExternalEvent('go')]
}

async function restart(bench: Bench, instanceId: string, newInstanceId?: string): Promise<string> {
  const newId = newInstanceId === undefined ? {} : { newInstanceId }
  const restarted = await bench.host.pass(bench.management.restart({ instanceId, ...newId }))
  return restarted.instanceId
}

export const restartCases: Cases = {
  async 'a completed instance begins anew under its own id, with its input and its tags (MJ: restart/completed, restart/sameId, restart/inputPreserved)'(
    open,
  ) {
    let runs = 0
    const count = async (_ctx: ActivityContext) => ++runs
    const counting = async (ctx: WorkflowContext, input: unknown) => [input, await ctx.callActivity(count)]
    const bench = await open({ workflows: { counting }, activities: { count } })
    await bench.start('counting', { x: 1 }, { tags: { team: 'a' } })
    expect(await bench.ended('counting')).toMatchObject({ output: [{ x: 1 }, 1] })
    const before = await bench.row('counting')
    expect(await restart(bench, 'counting')).toBe('counting')
    expect(await bench.ended('counting')).toMatchObject({
      output: [{ x: 1 }, 2],
      input: '{"x":1}',
      tags: { team: 'a' },
    })
    expect((await bench.row('counting')).incarnation).not.toBe(before.incarnation)
  },

  async 'a failed instance can be restarted (MJ: restart/failed)'(open) {
    let isBroken = true
    async function fix(_ctx: ActivityContext, input: string): Promise<string> {
      if (isBroken) throw new Error('broken')
      return `${input} is fixed`
    }
    const fixing = async (ctx: WorkflowContext, input: string) => ctx.callActivity(fix, input)
    const bench = await open({ workflows: { fixing }, activities: { fix } })
    expect(await bench.run('fixing', 'it')).toMatchObject({ status: 'FAILED' })
    isBroken = false
    await restart(bench, 'fixing')
    expect(await bench.ended('fixing')).toMatchObject({ status: 'COMPLETED', output: 'it is fixed' })
    expect((await bench.view('fixing')).failure).toBeUndefined()
  },

  async 'a terminated instance can be restarted, and takes events of its new life alone (MJ: restart/terminated)'(
    open,
  ) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', 5)
    await bench.until('waiting', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.terminate('waiting'))
    await bench.ended('waiting')
    await restart(bench, 'waiting')
    await bench.until('waiting', ({ status }) => status === 'RUNNING')
    await bench.raise('waiting', 'go', 'again')
    expect(await bench.ended('waiting')).toMatchObject({ status: 'COMPLETED', output: [5, 'again'] })
  },

  async 'with a new id there are two instances, and the old one may still run (MJ: restart/newId)'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', 1, { instanceId: 'old' })
    await bench.until('old', ({ status }) => status === 'RUNNING')
    expect(await restart(bench, 'old', 'new')).toBe('new')
    await bench.raise('new', 'go', 'n')
    await bench.raise('old', 'go', 'o')
    expect(await bench.ended('new')).toMatchObject({ output: [1, 'n'], workflowName: 'waiting' })
    expect(await bench.ended('old')).toMatchObject({ output: [1, 'o'] })
  },

  async 'a new id that is taken is refused, and so is one that no start could have'(open) {
    const bench = await open({ workflows: { echo } })
    await bench.run('echo')
    await bench.start('echo', 2, { instanceId: 'other' })
    await bench.ended('other')
    const code = async (newInstanceId: string) =>
      bench.codeOf(bench.management.restart({ instanceId: 'echo', newInstanceId }))
    expect(await code('other')).toBe('ERR_START_WORKFLOW')
    expect(await code('a:b')).toBe('ERR_INSTANCE_ID_INVALID')
    expect(await bench.view('other')).toMatchObject({ output: '2' })
  },

  async 'an instance that runs is not restarted under its own id, nor one whose child runs (MJ: restart/runningRefused)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<string> {
      void ctx.callChildWorkflow(waiting, 1, { instanceId: 'child' })
      await ctx.waitForExternalEvent('end')
      return 'left it alone'
    }
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent')
    await bench.until('child', ({ status }) => status === 'RUNNING')
    const code = async () => bench.codeOf(bench.management.restart({ instanceId: 'parent' }))
    expect(await code()).toBe('ERR_RESTART_WORKFLOW')
    await bench.raise('parent', 'end')
    await bench.ended('parent')
    expect(await code()).toBe('ERR_RESTART_WORKFLOW')
    await bench.raise('child', 'go')
    await bench.ended('child')
    expect(await code()).toBeUndefined()
    await bench.raise('parent', 'end')
    expect(await bench.ended('parent')).toMatchObject({ output: 'left it alone' })
  },

  async 'an unknown instance cannot be restarted, nor a purged one (MJ: restart/unknown)'(open) {
    const bench = await open({ workflows: { echo } })
    const code = async () => bench.codeOf(bench.management.restart({ instanceId: 'echo' }))
    expect(await code()).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    await bench.run('echo')
    await bench.host.pass(bench.management.purge('echo'))
    expect(await code()).toBe('ERR_INSTANCE_ID_NOT_FOUND')
  },

  async 'a restart with a key is done once, and the key of the first start is still that of the same start'(
    open,
  ) {
    let runs = 0
    const count = async (_ctx: ActivityContext) => ++runs
    const counting = async (ctx: WorkflowContext) => ctx.callActivity(count)
    const bench = await open({ workflows: { counting }, activities: { count } })
    const again = async (idempotencyKey: string) => {
      await bench.host.pass(bench.management.restart({ instanceId: 'counting', idempotencyKey }))
      await bench.idle()
      return (await bench.ended('counting')).output
    }
    await bench.start('counting', undefined, { idempotencyKey: 'first' })
    expect(await bench.ended('counting')).toMatchObject({ output: 1 })
    expect(await again('k1')).toBe(2)
    expect(await again('k1')).toBe(2)
    await bench.start('counting', undefined, { idempotencyKey: 'first' })
    await bench.idle()
    expect((await bench.ended('counting')).output).toBe(2)
    expect(await again('k2')).toBe(3)
    const toNew = { instanceId: 'counting', newInstanceId: 'copy', idempotencyKey: 'k3' }
    for (const _ of [1, 2]) {
      await bench.host.pass(bench.management.restart(toNew))
      expect(await bench.ended('copy')).toMatchObject({ output: 4 })
    }
  },
}
