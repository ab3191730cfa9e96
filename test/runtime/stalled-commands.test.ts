// A stalled instance takes every command, where Dapr refuses them until the code is back: nothing that came meanwhile is lost.
import { expect, test } from 'vitest'
import { versions, type WorkflowContext } from '../../src/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { deliver, Stage } from './stage.ts'

const waits = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')

async function patched(ctx: WorkflowContext): Promise<unknown> {
  ctx.isPatched('early')
  return ctx.waitForExternalEvent('go')
}

const other = async (ctx: WorkflowContext) => ctx.callChildWorkflow('other')

interface Stall {
  readonly what: string
  readonly code: string
  readonly fits: AppDefinition
  readonly wrong: AppDefinition
}

const stalls: readonly Stall[] = [
  {
    what: 'that has lost a patch',
    code: 'PATCH_MISMATCH',
    fits: { workflows: { order: patched } },
    wrong: { workflows: { order: waits } },
  },
  {
    what: 'whose version is gone',
    code: 'VERSION_NOT_AVAILABLE',
    fits: { workflows: { order: versions({ v1: waits }) } },
    wrong: { workflows: { order: versions({ v2: waits }) } },
  },
]

async function stalled({ fits, wrong: misfit, code }: Stall) {
  const stage = new Stage()
  const host = stage.host(fits)
  await stage.start(host, 'order')
  await deliver(host, stage.doorbell('start'))
  const wrong = stage.host(misfit)
  await stage.raise(wrong, 'order', 'note')
  await deliver(wrong, stage.doorbell())
  expect(await stage.view(wrong, 'order')).toMatchObject({ status: 'STALLED', failure: { code } })
  return { stage, wrong }
}

/** The code is back. */
async function recovered(stage: Stage, { fits }: Stall): Promise<Runtime> {
  const host = stage.host(fits)
  await host.recoverStalled()
  await deliver(host, stage.message('nudge'))
  return host
}

test.each(stalls)(
  'an event for an instance $what is kept, and taken when the code is back (Dapr: patching/stalled/raiseevent, versioning/stalled/raiseevent; DG: runtimestate/stalled_set, runtimestate/stalled_cleared)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    await stage.raise(wrong, 'order', 'go', 'now')
    expect(await deliver(wrong, stage.doorbell())).toEqual([true])
    expect(await stage.view(wrong, 'order')).toMatchObject({ status: 'STALLED' })
    await recovered(stage, stall)
    expect(await stage.row('order')).toMatchObject({ status: 'COMPLETED', output: '"now"' })
  },
)

test.each(stalls)(
  'an instance $what may be suspended and resumed; it is as it was told when the code is back (Dapr: patching/stalled/suspend, patching/stalled/resume, versioning/stalled/suspend, versioning/stalled/resume)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    await wrong.management.suspend('order')
    expect(await deliver(wrong, stage.doorbell())).toEqual([true])
    expect(await stage.view(wrong, 'order')).toMatchObject({ status: 'STALLED' })
    const host = await recovered(stage, stall)
    expect(await stage.view(host, 'order')).toMatchObject({ status: 'SUSPENDED' })
    await stage.raise(wrong, 'order', 'go', 'now')
    await deliver(wrong, stage.doorbell())
    expect(await stage.view(wrong, 'order')).toMatchObject({ status: 'STALLED' })
    await wrong.management.resume('order')
    await deliver(wrong, stage.doorbell())
    await recovered(stage, stall)
    expect(await stage.row('order')).toMatchObject({ status: 'COMPLETED', output: '"now"' })
  },
)

test.each(stalls)(
  'an instance $what may be terminated at once, whatever code there is (Dapr: patching/stalled/terminate, versioning/stalled/terminate)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    await wrong.management.terminate('order', '"enough"')
    expect(await deliver(wrong, stage.doorbell())).toEqual([true])
    expect(await stage.row('order')).toMatchObject({ status: 'TERMINATED', output: '"enough"' })
  },
)

test.each(stalls)(
  'an instance $what has not ended, so a plain purge is refused (Dapr: patching/stalled/purge, versioning/stalled/purge)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    const purge = wrong.management.purge('order')
    await expect(purge).rejects.toMatchObject({ code: 'ERR_PURGE_WORKFLOW' })
    await recovered(stage, stall)
    expect(await stage.view(wrong, 'order')).toMatchObject({ status: 'RUNNING' })
  },
)

test.each(stalls)(
  'an instance $what that is tried again and again for the same reason grows by nothing (Dapr: patching/stalled/uniquestalledevent, versioning/stalled/uniquestalledevent; DG: runtimestate/stalled_preserved)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    const before = [await stage.history('order'), await stage.inbox('order')]
    for (let times = 0; times < 3; times++) {
      await wrong.recoverStalled()
      expect(await deliver(wrong, stage.message('nudge'))).toEqual([true])
    }
    expect([await stage.history('order'), await stage.inbox('order')]).toEqual(before)
  },
)

test.each(stalls)(
  'the reason of an instance $what is that of the code which tried last; its history says nothing of it (Dapr: patching/stalled/amenderror, patching/stalled/allowduplicatedevents, versioning/stalled/amenderror; DG: runtimestate/stalled_replaced)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    const before = await stage.history('order')
    const unknown = stage.host({ workflows: { other } })
    for (const [host, code] of [
      [unknown, 'WORKFLOW_NOT_REGISTERED'],
      [wrong, stall.code],
      [unknown, 'WORKFLOW_NOT_REGISTERED'],
    ] as const) {
      await host.recoverStalled()
      await deliver(host, stage.message('nudge'))
      expect(await stage.view(wrong, 'order')).toMatchObject({ failure: { code } })
    }
    expect(await stage.history('order')).toEqual(before)
    await recovered(stage, stall)
    expect(await stage.view(wrong, 'order')).toMatchObject({ status: 'RUNNING' })
  },
)

test.each(stalls)(
  'among hosts of which only one has the code, an instance $what goes on there (Dapr: patching/stalled/upgradereplica, loadbalance/stalled/base, loadbalance/stalled/manyclients, loadbalance/stalled/workermigrate, loadbalance/stalled/workersubset)',
  async (stall) => {
    const { stage, wrong } = await stalled(stall)
    const upgraded = stage.host(stall.fits)
    stage.deliverTo(wrong, stage.host(stall.wrong), upgraded)
    await stage.raise(wrong, 'order', 'go', 'now')
    await stage.rest()
    // What a misfit has acknowledged is rung for again by the sweeper, or by the next host that starts.
    for (let times = 0; times < 3 && (await stage.row('order')).status !== 'COMPLETED'; times++) {
      await upgraded.recoverStalled()
      await stage.rest()
    }
    expect(await stage.row('order')).toMatchObject({ status: 'COMPLETED', output: '"now"' })
  },
)

test('patches that are asked for in another order get the answers that they had: nothing needs to stall (Dapr: patching/stalled/patchorder)', async () => {
  const inOrder = (names: readonly string[]) => async (ctx: WorkflowContext) => {
    const answers = new Map(names.map((name) => [name, ctx.isPatched(name)]))
    await ctx.waitForExternalEvent('go')
    return [answers.get('one'), answers.get('two')]
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { order: inOrder(['one', 'two']) } })
  await stage.start(host, 'order')
  await deliver(host, stage.doorbell('start'))
  const swapped = stage.host({ workflows: { order: inOrder(['two', 'one']) } })
  await stage.raise(swapped, 'order', 'go')
  await deliver(swapped, stage.doorbell())
  expect(await stage.row('order')).toMatchObject({ status: 'COMPLETED', output: '[true,true]' })
})
