// Messages that were delivered too often: each becomes a fact or a reason, and none is dropped.
import { expect, test } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

/** The delivery to the dead-letter consumer counts too. */
const receives = 11

const bury = (host: Runtime, message: Message) => host.handleDead({ message, receiveCount: receives })

async function charge(ctx: ActivityContext): Promise<string> {
  return `attempt ${ctx.attempt}`
}

const retry = { firstRetryInterval: 60, maxNumberOfAttempts: 2 }
const order = async (ctx: WorkflowContext) => ctx.callActivity(charge, undefined, { retry })
const single = async (ctx: WorkflowContext) => ctx.callActivity(charge)
const wide = async (ctx: WorkflowContext) =>
  Promise.allSettled(Array.from({ length: 8 }, () => ctx.callActivity(charge)))
const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')

async function nap(ctx: WorkflowContext): Promise<string> {
  await ctx.createTimer(60)
  return 'awake'
}

async function caller(ctx: WorkflowContext): Promise<unknown> {
  await ctx.waitForExternalEvent('go')
  return ctx.callActivity(charge)
}

const app = { workflows: { order, single, wide, waiting, nap, caller }, activities: { charge } }

async function started(workflow: keyof (typeof app)['workflows']) {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, workflow)
  await deliver(host, stage.doorbell('start'))
  return { stage, host }
}

test('an activity that lost its host each time fails with ACTIVITY_CRASHED, and the retry policy sees it', async () => {
  const { stage, host } = await started('order')
  await bury(host, stage.activity(1))
  const [, failed] = await stage.history('order')
  expect(failed?.events).toMatchObject([
    { kind: 'taskFailed', seq: 1, failure: { code: 'ACTIVITY_CRASHED' } },
  ])
  stage.deliverTo(host)
  expect(await stage.ended('order')).toMatchObject({ status: 'COMPLETED', output: '"attempt 2"' })
})

test('without a policy the crash is the failure of the workflow', async () => {
  const { stage, host } = await started('single')
  await bury(host, stage.activity(1))
  const { status, failure } = await stage.row('single')
  expect(status).toBe('FAILED')
  expect(failure?.cause).toMatchObject({ code: 'ACTIVITY_CRASHED' })
  expect(failure?.cause?.message).toContain(`${receives - 1} times`)
})

test('a queue whose consumer dies of an activity comes to the failure by itself', async () => {
  const stage = new Stage({ manners: { maxReceives: () => 3, visibilityMs: 1_000 } })
  const host = stage.host(app)
  let deaths = 0
  stage.backend.queue.run(() => ({
    async handle(batch) {
      if (!batch.some(({ message }) => message.kind === 'activity' && message.attempt === 1))
        return host.handle(batch)
      deaths++
      return new Promise(() => {})
    },
    handleDead: (delivery) => host.handleDead(delivery),
  }))
  await stage.start(host, 'order')
  expect(await stage.ended('order')).toMatchObject({ output: '"attempt 2"' })
  expect(deaths).toBe(3)
})

test('a dead activity of a wide fan-out is a failure among the outcomes of the others', async () => {
  const { stage, host } = await started('wide')
  await bury(host, stage.activity(3))
  stage.deliverTo(host)
  const { output } = await stage.ended('wide')
  const settled = JSON.parse(output ?? '') as { status: string }[]
  expect(settled.map(({ status }) => status).indexOf('rejected')).toBe(2)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
})

test('an outcome that is in the inbox already counts, not the death of the message', async () => {
  const { stage, host } = await started('single')
  const event = { kind: 'taskCompleted', generation: 1, seq: 1, output: '"kept"' } as const
  await stage.store.putOutcomes(await stage.row('single'), [{ factId: 't:1.1', event, acceptedAt: 0 }])
  await bury(host, stage.activity(1))
  expect(await stage.row('single')).toMatchObject({ status: 'COMPLETED', output: '"kept"' })
})

test('a dead carrier is still a carrier: what its episode asked for is dispatched', async () => {
  const { stage, host } = await started('caller')
  await stage.raise(host, 'caller', 'go')
  const ring = stage.doorbell()
  const dying = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        send: async () => {
          throw new Error('simulated: the queue is not there')
        },
      }),
  })
  expect(await deliver(dying, ring)).toEqual([false])
  expect(stage.messages('activity')).toEqual([])
  await bury(host, ring)
  expect(stage.messages('activity')).toHaveLength(1)
})

test('a dead workflow message stalls its instance with TURN_CRASHED, and runs no workflow code', async () => {
  let runs = 0
  const deadly = async (ctx: WorkflowContext) => {
    runs++
    return ctx.waitForExternalEvent('go')
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { deadly } })
  await stage.start(host, 'deadly')
  await bury(host, stage.doorbell('start'))
  expect(runs).toBe(0)
  expect(await stage.view(host, 'deadly')).toMatchObject({
    status: 'STALLED',
    failure: { code: 'TURN_CRASHED' },
  })
  await host.recoverStalled()
  expect(await deliver(host, stage.message('nudge'))).toEqual([true])
  expect(runs).toBe(1)
  expect(await stage.view(host, 'deadly')).toMatchObject({ status: 'RUNNING' })
})

test('an event whose message died is still in the inbox, and taken once when the instance is recovered', async () => {
  const { stage, host } = await started('waiting')
  await stage.raise(host, 'waiting', 'go', 'kept')
  await bury(host, stage.doorbell())
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'STALLED' })
  await host.recoverStalled()
  expect(await deliver(host, stage.message('nudge'))).toEqual([true])
  expect(await stage.row('waiting')).toMatchObject({ status: 'COMPLETED', output: '"kept"' })
  expect(await stage.inbox('waiting')).toEqual([])
})

test('what a dead letter stalled takes nothing up until it is recovered, because its carriers may be lost', async () => {
  const { stage, host } = await started('waiting')
  await stage.raise(host, 'waiting', 'other')
  await bury(host, stage.doorbell())
  const before = await stage.history('waiting')
  for (const each of [host, stage.host(app)]) {
    await stage.raise(each, 'waiting', 'another')
    expect(await deliver(each, stage.doorbell())).toEqual([true])
  }
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'STALLED' })
  expect(await stage.history('waiting')).toEqual(before)
  await host.recoverStalled()
  expect(await deliver(host, stage.message('nudge'))).toEqual([true])
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'RUNNING' })
  expect(await stage.inbox('waiting')).toEqual([])
})

test('workflow code that kills its host is asked once for each recovery, not for every message that comes', async () => {
  const { stage, host } = await started('waiting')
  await stage.raise(host, 'waiting', 'other')
  await bury(host, stage.doorbell())
  let runs = 0
  const deadly = stage.host({
    workflows: {
      waiting: async (ctx: WorkflowContext) => {
        runs++
        return waiting(ctx)
      },
    },
  })
  for (let times = 0; times < 5; times++) {
    await stage.raise(deadly, 'waiting', 'other')
    expect(await deliver(deadly, stage.doorbell())).toEqual([true])
  }
  expect(runs).toBe(0)
  expect(await stage.inbox('waiting')).toHaveLength(6)
})

test('an instance whose turns crash can be terminated', async () => {
  const { stage, host } = await started('waiting')
  await stage.raise(host, 'waiting', 'other')
  await bury(host, stage.doorbell())
  await host.management.terminate('waiting', '"enough"')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'TERMINATED', output: '"enough"' })
})

test('a recovery makes up for the carriers that died: what has no outcome is dispatched again', async () => {
  const { stage, host } = await started('single')
  await bury(host, stage.doorbell('start'))
  const before = stage.messages('activity').length
  await host.recoverStalled()
  expect(await deliver(host, stage.message('nudge'))).toEqual([true])
  expect(stage.messages('activity').length).toBe(before + 1)
})

test('a timer whose message died fires when the instance is recovered', async () => {
  const { stage, host } = await started('nap')
  await stage.clock.runUntil(() => false, 60_000)
  await bury(host, stage.timer(1))
  expect(await stage.inbox('nap')).toEqual(['t:1.1'])
  expect(await stage.view(host, 'nap')).toMatchObject({ status: 'STALLED' })
  await host.recoverStalled()
  expect(await deliver(host, stage.message('nudge'))).toEqual([true])
  expect(await stage.row('nap')).toMatchObject({ status: 'COMPLETED', output: '"awake"' })
})

test('a scheduled start whose message died happens when the instance is recovered', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'single', undefined, { startAt: stage.clock.now() + 1_000 })
  await stage.clock.runUntil(() => false, 1_000)
  await bury(host, stage.message('timer'))
  expect(await stage.view(host, 'single')).toMatchObject({ status: 'STALLED' })
  stage.deliverTo(host)
  await host.recoverStalled()
  expect(await stage.ended('single')).toMatchObject({ status: 'COMPLETED' })
})

test('a message of an instance that has ended, or of another life, may die in peace', async () => {
  const { stage, host } = await started('waiting')
  const start = stage.doorbell('start')
  await stage.raise(host, 'waiting', 'go')
  await deliver(host, stage.doorbell())
  await bury(host, start)
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'COMPLETED' })
  await stage.start(host, 'waiting')
  await bury(host, start)
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'PENDING' })
  const stranger = { ...start, instanceId: 'nobody' }
  await bury(host, stranger)
  expect(await host.management.get('nobody')).toBeUndefined()
})

test('a dead letter that cannot be kept is refused, so that the queue keeps it', async () => {
  const { stage, host } = await started('waiting')
  const broken = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        setStalled: async () => {
          throw new Error('simulated: the table is not there')
        },
      }),
  })
  await expect(bury(broken, stage.doorbell('start'))).rejects.toThrow('simulated')
  expect(await stage.view(host, 'waiting')).toMatchObject({ status: 'RUNNING' })
})
