// Inline activities that share commits run before they are committed. When their host dies they run again, under the same number: whatever
// can make the code go on in between ends the sharing.
import { expect, test } from 'vitest'
import { activity, type ActivityContext, type WorkflowContext } from '../../src/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { deliver, Stage } from './stage.ts'

const inline = { commitEvery: 10 }
const leaseMs = 60_000

/** What goes on beside the inline activities, by what it waits for. */
const beside = {
  nothing: async () => {},
  event: async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go'),
  timer: async (ctx: WorkflowContext) => ctx.createTimer(30),
  activity: async (ctx: WorkflowContext) => ctx.callActivity('queued', 7),
  child: async (ctx: WorkflowContext) => ctx.callChildWorkflow('small'),
} as const

interface Watch {
  /** What each key was used for. */
  readonly calls: Map<string, Set<string>>
  /** Runs until one takes its host along. */
  runsLeft: number
}

function appOf(watch: Watch): AppDefinition {
  const note = (ctx: ActivityContext, input: unknown): void => {
    const calls = watch.calls.get(ctx.idempotencyKey) ?? new Set()
    watch.calls.set(ctx.idempotencyKey, calls.add(`${ctx.name} ${JSON.stringify(input)}`))
  }
  const step = activity(
    async (ctx: ActivityContext, n: number): Promise<number> => {
      note(ctx, n)
      return watch.runsLeft-- === 1 ? new Promise(() => {}) : n + 1
    },
    { inline },
  )
  const queued = async (ctx: ActivityContext, n: number) => note(ctx, n)
  const other = activity(async (ctx: ActivityContext, n: number) => note(ctx, n), { inline })
  const failing = activity(
    async (_ctx: ActivityContext, _n: number): Promise<void> => {
      throw new Error('not today')
    },
    { inline },
  )
  const small = async () => {}
  async function steps(ctx: WorkflowContext, what: keyof typeof beside): Promise<void> {
    const branch = beside[what](ctx).then(() => what !== 'nothing' && ctx.callActivity(other, 100))
    let n = 0
    while (n < 5) n = await ctx.callActivity(step, n)
    await branch
  }
  async function undone(ctx: WorkflowContext): Promise<void> {
    await ctx.callActivity(queued, 1, { rollback: { activity: queued, input: -1 } })
    let n = 0
    while (n < 5) n = await ctx.callActivity(step, n)
    await ctx.waitForExternalEvent('go')
  }
  async function caught(ctx: WorkflowContext): Promise<void> {
    await ctx.callActivity(failing, 0).catch(() => {})
    for (const n of [1, 2, 3]) await ctx.callActivity(step, n)
  }
  return { workflows: { steps, undone, caught, small }, activities: { step, queued, other, failing } }
}

/** The host dies in its k-th run; then comes what comes, and another one goes on. */
async function interrupted(
  workflow: string,
  input: unknown,
  k: number,
  then: (stage: Stage) => Promise<void>,
) {
  const stage = new Stage()
  const watch: Watch = { calls: new Map(), runsLeft: k }
  const app = appOf(watch)
  const dying = stage.host(app)
  stage.deliverTo(dying)
  await stage.start(dying, workflow, input)
  await stage.clock.runUntil(() => watch.runsLeft === 0, 20_000)
  await then(stage)
  stage.deliverTo(stage.host(app))
  await stage.rest(10 * leaseMs)
  return { stage, names: [...watch.calls.values()].map((calls) => [...calls]) }
}

const cases = Object.keys(beside).flatMap((what) => [2, 3, 4, 5].map((k) => [what, k] as const))

test.each(cases)(
  'beside a branch that waits for %s, and with a host that dies in run %i, a key names one call',
  async (what, k) => {
    const { stage, names } = await interrupted('steps', what, k, async (each) => {
      await each.raise(each.host({ workflows: {} }), 'steps', 'go')
    })
    expect(await stage.row('steps')).toMatchObject({ status: 'COMPLETED' })
    expect(names.filter((calls) => calls.length > 1)).toEqual([])
  },
)

test.each([2, 3, 4, 5])('a rollback takes no key of run %i, which was lost', async (k) => {
  const { stage, names } = await interrupted('undone', undefined, k, async (each) => {
    await each.host({ workflows: {} }).management.terminate('undone')
  })
  expect(await stage.row('undone')).toMatchObject({ status: 'TERMINATED' })
  expect(names.filter((calls) => calls.length > 1)).toEqual([])
  expect(names.flat()).toContain('queued -1')
})

test.each([
  ['nothing', 2],
  ['event', 6],
  ['timer', 6],
  ['child', 6],
])('five inline activities beside a branch that waits for %s cost %i commits', async (what, commits) => {
  const stage = new Stage()
  const host = stage.host(appOf({ calls: new Map(), runsLeft: 100 }))
  await stage.start(host, 'steps', what)
  await deliver(host, stage.doorbell('start'))
  await settle()
  expect(await stage.history('steps')).toHaveLength(commits)
})

test('what follows from a failure is committed before it runs: run again, it may succeed', async () => {
  const stage = new Stage()
  const host = stage.host(appOf({ calls: new Map(), runsLeft: 100 }))
  await stage.start(host, 'caught')
  await deliver(host, stage.doorbell('start'))
  await settle()
  const asked = (await stage.history('caught')).map(({ commands }) => commands.map(({ seq }) => seq))
  expect(asked).toEqual([[1], [2], [3, 4]])
})
