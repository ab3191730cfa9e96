// Lives that take up the past of another, where code, versions and hosts are not what they were.

import { expect, test } from 'vitest'
import { type ActivityContext, type WorkflowContext, versions } from '../../src/index.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { striking } from '../support/striking-ports.ts'
import { Stage } from './stage.ts'

const echo = async (_ctx: ActivityContext, value: unknown) => value

const two = (first: string, second: string) => async (ctx: WorkflowContext) => [
  await ctx.callActivity('echo', first),
  await ctx.callActivity('echo', second),
]

test('a rerun is on the version of its source, and stalls where that is not there (Dapr: versioning/rerun)', async () => {
  const stage = new Stage()
  const old = stage.host({ workflows: { order: versions({ v1: two('a1', 'b1') }) }, activities: { echo } })
  stage.deliverTo(old)
  await stage.start(old, 'order')
  expect(await stage.ended('order')).toMatchObject({ output: '["a1","b1"]' })
  const both = { v1: two('a1', 'b1'), v2: two('a2', 'b2') }
  const host = stage.host({ workflows: { order: versions(both) }, activities: { echo } })
  stage.deliverTo(host)
  await host.management.rerun({ instanceId: 'order', eventId: 2, newInstanceId: 'again' })
  expect(await stage.ended('again')).toMatchObject({ output: '["a1","b1"]' })
  const without = stage.host({ workflows: { order: versions({ v2: both.v2 }) }, activities: { echo } })
  stage.deliverTo(without)
  await host.management.rerun({ instanceId: 'order', eventId: 2, newInstanceId: 'third' })
  await stage.rest()
  expect(await stage.view(host, 'third')).toMatchObject({
    status: 'STALLED',
    failure: { code: 'VERSION_NOT_AVAILABLE' },
  })
  stage.deliverTo(host)
  await host.recoverStalled()
  expect(await stage.ended('third')).toMatchObject({ output: '["a1","b1"]' })
})

test('code that has changed hears of the past as far as it goes the same way', async () => {
  const stage = new Stage()
  const ran: unknown[] = []
  const note = async (_ctx: ActivityContext, value: unknown) => void ran.push(value)
  const activities = { echo, note }
  async function before(ctx: WorkflowContext): Promise<unknown> {
    const results = [await ctx.callActivity(echo, 1), await ctx.callActivity(echo, 2)]
    await ctx.callActivity(note, 'last')
    return results
  }
  async function after(ctx: WorkflowContext): Promise<unknown> {
    const results = [await ctx.callActivity(echo, 1)]
    await ctx.callActivity(note, 'new')
    results.push(await ctx.callActivity(echo, 3))
    return results
  }
  const host = stage.host({ workflows: { order: before }, activities })
  stage.deliverTo(host)
  await stage.start(host, 'order')
  await stage.ended('order')
  ran.length = 0
  const mended = stage.host({ workflows: { order: after }, activities })
  stage.deliverTo(mended)
  await mended.management.rerun({ instanceId: 'order', eventId: 3, newInstanceId: 'again' })
  expect(await stage.ended('again')).toMatchObject({ output: '[1,3]' })
  expect(ran).toEqual(['new'])
})

test('a generation begins at the time of its first turn, not of the end of the one before: its timers are known again, and nothing is made anew but what failed', async () => {
  const stage = new Stage()
  const ran: unknown[] = []
  let isMended = false
  const note = async (_ctx: ActivityContext, value: unknown) => void ran.push(value)
  const ship = async () => {
    if (!isMended) throw new Error('no stock')
  }
  async function order(ctx: WorkflowContext, round: number): Promise<unknown> {
    if (round === 1) {
      ctx.continueAsNew(2)
      return undefined
    }
    await ctx.createTimer('1h')
    await ctx.callActivity(note, 'good')
    await ctx.callActivity(ship)
    return 'shipped'
  }
  const slow: Pick<Ports['store'], 'appendEpisode'> = {
    async appendEpisode(...args) {
      await stage.clock.sleep(7)
      return stage.store.appendEpisode(...args)
    },
  }
  const host = stage.host(
    { workflows: { order }, activities: { note, ship } },
    { ports: (ports) => withPorts(ports, slow) },
  )
  stage.deliverTo(host)
  await stage.start(host, 'order', 1)
  expect(await stage.ended('order')).toMatchObject({ status: 'FAILED' })
  isMended = true
  await host.management.rewind({ instanceId: 'order' })
  expect(await stage.ended('order')).toMatchObject({ output: '"shipped"' })
  expect(ran).toEqual(['good'])
})

test('a patch that the source had not come to is not applied in its past, and is in what is new', async () => {
  const stage = new Stage()
  const old = stage.host({ workflows: { order: two('a', 'b') }, activities: { echo } })
  stage.deliverTo(old)
  await stage.start(old, 'order')
  await stage.ended('order')
  async function patched(ctx: WorkflowContext): Promise<unknown> {
    const first = await ctx.callActivity('echo', ctx.isPatched('one') ? 'new a' : 'a')
    const second = await ctx.callActivity('echo', 'b')
    return [first, second, ctx.isPatched('two')]
  }
  const host = stage.host({ workflows: { order: patched }, activities: { echo } })
  stage.deliverTo(host)
  await host.management.rerun({ instanceId: 'order', eventId: 2, newInstanceId: 'again' })
  expect(await stage.ended('again')).toMatchObject({ output: '["a","b",true]' })
})

test('wherever a host dies that takes up a past, and wherever the one who asks for it, each step is made anew once or more, and the end is right', async () => {
  for (const who of ['host', 'client'] as const) {
    let dies = 1
    while (await diesAt(who, dies)) dies++
    expect(dies).toBeGreaterThan(4)
  }
})

/** @returns whether there was such a call */
async function diesAt(who: 'host' | 'client', dies: number): Promise<boolean> {
  const stage = new Stage()
  let isBroken = true
  const ran: string[] = []
  async function step(_ctx: ActivityContext, name: string): Promise<string> {
    ran.push(name)
    if (isBroken && name === 'b') throw new Error('broken')
    return name
  }
  async function leaf(ctx: WorkflowContext): Promise<unknown> {
    return [await ctx.callActivity(step, 'a'), await ctx.callActivity(step, 'b')]
  }
  async function order(ctx: WorkflowContext): Promise<unknown> {
    return [await ctx.callActivity(step, 'c'), await ctx.callChildWorkflow(leaf)]
  }
  const app = { workflows: { order, leaf }, activities: { step } }
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'order')
  expect(await stage.ended('order')).toMatchObject({ status: 'FAILED' })
  isBroken = false
  ran.length = 0
  let calls = 0
  const strike = async <T>(call: () => Promise<T>): Promise<T> => {
    if (++calls === dies) throw new Error('simulated: it died')
    return call()
  }
  const request = { instanceId: 'order', idempotencyKey: 'k1' }
  if (who === 'host') stage.deliverTo(stage.host(app, { ports: (ports) => striking(ports, strike) }))
  else
    await createManagement(striking(stage.ports, strike))
      .rewind(request)
      .catch(() => {})
  await host.management.rewind(request)
  expect(await stage.ended('order'), `${who} died at call ${dies}`).toMatchObject({
    status: 'COMPLETED',
    output: '["c",["a","b"]]',
  })
  expect(new Set(ran)).toEqual(new Set(['b']))
  return calls >= dies
}
