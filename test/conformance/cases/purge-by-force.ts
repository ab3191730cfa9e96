// Purges by force: whatever an instance does, it is gone afterwards, and whoever waits for it hears of that.

import { expect } from 'vitest'
import type { WorkflowContext } from '../../../src/index.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

async function force(bench: Bench, id: string, recursive = true): Promise<void> {
  await bench.host.pass(bench.management.purge(id, { force: true, recursive }))
  expect(await bench.host.pass(bench.management.get(id))).toBeUndefined()
}

export const purgeByForceCases: Cases = {
  async 'an instance that waits is purged by force, and its id is free (Dapr: purge/force/base)'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await force(bench, 'waiting')
    expect((await bench.host.store.list({ limit: 10 })).instances).toEqual([])
    await bench.start('waiting')
    await bench.raise('waiting', 'go', 'second')
    expect(await bench.ended('waiting')).toMatchObject({ output: 'second' })
  },

  async 'in the middle of an activity: what it brings later is dropped (Dapr: purge/force/midexecution)'(
    open,
  ) {
    const [begun, held] = [gate(), gate()]
    const after: string[] = []
    async function slow(): Promise<void> {
      begun.open()
      await held.passed
    }
    const note = async () => void after.push('went on')
    async function two(ctx: WorkflowContext): Promise<void> {
      await ctx.callActivity(slow)
      await ctx.callActivity(note)
    }
    const bench = await open({ workflows: { two }, activities: { slow, note } })
    await bench.start('two')
    await bench.host.pass(begun.passed)
    await force(bench, 'two')
    held.open()
    await bench.idle()
    expect(after).toEqual([])
    expect(await bench.host.pass(bench.management.get('two'))).toBeUndefined()
  },

  async 'in the middle of an inline activity too: its host loses the instance and writes nothing'(open) {
    const [begun, held] = [gate(), gate()]
    async function slow(): Promise<void> {
      begun.open()
      await held.passed
    }
    const one = async (ctx: WorkflowContext) => ctx.callActivity(slow, undefined, { inline: true })
    const bench = await open({ workflows: { one }, activities: { slow } })
    await bench.start('one')
    await bench.host.pass(begun.passed)
    await force(bench, 'one')
    held.open()
    await bench.idle()
    expect(await bench.host.pass(bench.management.get('one'))).toBeUndefined()
  },

  async 'a parent hears of a failure when the child that it waits for is purged by force, and may catch it'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      try {
        return await ctx.callChildWorkflow(waiting, undefined, { instanceId: 'child' })
      } catch (error) {
        return (error as Error).message
      }
    }
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent')
    await running(bench, 'child')
    await force(bench, 'child')
    expect(await bench.ended('parent')).toMatchObject({
      status: 'COMPLETED',
      output: expect.stringContaining('was terminated') as string,
    })
    await bench.idle()
    expect(await bench.host.pass(bench.management.get('child'))).toBeUndefined()
  },

  async 'children, and theirs, are purged by force with their parent, unless it is told not to'(open) {
    const middle = async (ctx: WorkflowContext, id: string) =>
      ctx.callChildWorkflow(waiting, undefined, { instanceId: `${id}-leaf` })
    const top = async (ctx: WorkflowContext, id: string) =>
      ctx.callChildWorkflow(middle, id, { instanceId: `${id}-middle` })
    const bench = await open({ workflows: { top, middle, waiting } })
    for (const id of ['a', 'b']) {
      await bench.start('top', id, { instanceId: id })
      await running(bench, `${id}-leaf`)
    }
    await force(bench, 'a')
    await bench.idle()
    for (const id of ['a-middle', 'a-leaf'])
      expect(await bench.host.pass(bench.management.get(id))).toBeUndefined()
    await force(bench, 'b', false)
    await bench.raise('b-leaf', 'go', 1)
    expect(await bench.ended('b-middle')).toMatchObject({ status: 'COMPLETED', output: 1 })
  },

  async 'a suspended instance, one that is to start later and one that has ended are purged alike'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', 1, { instanceId: 'suspended' })
    await running(bench, 'suspended')
    await bench.host.pass(bench.management.suspend('suspended'))
    await bench.until('suspended', ({ status }) => status === 'SUSPENDED')
    const startAt = bench.host.now() + 3_600_000
    await bench.start('waiting', 2, { instanceId: 'later', startAt })
    await bench.start('waiting', 3, { instanceId: 'ended' })
    await bench.raise('ended', 'go')
    await bench.ended('ended')
    for (const id of ['suspended', 'later', 'ended']) await force(bench, id)
  },

  async 'an unknown instance cannot be purged by force either (Dapr: purge/force/notexists)'(open) {
    const bench = await open({ workflows: { waiting } })
    const purge = async () => bench.codeOf(bench.management.purge('waiting', { force: true }))
    expect(await purge()).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    await bench.start('waiting')
    expect(await purge()).toBeUndefined()
    expect(await purge()).toBe('ERR_INSTANCE_ID_NOT_FOUND')
  },
}
