// An instance that stalls while inline activities wait for a host that is lost: what comes then must not multiply.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { deliver, Stage } from './stage.ts'

const leaseMs = 60_000

/** Stalled by code that does not fit, which also let go of the message that guards the lease. */
async function stalledBehindLease() {
  const stage = new Stage()
  const ran: string[] = []
  let isLost = true
  const note = (name: string) => () => {
    ran.push(name)
    return name
  }
  const step = async (): Promise<string> => {
    if (isLost) await new Promise(() => {})
    return note('step')()
  }
  const charge = note('charge')
  const ship = note('ship')
  const activities = { step, charge, ship }
  async function both(ctx: WorkflowContext): Promise<unknown> {
    const inline = ctx.callActivity('step', undefined, { inline: true })
    return Promise.all([inline, ctx.callActivity('charge'), ctx.callActivity('ship')])
  }
  async function other(ctx: WorkflowContext): Promise<unknown> {
    return ctx.callActivity('ship')
  }
  const fitting: AppDefinition = { workflows: { both }, activities }
  const changed: AppDefinition = { workflows: { both: other }, activities }
  await stage.start(stage.host(fitting), 'both')
  void stage.host(fitting).handle([{ message: stage.doorbell('start'), receiveCount: 1 }])
  await settle()
  isLost = false
  stage.clock.skipTo(stage.clock.now() + leaseMs)
  expect(await deliver(stage.host(changed), stage.doorbell('start'))).toEqual([true])
  const message = stage.activity(2)
  stage.backend.queue.wipe()
  return { stage, ran, fitting, changed, message }
}

test('whoever brings something takes the lease over, and dispatches what is in doubt, once', async () => {
  const { stage, ran, fitting, message } = await stalledBehindLease()
  const host = stage.host(fitting)
  stage.deliverTo(host)
  const before = stage.messages('activity').length
  expect(await deliver(host, message)).toEqual([true])
  const { status, output, stalled } = await stage.ended('both')
  expect([status, output, stalled]).toEqual(['COMPLETED', '["step","charge","ship"]', undefined])
  await stage.rest()
  // The two that were outstanding, by the guard of what is in doubt, and the one whose host was lost.
  expect(stage.messages('activity').length - before).toBeLessThanOrEqual(4)
  expect(ran.length).toBeLessThanOrEqual(5)
})

test('with code that does not fit, messages come to rest in the inbox', async () => {
  const { stage, changed, message } = await stalledBehindLease()
  const host = stage.host(changed)
  stage.deliverTo(host)
  const before = stage.sent.length
  expect(await deliver(host, message)).toEqual([true])
  await stage.rest(3_600_000)
  expect(stage.sent.length).toBe(before)
  expect(await stage.inbox('both')).toEqual(['t:1.2'])
})
