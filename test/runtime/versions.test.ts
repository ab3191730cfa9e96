// Deploys under running instances: patches, and several versions of one workflow.
import { expect, test } from 'vitest'
import { type ActivityContext, defineApp, versions, type WorkflowContext } from '../../src/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { replay } from '../../src/testing/index.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { deliver, Stage } from './stage.ts'

type Code = (ctx: WorkflowContext) => Promise<unknown>

const charge = async (_ctx: ActivityContext): Promise<string> => 'charged'
const activities = { charge }
const appOf = (order: Code): AppDefinition => ({ workflows: { order }, activities })

/** Waits, then says which way it took. */
const plain: Code = async (ctx) => {
  await ctx.waitForExternalEvent('go')
  return 'old'
}
const patched: Code = async (ctx) => {
  await ctx.waitForExternalEvent('go')
  return ctx.isPatched('fraud') ? 'new' : 'old'
}
/** Asks before anything else. */
const patchedEarly: Code = async (ctx) => {
  const isNew = ctx.isPatched('early')
  await ctx.waitForExternalEvent('go')
  return [isNew, ctx.isPatched('early')]
}
const plainEarly: Code = async (ctx) => [await ctx.waitForExternalEvent('go')]

async function begun(code: Code): Promise<{ stage: Stage; host: Runtime }> {
  const stage = new Stage()
  const host = stage.host(appOf(code))
  await stage.start(host, 'order')
  await deliver(host, stage.doorbell('start'))
  return { stage, host }
}

/** The instance goes on under other code. */
async function goesOn(stage: Stage, code: Code | AppDefinition): Promise<Runtime> {
  const host = stage.host(typeof code === 'function' ? appOf(code) : code)
  await stage.raise(host, 'order', 'go')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  return host
}

const output = async (stage: Stage): Promise<unknown> =>
  JSON.parse((await stage.row('order')).output ?? 'null')

test('an instance that comes to a patch under new code takes the new way (Dapr: patching/default; DG: WorkflowPatching_DefaultToPatched)', async () => {
  const { stage } = await begun(plain)
  await goesOn(stage, patched)
  expect(await output(stage)).toBe('new')
  expect((await stage.history('order')).at(-1)).toMatchObject({ patches: ['fraud'] })
})

test('one that is past it takes the old way, now and later (Dapr: patching/unpatched, patching/patching; DG: WorkflowPatching_RunUnpatchedVersion, WorkflowPatching_PatchRemembersToStayFalse)', async () => {
  const { stage } = await begun(plainEarly)
  await goesOn(stage, patchedEarly)
  expect(await output(stage)).toEqual([false, false])
})

test('an answer is kept when the instance is replayed (DG: WorkflowPatching_PatchPersistsAcrossReplays)', async () => {
  const { stage } = await begun(patchedEarly)
  expect(await stage.history('order')).toMatchObject([{ patches: ['early'] }])
  await goesOn(stage, patchedEarly)
  expect(await output(stage)).toEqual([true, true])
  const episodes = await stage.history('order')
  expect(await replay(defineApp(appOf(patchedEarly)), { episodes })).toMatchObject({ ok: true })
})

test('several patches are told apart (Dapr: patching/multiple; DG: WorkflowPatching_MultiplePatches)', async () => {
  const one: Code = async (ctx) => {
    const first = ctx.isPatched('one')
    await ctx.waitForExternalEvent('go')
    return first
  }
  const two: Code = async (ctx) => {
    const first = [ctx.isPatched('one'), ctx.isPatched('two')]
    await ctx.waitForExternalEvent('go')
    return [...first, ctx.isPatched('three')]
  }
  const { stage } = await begun(one)
  await goesOn(stage, two)
  expect(await output(stage)).toEqual([true, false, true])
})

test('a new generation asks anew (Dapr: patching/continueasnew; DG: WorkflowPatching_ContinueAsNewDoNotCarryOverChoices)', async () => {
  const loop = (asks: boolean): AppDefinition => ({
    workflows: {
      async order(ctx: WorkflowContext, seen: unknown[] = []): Promise<unknown[]> {
        const next = [...seen, asks ? ctx.isPatched('loop') : 'not asked']
        await ctx.waitForExternalEvent('go')
        if (next.length < 3) ctx.continueAsNew(next)
        return [...next.slice(0, -1), asks ? ctx.isPatched('loop') : 'not asked']
      },
    },
  })
  const stage = new Stage()
  const old = stage.host(loop(false))
  await stage.start(old, 'order')
  await deliver(old, stage.doorbell('start'))
  for (let round = 0; round < 3; round++) await goesOn(stage, loop(true))
  expect(await output(stage)).toEqual([false, true, true])
})

test('code that has lost a patch stalls the instance, and goes on when it is back (Dapr: patching/stalled/patchmissing, patching/stalled/recoverclient)', async () => {
  const { stage } = await begun(patchedEarly)
  const host = await goesOn(stage, plainEarly)
  const view = await stage.view(host, 'order')
  expect(view).toMatchObject({ status: 'STALLED', failure: { code: 'PATCH_MISMATCH' } })
  expect(view.failure?.message).toContain("patch 'early' was applied")
  const right = stage.host(appOf(patchedEarly))
  await right.recoverStalled()
  await deliver(right, stage.message('nudge'))
  expect(await stage.row('order')).toMatchObject({ status: 'COMPLETED', output: '[true,true]' })
})

test.each(['', 'x'.repeat(257), 7])('the name of a patch must make sense (%s)', async (name) => {
  const { stage } = await begun(async (ctx) => ctx.isPatched(name as string))
  expect(await stage.row('order')).toMatchObject({ status: 'FAILED', failure: { code: 'INVALID_ARGUMENT' } })
})

const v1: Code = async (ctx) => {
  await ctx.waitForExternalEvent('go')
  return 'v1'
}
const v2: Code = async (ctx) => {
  await ctx.callActivity(charge)
  return 'v2'
}
const both: AppDefinition = { workflows: { order: versions({ v1, v2 }) }, activities }

test('a new instance takes the latest version, a running one stays on its own (Dapr: versioning/versioning)', async () => {
  const stage = new Stage()
  const old = stage.host({ workflows: { order: versions({ v1 }) } })
  await stage.start(old, 'order')
  await deliver(old, stage.doorbell('start'))
  const host = await goesOn(stage, both)
  expect(await output(stage)).toBe('v1')
  stage.deliverTo(host)
  await stage.start(host, 'order', undefined, { instanceId: 'next' })
  expect(await stage.ended('next')).toMatchObject({ output: '"v2"' })
  expect((await stage.history('next'))[0]?.events[0]).toMatchObject({ version: 'v2' })
})

test('an instance from before there were versions runs on the first', async () => {
  const { stage } = await begun(v1)
  await goesOn(stage, both)
  expect(await output(stage)).toBe('v1')
})

test('a version that is gone stalls the instance until it is back (Dapr: versioning/stalled/notavailable, versioning/stalled/recoverclient)', async () => {
  const stage = new Stage()
  const old = stage.host({ workflows: { order: versions({ v1 }) } })
  await stage.start(old, 'order')
  await deliver(old, stage.doorbell('start'))
  const host = await goesOn(stage, { workflows: { order: versions({ v2 }) }, activities })
  expect(await stage.view(host, 'order')).toMatchObject({
    status: 'STALLED',
    failure: { code: 'VERSION_NOT_AVAILABLE', message: expect.stringContaining("Version 'v1'") as string },
  })
  const right = stage.host(both)
  await right.recoverStalled()
  await deliver(right, stage.message('nudge'))
  expect(await output(stage)).toBe('v1')
})

test('a workflow is told its version, and none where it has none (MJ: versioning/ctx.version)', async () => {
  const told: Code = async (ctx) => ctx.version ?? 'none'
  for (const [order, said] of [
    [versions({ v1: plain, v2: told }), '"v2"'],
    [told, '"none"'],
  ] as const) {
    const stage = new Stage()
    const host = stage.host({ workflows: { order } })
    stage.deliverTo(host)
    await stage.start(host, 'order')
    expect(await stage.ended('order')).toMatchObject({ output: said })
  }
})

test('the version is kept by continue-as-new', async () => {
  const loop = (name: string) => async (ctx: WorkflowContext, round: number) => {
    await ctx.waitForExternalEvent('go')
    if (round < 2) ctx.continueAsNew(round + 1)
    return name
  }
  const stage = new Stage()
  const old = stage.host({ workflows: { order: versions({ v1: loop('v1') }) } })
  await stage.start(old, 'order', 1)
  await deliver(old, stage.doorbell('start'))
  for (let round = 0; round < 2; round++)
    await goesOn(stage, { workflows: { order: versions({ v1: loop('v1'), v2: loop('v2') }) } })
  expect(await output(stage)).toBe('v1')
})

test('the latest version may be another than the last, and a child takes it too (Dapr: versioning/default)', async () => {
  const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(v2)
  const stage = new Stage()
  const host = stage.host({ workflows: { parent, order: versions({ v1, v2, v3: plain }, 'v2') }, activities })
  stage.deliverTo(host)
  await stage.start(host, 'parent')
  expect(await stage.ended('parent')).toMatchObject({ output: '"v2"' })
})

test('versions need names, and a latest one that is among them', () => {
  expect(() => versions({})).toThrow('A version needs a name')
  expect(() => versions({ '1': v1 })).toThrow('A version needs a name')
  expect(() => versions({ v1 }, 'v9')).toThrow("'v9' is none of v1")
  expect(() => defineApp({ workflows: { order: versions({ v1: 7 as never }) } })).toThrow(
    'must be a function',
  )
})
