// After a stall nobody knows what is dispatched. All of it is asked for once more by whoever goes on, and by nobody else: a message that
// brings nothing new must not ask for itself.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { deliver, Stage } from './stage.ts'

const minute = 60_000

/** In its second generation, which waits for an event, and stalled by code that does not fit; what nobody awaits is still to be run. */
async function stalledWithDetached() {
  const stage = new Stage()
  const ran: string[] = []
  const activities = { mail: () => ran.push('mail') }
  async function parting(ctx: WorkflowContext, round = 1): Promise<unknown> {
    if (round > 1) return ctx.waitForExternalEvent('go')
    void ctx.callActivity('mail')
    ctx.continueAsNew(2)
    return undefined
  }
  async function other(ctx: WorkflowContext): Promise<unknown> {
    return ctx.createTimer(1)
  }
  const fitting: AppDefinition = { workflows: { parting }, activities }
  const changed: AppDefinition = { workflows: { parting: other }, activities }
  await stage.start(stage.host(fitting), 'parting')
  expect(await deliver(stage.host(fitting), stage.doorbell('start'))).toEqual([true])
  const host = stage.host(changed)
  await stage.raise(host, 'parting', 'go', 1)
  const mail = stage.activity(1)
  const ring = stage.doorbell()
  expect(await deliver(stage.host({ ...changed, workflows: { parting: other } }), ring)).toEqual([true])
  return { stage, ran, fitting, mail }
}

test('an activity that nobody awaits, of an instance that is stalled, runs once and asks for nothing', async () => {
  const { stage, ran, fitting, mail } = await stalledWithDetached()
  expect((await stage.row('parting')).stalled).toBeDefined()
  stage.backend.queue.wipe()
  const host = stage.host(fitting)
  stage.deliverTo(host)
  const before = stage.sent.length
  expect(await deliver(host, mail)).toEqual([true])
  await stage.rest(10 * minute)
  expect(ran).toEqual(['mail'])
  expect(stage.sent.length).toBe(before)
})

test('what is in doubt is dispatched once more by whoever ends the stall, and then no more', async () => {
  const { stage, ran, fitting } = await stalledWithDetached()
  stage.backend.queue.wipe()
  const host = stage.host(fitting)
  stage.deliverTo(host)
  expect(await host.recoverStalled()).toBe(1)
  expect(await stage.ended('parting')).toMatchObject({ status: 'COMPLETED', output: '1' })
  await stage.rest()
  expect(ran).toEqual(['mail'])
  expect((await stage.row('parting')).stalled).toBeUndefined()
})

test('messages that make messages end a test instead of going on for ever, and say what they are', async () => {
  const stage = new Stage()
  const host = stage.host({ workflows: { idle: async (ctx) => ctx.waitForExternalEvent('never') } })
  await stage.start(host, 'idle')
  const { queue } = stage.backend
  queue.run(() => ({
    async handle(batch) {
      for (const { message } of batch) await queue.send([message, message])
      return new Set(batch)
    },
    async handleDead() {},
  }))
  await expect(stage.rest()).rejects.toThrow(/Messages multiply: .* × doorbell of idle.*"token"/)
})
