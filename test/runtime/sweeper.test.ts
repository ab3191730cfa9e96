// The sweeper: what has waited too long is rung for, once and no oftener than that helps, and nothing else is touched.
import { expect, test, vi } from 'vitest'
import { encodeMessage } from '../../src/aws/sqs/codec.ts'
import type { WorkflowContext } from '../../src/index.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { deliver, Stage } from './stage.ts'

const minute = 60_000

const echo = async (_ctx: unknown, x: number) => x

async function everything(ctx: WorkflowContext): Promise<unknown> {
  const first = await ctx.callActivity(echo, 1)
  const children = await ctx.whenAll([ctx.callChildWorkflow(leaf, 2), ctx.callChildWorkflow(leaf, 3)])
  await ctx.createTimer(600)
  const wide = await ctx.whenAll(Array.from({ length: 8 }, (_, at) => ctx.callActivity(echo, at)))
  return [first, children, wide.length, await ctx.waitForExternalEvent('go')]
}

const leaf = async (ctx: WorkflowContext, x: number) => ctx.callActivity(echo, x)
const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
const nap = async (ctx: WorkflowContext) => ctx.createTimer(600)
const single = async (ctx: WorkflowContext) => ctx.callActivity(echo, 1)
const inline = async (ctx: WorkflowContext) => ctx.callActivity('stuck', 1, { inline: true })

const app = { workflows: { everything, leaf, waiting, nap, single, inline }, activities: { echo } }

/** An instance in its first turn, of which nothing was delivered since. */
async function begun(workflow: keyof (typeof app)['workflows']) {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, workflow)
  await deliver(host, stage.doorbell('start'))
  return { stage, host }
}

/** Sweeps at a time, minutes after now. @returns what was sent */
async function sweptAfter(
  stage: Stage,
  host: Runtime,
  minutes: number,
  periodMs = minute,
): Promise<Message[]> {
  await stage.clock.runUntil(() => false, minutes * minute)
  const before = stage.sent.length
  await host.sweep({ periodMs })
  return stage.sent.slice(before)
}

test('a start that nobody heard of is rung for after two minutes, and not before', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'waiting')
  expect(await sweptAfter(stage, host, 2)).toEqual([])
  expect(await sweptAfter(stage, host, 1)).toMatchObject([{ kind: 'doorbell', factIds: ['start'] }])
})

test('a scheduled start is left alone until two minutes after its time', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'waiting', undefined, { startAt: stage.clock.now() + 60 * minute })
  expect(await sweptAfter(stage, host, 61)).toEqual([])
  expect(await sweptAfter(stage, host, 2)).toMatchObject([{ kind: 'doorbell', factIds: ['start'] }])
})

test('events whose rings are lost are named by one ring after two minutes', async () => {
  const { stage, host } = await begun('waiting')
  await stage.raise(host, 'waiting', 'a')
  await stage.raise(host, 'waiting', 'b')
  const lost = stage.messages('doorbell').slice(-2)
  expect(await sweptAfter(stage, host, 1)).toEqual([])
  await stage.raise(host, 'waiting', 'fresh')
  const rings = await sweptAfter(stage, host, 1.5)
  expect(rings).toMatchObject([{ kind: 'doorbell', factIds: lost.flatMap(({ factIds }) => factIds) }])
  const tokens = new Set([...lost, ...rings].map(({ token }) => token))
  expect(tokens.size).toBe(3)
})

test('however many events wait, a ring is small enough to be sent, and brings all of them home', async () => {
  const { stage, host } = await begun('waiting')
  const raise = async (eventId: string) =>
    host.management.raiseEvent({ instanceId: 'waiting', eventName: 'a', eventId })
  for (let at = 0; at < 300; at++) await raise(`${at}`.padEnd(256, '🙂'))
  const [ring, ...rest] = await sweptAfter(stage, host, 3)
  expect(rest).toEqual([])
  expect(ring && encodeMessage(ring).length).toBeLessThan(128 * 1024)
  expect(ring && (await deliver(host, ring))).toEqual([true])
  expect(await stage.inbox('waiting')).toEqual([])
})

test('an instance that waits for the outside is left alone for ever', async () => {
  const { stage, host } = await begun('waiting')
  for (let times = 0; times < 60; times++) expect(await sweptAfter(stage, host, 13)).toEqual([])
})

test('an instance that waits for a time is left alone until then', async () => {
  const { stage, host } = await begun('nap')
  for (let times = 0; times < 10; times++) expect(await sweptAfter(stage, host, 1)).toEqual([])
})

test('a timer that is three minutes late has its instance nudged', async () => {
  const { stage, host } = await begun('nap')
  const nudges: number[] = []
  for (let at = 1; at <= 20; at++)
    if ((await sweptAfter(stage, host, 1)).some(({ kind }) => kind === 'nudge')) nudges.push(at)
  expect(nudges).toEqual([15])
})

test('an instance that is stuck is nudged 15, 45, 105 minutes after its newest episode, and then every two hours', async () => {
  const { stage, host } = await begun('single')
  const nudges: number[] = []
  for (let at = 5; at <= 500; at += 5)
    if ((await sweptAfter(stage, host, 5, 5 * minute)).length > 0) nudges.push(at)
  expect(nudges).toEqual([15, 45, 105, 225, 345, 465])
})

test('a nudge names the episode it saw, and carries an id of its own', async () => {
  const { stage, host } = await begun('single')
  const [nudge] = await sweptAfter(stage, host, 15)
  expect(nudge).toMatchObject({ kind: 'nudge', episode: 1 })
  expect(nudge).toHaveProperty('id', `n:${nudge?.token}`)
})

test('rows that wait behind inline activities are not rung for: their runner takes them along, or whoever takes over', async () => {
  const { stage } = await begun('waiting')
  const stuck = stage.host({
    ...app,
    activities: { ...app.activities, stuck: async () => new Promise(() => {}) },
  })
  await stage.start(stuck, 'inline')
  void deliver(stuck, stage.doorbell('start'))
  await stage.rest(0)
  const other = stage.host(app)
  await stage.raise(other, 'inline', 'go')
  expect(await sweptAfter(stage, other, 5)).toEqual([])
  expect(await sweptAfter(stage, other, 10)).toMatchObject([{ kind: 'nudge' }])
})

test('a sweep sees every live instance, page after page, and goes on where its deadline stopped it', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  for (let at = 0; at < 120; at++) await stage.start(host, 'waiting', undefined, { instanceId: `w-${at}` })
  await stage.clock.runUntil(() => false, 10 * minute)
  const whole = await host.sweep({ periodMs: minute })
  expect(whole).toEqual({ seen: 120, rung: 120, nudged: 0 })
  const first = await host.sweep({ periodMs: minute, deadline: stage.clock.now() })
  expect(first).toMatchObject({ seen: 50 })
  const { pageToken = '' } = first
  expect(await host.sweep({ periodMs: minute, pageToken })).toMatchObject({ seen: 70 })
})

test('what was quiet for a day is looked at by one sweep in eight, and its gaps are missed by none', async () => {
  const { stage, host } = await begun('waiting')
  const read = vi.spyOn(stage.store, 'read')
  const quarter = 15 * minute
  await stage.clock.runUntil(() => false, 24 * 60 * minute)
  for (let at = 0; at < 24; at++) await sweptAfter(stage, host, 15, quarter)
  expect(read).toHaveBeenCalledTimes(3)
  // Its activity was lost, and comes again every two hours.
  const lost = await begun('single')
  await lost.stage.clock.runUntil(() => false, 24 * 60 * minute)
  const nudges: number[] = []
  for (let at = 0; at < 24; at++) nudges.push((await sweptAfter(lost.stage, lost.host, 15, quarter)).length)
  expect(nudges.filter((count) => count > 0)).toEqual([1, 1, 1])
})

test('what has ended is not looked at', async () => {
  const { stage, host } = await begun('waiting')
  await stage.raise(host, 'waiting', 'go')
  await deliver(host, stage.doorbell())
  await stage.clock.runUntil(() => false, 600 * minute)
  expect(await host.sweep({ periodMs: minute })).toEqual({ seen: 0, rung: 0, nudged: 0 })
})

test.each([0, 1, 2, 3, 4, 5, 6])(
  'an instance comes to its end although all messages and timers are lost again and again (%i)',
  async (seed) => {
    const stage = new Stage()
    const host = stage.host(app)
    stage.deliverTo(host)
    await stage.start(host, 'everything')
    for (let at = 0; at < 40; at++) {
      await stage.clock.runUntil(() => false, seed * 7)
      stage.backend.queue.wipe()
      await stage.clock.runUntil(() => false, 5 * minute)
      await host.sweep({ periodMs: 5 * minute })
      await stage.clock.runUntil(() => false, at % 3 === 0 ? 5 : 5 * minute)
    }
    await stage.raise(host, 'everything', 'go', 'on')
    expect(await stage.ended('everything')).toMatchObject({
      status: 'COMPLETED',
      output: '[1,[2,3],8,"on"]',
    })
  },
)

test('a consumed row that a late write has brought back is not rung for, however long it lies there', async () => {
  const { stage, host } = await begun('waiting')
  await stage.raise(host, 'waiting', 'other')
  const row = await stage.row('waiting')
  const { inbox } = await stage.store.read(row)
  await deliver(host, stage.doorbell())
  expect(await stage.inbox('waiting')).toEqual([])
  await stage.store.putOutcomes(row, inbox)
  expect(await sweptAfter(stage, host, 3)).toEqual([])
})
