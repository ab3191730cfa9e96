// An outcome that waits behind inline activities: its message is acknowledged, and what another delivery of it commits is still guarded.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

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
