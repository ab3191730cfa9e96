import { expect, test } from 'vitest'
import { activityHandler, orchestratorHandler } from '../../../src/aws/index.ts'
import { handleInLanes, type LanesHost } from '../../../src/aws/lambda/activity-lanes.ts'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
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
  const timeouts: (number | undefined)[] = []
  const requeued: Message[] = []
  const host: LanesHost = {
    app,
    remainingTimeMs: () => left,
    handle: async (batch) => {
      rounds.push(batch.map(({ message }) => ('name' in message ? message.name : '')))
      timeouts.push(...batch.map(({ message }) => ('timeoutMs' in message ? message.timeoutMs : undefined)))
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
  return { host, rounds, timeouts, requeued }
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
  const { host, timeouts } = hostWith({ remainingMs: 100_000 })
  const [first, ...others] = batchOf('free', 'free', 'free')
  const short = { ...others[0], message: { ...messageOf('free', 1), timeoutMs: 1_000 }, receiveCount: 1 }
  const long = { ...others[1], message: { ...messageOf('free', 2), timeoutMs: 500_000 }, receiveCount: 1 }
  await handleInLanes([...(first ? [first] : []), short, long], host)
  expect(timeouts).toEqual([95_000, 1_000, 95_000])
})

test('without an end in sight the timeouts are as asked for', async () => {
  const { host, timeouts } = hostWith({ remainingMs: Number.POSITIVE_INFINITY })
  await handleInLanes(batchOf('free'), host)
  expect(timeouts).toEqual([undefined])
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
