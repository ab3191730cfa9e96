// Who has an id: attempts of one call, and lives that come after each other.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

/** Waits for `go` and gives back what it brings. */
const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')

const running = async (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

/** A child that fails twice before it succeeds. */
function flaky() {
  let runs = 0
  const count = async (_ctx: ActivityContext) => ++runs
  async function child(ctx: WorkflowContext): Promise<number> {
    const run = await ctx.callActivity(count)
    if (run < 3) throw new Error(`run ${run}`)
    return run
  }
  return { count, child }
}

const threeTimes = (ms: number) => ({ firstRetryInterval: ms / 1000, maxNumberOfAttempts: 3 })

export const childIdCases: Cases = {
  async 'a child that is tried again names the instance of its first attempt, and so does the history of its parent (DG: runtimestate/CreateChild_RetryLink)'(
    open,
  ) {
    const { count, child } = flaky()
    const parent = async (ctx: WorkflowContext, ms: number) =>
      ctx.callChildWorkflow(child, undefined, { retry: threeTimes(ms) })
    const bench = await open({ workflows: { parent, child }, activities: { count } })
    expect(await bench.run('parent', bench.shortMs)).toMatchObject({ output: 3 })
    const first = await bench.view('parent:0001')
    expect(first).toMatchObject({ parentInstanceId: 'parent', status: 'FAILED' })
    expect(first).not.toHaveProperty('retryOf')
    for (const [id, attempt] of [
      ['parent:0003', 2],
      ['parent:0005', 3],
    ] as const)
      expect(await bench.view(id)).toMatchObject({
        parentInstanceId: 'parent',
        retryOf: { instanceId: 'parent:0001', attempt },
      })
    const asked = (await bench.history('parent')).flatMap(({ commands }) =>
      commands.flatMap((command) => (command.kind === 'createChild' ? [command.retry?.firstInstanceId] : [])),
    )
    expect(asked).toEqual([undefined, 'parent:0001', 'parent:0001'])
  },

  async 'attempts of a child with a given id follow each other under it, and tell which they are'(open) {
    const { count, child } = flaky()
    const parent = async (ctx: WorkflowContext, ms: number) =>
      ctx.callChildWorkflow(child, undefined, { instanceId: 'child', retry: threeTimes(ms) })
    const bench = await open({ workflows: { parent, child }, activities: { count } })
    expect(await bench.run('parent', bench.shortMs)).toMatchObject({ output: 3 })
    expect(await bench.ended('child')).toMatchObject({
      status: 'COMPLETED',
      retryOf: { instanceId: 'child', attempt: 3 },
    })
  },

  async 'what a child brings is nobody’s once its parent was purged, whoever has the id of the parent then (MJ: id reuse/stale completion)'(
    open,
  ) {
    const parent = async (ctx: WorkflowContext, child: string) =>
      ctx.callChildWorkflow(waiting, undefined, { instanceId: child })
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent', 'old')
    await running(bench, 'old')
    await bench.host.pass(bench.management.terminate('parent', undefined, { recursive: false }))
    await bench.ended('parent')
    await bench.host.pass(bench.management.purge('parent', { recursive: false }))
    await bench.start('parent', 'new')
    await running(bench, 'new')
    await bench.raise('old', 'go', 'of the old life')
    expect(await bench.ended('old')).toMatchObject({ output: 'of the old life' })
    await bench.idle()
    expect(await bench.view('parent')).toMatchObject({ status: 'RUNNING' })
    await bench.raise('new', 'go', 'of the new life')
    expect(await bench.ended('parent')).toMatchObject({ output: 'of the new life' })
  },

  async 'a parent whose child makes way for another run of its id hears of a failure, and of nothing that the other brings (MJ: id reuse/replaced child)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      const child = ctx.callChildWorkflow(waiting, undefined, { instanceId: 'child' })
      const outcome = await child.catch((error: unknown) => (error as Error).message.split('failed: ')[1])
      await ctx.waitForExternalEvent('go')
      return outcome
    }
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent')
    await running(bench, 'child')
    await bench.host.pass(bench.management.purge('child', { force: true }))
    await bench.start('waiting', undefined, { instanceId: 'child' })
    await bench.raise('child', 'go', 'of another run')
    const another = await bench.ended('child')
    expect(another).toMatchObject({ output: 'of another run' })
    expect(another).not.toHaveProperty('parentInstanceId')
    await bench.raise('parent', 'go')
    expect(await bench.ended('parent')).toMatchObject({ output: 'The child workflow was terminated.' })
  },
}
