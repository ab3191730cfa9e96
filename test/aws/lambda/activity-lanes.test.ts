import { expect, test } from 'vitest'
import { activityHandler, orchestratorHandler } from '../../../src/aws/index.ts'
import { handleInLanes, type LanesHost } from '../../../src/aws/lambda/activity-lanes.ts'
import type { ActivityContext, CallActivityOptions, WorkflowContext } from '../../../src/index.ts'
import type { ActivityMessage, Delivery, Message } from '../../../src/runtime/messages.ts'
import { activity, defineApp } from '../../../src/workflow/app.ts'
import { silentLogger } from '../../../src/workflow/logger.ts'
import { connect, createWorld } from './support.ts'

const app = defineApp({
  workflows: {},
  activities: { free: () => {}, narrow: activity(() => {}, { maxConcurrency: 2 }) },
})

function batchOf(...names: readonly string[]): readonly Delivery<ActivityMessage>[] {
  return names.map((name, at) => ({ message: messageOf(name, at), receiveCount: 1 }))
}

function messageOf(name: string, at: number): ActivityMessage {
  const key = { instanceId: `instance ${at}`, incarnation: 'incarnation' }
  return {
    v: 1,
    kind: 'activity',
    token: `${at}`,
    ...key,
    generation: 0,
    seq: 1,
    firstSeq: 1,
    attempt: 1,
    name,
  }
}

/** A host whose rounds take a while each. */
function hostWith({ remainingMs = 60_000, roundMs = 10_000, fails = false, isQueueGone = false } = {}) {
  let left = remainingMs
  const rounds: string[][] = []
  const bounds: (number | undefined)[] = []
  const requeued: Message[] = []
  const host: LanesHost = {
    app,
    remainingTimeMs: () => left,
    handle: async (batch) => {
      rounds.push(batch.map(({ message }) => ('name' in message ? message.name : '')))
      bounds.push(...batch.map(({ mayRunMs }) => mayRunMs))
      await Promise.resolve()
      left -= roundMs
      return new Set(fails ? [] : batch)
    },
    requeue: async (messages) => {
      if (isQueueGone) throw new Error('out of reach')
      requeued.push(...messages)
    },
    logger: silentLogger,
  }
  return { host, rounds, bounds, requeued }
}

test('what may run at once runs at once, and the rest in rounds of its size', async () => {
  const { host, rounds } = hostWith()
  const batch = batchOf('free', 'narrow', 'free', 'narrow', 'narrow')
  expect(await handleInLanes(batch, host)).toEqual(new Set(batch))
  expect(rounds).toEqual([['free', 'free'], ['narrow', 'narrow'], ['narrow']])
})

test('what there is no time for goes back to the queue, and does not count as delivered in vain', async () => {
  const { host, rounds, requeued } = hostWith({ roundMs: 40_000 })
  const batch = batchOf('narrow', 'narrow', 'narrow', 'narrow', 'narrow')
  expect(await handleInLanes(batch, host)).toEqual(new Set(batch))
  expect(rounds).toEqual([['narrow', 'narrow']])
  expect(requeued).toEqual(batch.slice(2).map(({ message }) => message))
})

test('one whose own timeout does not fit any more waits, however short it may be', async () => {
  const { host, rounds } = hostWith({ roundMs: 10_000 })
  const batch = batchOf('narrow', 'narrow', 'narrow').map((delivery) => ({
    ...delivery,
    message: { ...delivery.message, timeoutMs: 50_000 },
  }))
  await handleInLanes(batch, host)
  expect(rounds).toHaveLength(1)
})

test('what cannot be sent again is not done; what has run is', async () => {
  const { host } = hostWith({ roundMs: 40_000, isQueueGone: true })
  const batch = batchOf('narrow', 'narrow', 'narrow', 'free')
  const done = await handleInLanes(batch, host)
  expect(batch.map((delivery) => done.has(delivery))).toEqual([true, true, false, true])
})

test('what fails is not done, and nothing else is affected', async () => {
  const { host } = hostWith({ fails: true })
  expect(await handleInLanes(batchOf('free', 'narrow', 'narrow', 'narrow'), host)).toEqual(new Set())
})

test('an attempt gets the time that is left, less what it takes to tell of it', async () => {
  const { host, bounds } = hostWith({ remainingMs: 100_000 })
  await handleInLanes(batchOf('free', 'free'), host)
  expect(bounds).toEqual([95_000, 95_000])
})

test('without an end in sight nothing is bounded', async () => {
  const { host, bounds } = hostWith({ remainingMs: Number.POSITIVE_INFINITY })
  await handleInLanes(batchOf('free'), host)
  expect(bounds).toEqual([undefined])
})

test('an activity that would outlive its function fails as timed out, which the workflow can catch', async () => {
  const world = createWorld()
  const { clock } = world.memory
  let isAborted = false
  const endless = async ({ signal }: ActivityContext) => {
    await clock.sleep(3_600_000, signal)
    isAborted = signal.aborted
  }
  const wait = async (ctx: WorkflowContext) => ctx.callActivity(endless)
  const endlessApp = defineApp({ workflows: { wait }, activities: { endless } })
  const options = { backend: world.backend }
  connect(world, {
    workflow: orchestratorHandler(endlessApp, options),
    activity: activityHandler(endlessApp, options),
  })
  await world.management.start({ workflowName: 'wait', instanceId: 'one' })
  await clock.runUntil(() => isAborted, 60_000)
  await clock.runUntil(() => false, 1_000)
  const row = await world.memory.store.getInstance('one')
  expect(row).toMatchObject({ status: 'FAILED', failure: { cause: { code: 'ACTIVITY_TIMEOUT' } } })
})

test('a shorter timeout of its own holds in a function, and a longer one does not', async () => {
  const failures = await Promise.all(
    [1_000, 500_000].map(async (timeoutMs) => {
      const { world, clock } = worldWith(async ({ signal }) => clock.sleep(3_600_000, signal), {
        timeout: timeoutMs / 1000,
      })
      await world.management.start({ workflowName: 'wait', instanceId: 'one' })
      await clock.runUntil(() => false, 60_000)
      const { cause } = (await world.memory.store.getInstance('one'))?.failure ?? {}
      return `${cause?.code}: ${cause?.message}`
    }),
  )
  const about = "ACTIVITY_TIMEOUT: Activity 'work' took longer than"
  expect(failures).toEqual([`${about} its timeout of 1000 ms.`, `${about} its host has time for: 27000 ms.`])
})

test.for([undefined, '2h'] as const)(
  'what is completed later may take longer than its function, and as long as its own timeout (%s)',
  async (timeout) => {
    const tokens: string[] = []
    const { world, clock } = worldWith(
      async (ctx) => void tokens.push(await ctx.completeLater()),
      timeout === undefined ? {} : { timeout },
    )
    await world.management.start({ workflowName: 'wait', instanceId: 'one' })
    await clock.runUntil(() => false, 3_600_000)
    expect((await world.memory.store.getInstance('one'))?.failure).toBeUndefined()
    await world.management.completeActivity({ token: tokens[0] ?? '', output: '"late"' })
    await clock.runUntil(() => false, 1_000)
    expect(tokens).toHaveLength(1)
    expect(await world.memory.store.getInstance('one')).toMatchObject({
      status: 'COMPLETED',
      output: '"late"',
    })
  },
)

/** Its functions are called with 30 s left. */
function worldWith(run: (ctx: ActivityContext) => unknown, options: CallActivityOptions) {
  const world = createWorld()
  const wait = async (ctx: WorkflowContext) => ctx.callActivity('work', undefined, options)
  const work = async (ctx: ActivityContext) => run(ctx)
  const ownApp = defineApp({ workflows: { wait }, activities: { work } })
  connect(world, {
    workflow: orchestratorHandler(ownApp, { backend: world.backend }),
    activity: activityHandler(ownApp, { backend: world.backend }),
  })
  return { world, clock: world.memory.clock }
}
