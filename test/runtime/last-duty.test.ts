// What a life has asked of others is done, also when its host died before it could, and somebody else has its id by the time that its
// messages come again.

import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { projectionOf } from '../../src/runtime/projection.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

async function order(ctx: WorkflowContext): Promise<void> {
  await ctx.waitForExternalEvent('ask')
  ctx.scheduleNewWorkflow('invoice', 'of the first', { instanceId: 'invoice' })
  ctx.sendEvent('desk', 'asked', 1)
  await ctx.waitForExternalEvent('go')
  throw new Error('no stock')
}

async function desk(ctx: WorkflowContext): Promise<unknown> {
  return [
    await ctx.waitForExternalEvent('asked'),
    await ctx.waitForExternalEvent('asked', { timeout: 60 }).catch(() => 0),
  ]
}

const invoice = async (_ctx: WorkflowContext, whose: string) => whose
const app = { workflows: { order, desk, invoice } }

/** An order has ended whose host died when it had committed what it asked for; its message comes again later. */
async function ended() {
  const stage = new Stage()
  const host = stage.host(app)
  for (const name of ['desk', 'order']) {
    await stage.start(host, name)
    await deliver(host, stage.doorbell('start'))
  }
  await stage.raise(host, 'order', 'ask')
  const dying = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async appendEpisode(...args) {
          await ports.store.appendEpisode(...args)
          throw new Error('the host dies')
        },
      }),
  })
  const carrier = stage.doorbell()
  expect(await deliver(dying, carrier)).toEqual([false])
  expect(await stage.store.getInstance('invoice')).toBeUndefined()
  const other = stage.host(app)
  await stage.raise(other, 'order', 'go')
  expect(await deliver(other, stage.doorbell())).toEqual([true])
  expect(await stage.row('order')).toMatchObject({ status: 'FAILED' })
  expect(await stage.store.getInstance('invoice')).toBeUndefined()
  return { stage, host: other, carrier }
}

type Ended = Awaited<ReturnType<typeof ended>>

const takers: Readonly<Record<string, (world: Ended) => Promise<unknown>>> = {
  'another start': async ({ stage, host }) => stage.start(host, 'invoice', 'mine', { instanceId: 'order' }),
  'a restart': async ({ host }) => host.management.restart({ instanceId: 'order' }),
  'a rewind': async ({ host }) => host.management.rewind({ instanceId: 'order' }),
  'a child': async ({ stage, host }) => {
    const parent = async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow('invoice', 'mine', { instanceId: 'order' })
    const second = stage.host({ workflows: { ...app.workflows, parent } })
    await stage.start(second, 'parent')
    expect(await deliver(second, stage.doorbell('start'))).toEqual([true])
    return host
  },
  'a workflow that another one starts': async ({ stage }) => {
    const starter = async (ctx: WorkflowContext) =>
      ctx.scheduleNewWorkflow('invoice', 'mine', { instanceId: 'order' })
    const second = stage.host({ workflows: { ...app.workflows, starter } })
    await stage.start(second, 'starter')
    expect(await deliver(second, stage.doorbell('start'))).toEqual([true])
  },
}

test.each(Object.keys(takers))(
  '%s takes the id: starts are made and events are sent, once',
  async (taker) => {
    const world = await ended()
    await takers[taker]?.(world)
    const { stage, host, carrier } = world
    expect(await stage.row('order')).toMatchObject({ status: 'PENDING' })
    expect(await stage.row('invoice')).toMatchObject({ input: '"of the first"' })
    expect(await deliver(host, carrier, 2)).toEqual([true])
    stage.deliverTo(host)
    await stage.rest(120_000)
    expect(await stage.row('desk')).toMatchObject({ output: '[1,0]' })
    expect(await stage.row('invoice')).toMatchObject({ status: 'COMPLETED', output: '"of the first"' })
  },
)

test.each([false, true])('it is purged (force: %s): the same', async (force) => {
  const { stage, host } = await ended()
  await host.management.purge('order', { force })
  expect(await stage.row('invoice')).toMatchObject({ input: '"of the first"' })
  stage.deliverTo(host)
  await stage.rest(120_000)
  expect(await stage.row('desk')).toMatchObject({ output: '[1,0]' })
})

test('two that had asked for starts of each other make way, and each start is made', async () => {
  const stage = new Stage()
  const ask = async (ctx: WorkflowContext, other: string): Promise<string> => {
    if (other === 'none') return 'started'
    return ctx.scheduleNewWorkflow('ask', 'none', { instanceId: other })
  }
  const mutual = { workflows: { ask } }
  const host = stage.host(mutual)
  const dying = stage.host(mutual, {
    ports: (ports) =>
      withPorts(ports, {
        async appendEpisode(key, episode) {
          await ports.store.appendEpisode(key, episode)
          await ports.store.projectStatus(key, projectionOf(episode))
          throw new Error('the host dies')
        },
      }),
  })
  for (const [id, other] of Object.entries({ a: 'b', b: 'a' })) {
    await stage.start(host, 'ask', other, { instanceId: id })
    expect(await deliver(dying, stage.doorbell('start'))).toEqual([false])
  }
  await stage.start(host, 'ask', 'none', { instanceId: 'a' })
  stage.deliverTo(host)
  await stage.rest(60_000)
  for (const id of ['a', 'b'])
    expect(await stage.row(id)).toMatchObject({ status: 'COMPLETED', output: '"started"' })
})

test('an event is not sent again to a later life of its instance', async () => {
  const { stage, host } = await ended()
  await stage.raise(host, 'desk', 'asked', 7)
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  await host.management.terminate('desk')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  await stage.rest(1)
  await stage.start(host, 'desk')
  await host.management.restart({ instanceId: 'order' })
  expect((await stage.store.read(await stage.row('desk'))).inbox).toEqual([])
})

test('what ended more than an hour before is done with: nothing of it is asked for again', async () => {
  const { stage, host } = await ended()
  await stage.rest(3_600_001)
  await host.management.restart({ instanceId: 'order' })
  expect(await stage.store.getInstance('invoice')).toBeUndefined()
})
