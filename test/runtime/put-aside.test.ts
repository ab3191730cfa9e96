// An outcome that waits behind inline activities: its message is acknowledged, and what another delivery of it commits is still guarded.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { doorbell, type Message, nudge } from '../../src/runtime/messages.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const minute = 60_000

const leaseMs = 60_000

/** The host that runs the inline activity is lost; an activity beside it has ended, and its outcome waits in the inbox. */
async function outcomeBehindLease() {
  const stage = new Stage()
  let isLost = true
  const step = async (): Promise<string> => (isLost ? new Promise(() => {}) : 'step')
  const activities = { step, charge: () => 'charge', ship: () => 'ship' }
  async function beside(ctx: WorkflowContext): Promise<unknown> {
    const inline = ctx.callActivity('step', undefined, { inline: true })
    const queued = ctx.callActivity('charge').then(async () => ctx.callActivity('ship'))
    return Promise.all([inline, queued])
  }
  const app: AppDefinition = { workflows: { beside }, activities }
  const host = stage.host(app)
  await stage.start(host, 'beside')
  void stage.host(app).handle([{ message: stage.doorbell('start'), receiveCount: 1 }])
  await settle()
  isLost = false
  const charge = stage.activity(2)
  expect(await deliver(host, charge)).toEqual([true])
  expect(await stage.inbox('beside')).toEqual(['t:1.2'])
  return { stage, app, host, charge, ring: stage.doorbell('t:1.2') }
}

test('the ring for it keeps the token of the message that brought it', async () => {
  const { charge, ring } = await outcomeBehindLease()
  expect(ring.token).toBe(charge.token)
})

test('a commit by another delivery of that message, whose host dies before it dispatches, is dispatched by the ring', async () => {
  const { stage, app, host, charge, ring } = await outcomeBehindLease()
  stage.clock.skipTo(stage.clock.now() + leaseMs)
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  const dying = stage.host(app, {
    ports: (ports) => withPorts(ports, { send: async () => new Promise(() => {}) }),
  })
  void dying.handle([{ message: charge, receiveCount: 2 }])
  await settle()
  expect((await stage.history('beside')).at(-1)).toMatchObject({ by: charge.token })
  expect(stage.messages('activity').some(({ seq }) => seq === 3)).toBe(false)
  expect(await deliver(stage.host(app), ring)).toEqual([true])
  expect(stage.activity(3)).toMatchObject({ name: 'ship' })
})

test('the guard of a lease is sent again when the takeover loses every race', async () => {
  const { stage, app } = await outcomeBehindLease()
  stage.clock.skipTo(stage.clock.now() + leaseMs)
  const guard = stage.doorbell('start')
  const loser = stage.host(app, {
    ports: (ports) => withPorts(ports, { appendEpisode: async () => ({ kind: 'lost' }) }),
  })
  const before = stage.sent.length
  expect(await deliver(loser, guard)).toEqual([true])
  const again = stage.sent.slice(before).filter(({ kind }) => kind === guard.kind)
  expect(again.map(({ token }) => token)).toEqual([guard.token])
})

/** What is sent while a message is handled, and how late it comes. */
async function sentBy(stage: Stage, app: AppDefinition, message: Message) {
  const sent: { message: Message; delayMs: number }[] = []
  const host = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async send(messages, delayMs = 0) {
          sent.push(...messages.map((each) => ({ message: each, delayMs })))
          return ports.queue.send(messages, delayMs)
        },
      }),
  })
  expect(await deliver(host, message)).toEqual([true])
  return sent
}

test('a ring for outcomes and events is sent again as one message', async () => {
  const { stage, app, host } = await outcomeBehindLease()
  await stage.raise(host, 'beside', 'a')
  const { token, ...ring } = stage.doorbell()
  const mixed = { ...ring, token, factIds: ['t:1.2', ...ring.factIds] }
  const sent = await sentBy(stage, app, mixed)
  expect(sent.map(({ message }) => message)).toEqual([{ ...mixed, dispatchedTo: 1 }])
})

test('a nudge behind a lease is sent again once, for the time when the lease is over', async () => {
  const { stage, app } = await outcomeBehindLease()
  const push = nudge(await stage.row('beside'), 'push', 1)
  const sent = (await sentBy(stage, app, push)).filter(({ message }) => message.kind === 'nudge')
  expect(sent).toEqual([{ message: push, delayMs: leaseMs + 1_000 }])
})

test('the same message twice in one batch is sent again once', async () => {
  const { stage, host, ring } = await outcomeBehindLease()
  const before = stage.sent.length
  expect(await deliver(host, [ring, ring])).toEqual([true, true])
  expect(stage.sent.slice(before)).toEqual([{ ...ring, dispatchedTo: 1 }])
})

test('the longer facts have waited behind a lease, the longer a copy waits: up to two minutes', async () => {
  const { stage, app, ring } = await outcomeBehindLease()
  const waits: number[] = []
  for (const afterMs of [0, 20_000, 20_000, 5 * minute]) {
    stage.clock.skipTo(stage.clock.now() + afterMs)
    const [copy] = await sentBy(stage, app, ring)
    waits.push(copy?.delayMs ?? 0)
  }
  const expected = [0, 20_000, 40_000, 2 * minute]
  for (const [at, least] of expected.entries()) {
    expect(waits[at]).toBeGreaterThanOrEqual(least + 2_000)
    expect(waits[at]).toBeLessThanOrEqual(least + 10_000)
  }
})

test('a ring for a timer that was cancelled meanwhile, and whose row is gone, is acknowledged', async () => {
  const stage = new Stage()
  async function first(ctx: WorkflowContext): Promise<unknown> {
    const timer = ctx.createTimer(60)
    await ctx.whenAny({ timer, go: ctx.waitForExternalEvent('go') })
    timer.cancel()
    return ctx.waitForExternalEvent('end')
  }
  const host = stage.host({ workflows: { first } })
  await stage.start(host, 'first')
  await deliver(host, stage.doorbell())
  const late = doorbell(await stage.row('first'), 'late', ['t:1.1'])
  await stage.raise(host, 'first', 'go')
  await deliver(host, stage.doorbell())
  expect(await deliver(host, late)).toEqual([true])
})
