// A host may die between the commit of an episode and its dispatch. Exactly one message, which nobody can have acknowledged, makes up
// for that when it comes again.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Nudge } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { limits } from '../../src/workflow/limits.ts'
import { interceptPorts, withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const echo = async (_ctx: unknown, x: unknown) => x

/** Asks for one of everything, then waits. */
async function everything(ctx: WorkflowContext): Promise<unknown> {
  void ctx.callActivity(echo, 'a')
  ctx.createTimer(60).catch(() => {})
  void ctx.callChildWorkflow(leaf)
  ctx.sendEvent('sink', 'hello', 1)
  ctx.setCustomStatus('asked')
  return ctx.waitForExternalEvent('go')
}

const leaf = async () => 'leaf'
const sink = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('never')
const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(leaf)

/** Sends a greeting, and continues as new when it is told to. */
async function greeter(ctx: WorkflowContext, round: number): Promise<unknown> {
  await ctx.waitForExternalEvent('greet')
  ctx.sendEvent('sink', 'hello', round)
  await ctx.waitForExternalEvent('next')
  ctx.continueAsNew(round + 1)
  return round
}

/** Says hello at once, and continues as new when it is told to. */
async function hasty(ctx: WorkflowContext, round: number): Promise<unknown> {
  if (round === 1) ctx.sendEvent('sink', 'hello', round)
  await ctx.waitForExternalEvent('next')
  ctx.continueAsNew(round + 1)
  return round
}

/** Passes one event on, a generation. */
async function relay(ctx: WorkflowContext, round: number): Promise<void> {
  ctx.sendEvent('sink', 'hello', await ctx.waitForExternalEvent('item'))
  ctx.continueAsNew(round + 1, true)
}

/** Asks for something, and goes on without it. */
async function parting(ctx: WorkflowContext, round = 1): Promise<unknown> {
  if (round > 1) return ctx.waitForExternalEvent('go')
  void ctx.callActivity(echo, 'parting')
  ctx.continueAsNew(2)
  return undefined
}

/** A generation after the other, each with an activity that nobody awaits. */
async function careless(ctx: WorkflowContext, left: number): Promise<string> {
  void ctx.callActivity(echo, left)
  if (left > 0) ctx.continueAsNew(left - 1)
  return 'done'
}

const app = {
  workflows: { everything, leaf, sink, parent, greeter, hasty, relay, parting, careless },
  activities: { echo },
}

/** The ports of a host whose calls of a method fail before they do anything. */
function failing(method: string, times: number): (ports: Ports) => Ports {
  let left = times
  return (ports) =>
    interceptPorts(ports, async (call, run) => {
      if (call.method === method && left-- > 0) throw new Error(`simulated: ${method} failed`)
      return run()
    })
}

async function stageWithSink() {
  const stage = new Stage()
  const helper = stage.host(app)
  await stage.start(helper, 'sink')
  await deliver(helper, stage.doorbell('start'))
  return { stage, helper }
}

/** What was dispatched for the instance `everything`, each as often as it was. */
const dispatched = (stage: Stage) =>
  stage.sent
    .filter(({ instanceId, kind }) => kind !== 'doorbell' || instanceId !== 'everything')
    .slice(1)
    .map((message) =>
      message.kind === 'doorbell' ? `${message.instanceId} ${message.factIds.length}` : message.kind,
    )
    .toSorted()

test.each(['send', 'createInstance', 'putInbox'])(
  'what was committed is dispatched by the message that comes again, when %s failed once',
  async (method) => {
    const { stage } = await stageWithSink()
    const starter = stage.host(app)
    await stage.start(starter, 'everything')
    const host = stage.host(app, { ports: failing(method, 1) })
    const start = stage.doorbell('start')
    expect(await deliver(host, start)).toEqual([false])
    expect(await stage.history('everything')).toHaveLength(1)
    expect(await deliver(host, start, 2)).toEqual([true])
    expect(dispatched(stage)).toEqual(['activity', 'everything:0003 1', 'sink 1', 'timer'])
    expect(await stage.view(host, 'everything')).toMatchObject({ customStatus: 'asked' })
    expect(await stage.history('everything')).toHaveLength(1)
  },
)

test.each(['at once', 'for later'])(
  'the message of a start %s guards the first turn beyond a continue-as-new',
  async (when) => {
    const { stage, helper } = await stageWithSink()
    const startAt = stage.clock.now() + (when === 'at once' ? 0 : 1_000)
    await stage.start(helper, 'hasty', 1, { startAt })
    await stage.rest(1_000)
    const start = when === 'at once' ? stage.doorbell('start') : stage.timer(0)
    expect(await deliver(stage.host(app, { ports: failing('putInbox', 1) }), start)).toEqual([false])
    await stage.raise(helper, 'hasty', 'next')
    expect(await deliver(helper, stage.doorbell())).toEqual([true])
    expect((await stage.history('hasty')).at(-1)).toMatchObject({ generation: 2 })
    const heard = () =>
      stage
        .messages('doorbell')
        .filter(({ instanceId, factIds }) => instanceId === 'sink' && factIds[0] !== 'start')
    expect(heard()).toEqual([])
    expect(await deliver(helper, start, 2)).toEqual([true])
    expect(heard()).toHaveLength(1)
  },
)

test('another host dispatches what a host cannot that fails for ever (Dapr: scheduler/redispatchlost)', async () => {
  const { stage, helper } = await stageWithSink()
  await stage.start(helper, 'everything')
  const broken = stage.host(app, { ports: failing('send', Number.POSITIVE_INFINITY) })
  const start = stage.doorbell('start')
  for (let receives = 1; receives <= 3; receives++)
    expect(await deliver(broken, start, receives)).toEqual([false])
  expect(await deliver(helper, start, 4)).toEqual([true])
  expect(dispatched(stage)).toEqual(['activity', 'everything:0003 1', 'sink 1', 'timer'])
})

test('a timer or status that could not be written is made up for', async () => {
  for (const method of ['schedule', 'projectStatus']) {
    const { stage, helper } = await stageWithSink()
    await stage.start(helper, 'everything')
    const host = stage.host(app, { ports: failing(method, 1) })
    const start = stage.doorbell('start')
    expect([method, await deliver(host, start)]).toEqual([method, [false]])
    expect(await deliver(helper, start, 2)).toEqual([true])
    expect(stage.messages('timer').length).toBeGreaterThan(0)
    expect(await stage.view(helper, 'everything')).toMatchObject({ customStatus: 'asked' })
  }
})

test.each([
  ['suspend', 'SUSPENDED'],
  ['resume', 'RUNNING'],
] as const)('the status after %s is shown by the message that comes again', async (operation, status) => {
  const { stage, helper } = await stageWithSink()
  if (operation === 'resume') {
    await helper.management.suspend('sink')
    await deliver(helper, stage.doorbell())
  }
  await helper.management[operation]('sink')
  const host = stage.host(app, { ports: failing('projectStatus', 1) })
  expect(await deliver(host, stage.doorbell())).toEqual([false])
  expect(await deliver(host, stage.doorbell(), 2)).toEqual([true])
  expect(await stage.view(host, 'sink')).toMatchObject({ status })
})

test('what has an outcome by then is not dispatched again (Dapr: dedup/skipresolved)', async () => {
  const { stage, helper } = await stageWithSink()
  await stage.start(helper, 'everything')
  const start = stage.doorbell('start')
  const host = stage.host(app, { ports: failing('schedule', 1) })
  expect(await deliver(host, start)).toEqual([false])
  expect(await deliver(helper, stage.activity(1))).toEqual([true])
  expect(await deliver(helper, start, 2)).toEqual([true])
  expect(stage.messages('activity')).toHaveLength(1)
})

test('a second ring for the same event is acknowledged, and dispatches nothing again (Dapr: chaos/reminderdedup)', async () => {
  const { stage, helper } = await stageWithSink()
  await stage.start(helper, 'greeter', 1)
  await deliver(helper, stage.doorbell('start'))
  const greet = { instanceId: 'greeter', eventName: 'greet', eventId: 'once' }
  await helper.management.raiseEvent(greet)
  const first = stage.doorbell('e:once')
  await helper.management.raiseEvent(greet)
  const second = stage.doorbell('e:once')
  expect(second.token).not.toBe(first.token)
  expect(await deliver(helper, first)).toEqual([true])
  const before = stage.sent.length
  for (const host of [helper, stage.host(app)]) expect(await deliver(host, second)).toEqual([true])
  expect(stage.sent.length).toBe(before)
})

test('a parent hears of its child although the host died between the end of the child and the notice', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'parent')
  await deliver(host, stage.doorbell('start'))
  const childStart = stage.doorbell('start')
  expect(childStart.instanceId).toBe('parent:0001')
  const dying = stage.host(app, { ports: failing('putInbox', 1) })
  expect(await deliver(dying, childStart)).toEqual([false])
  expect(await stage.row('parent:0001')).toMatchObject({ status: 'PENDING' })
  expect(await deliver(host, childStart, 2)).toEqual([true])
  expect(await stage.row('parent:0001')).toMatchObject({ status: 'COMPLETED' })
  expect(await deliver(host, stage.doorbell('t:1.1'))).toEqual([true])
  expect(await stage.row('parent')).toMatchObject({ status: 'COMPLETED', output: '"leaf"' })
})

/** A greeting is committed and not sent; then the instance continues as new without the host that owed it. */
async function greetingOwed() {
  const { stage, helper } = await stageWithSink()
  await stage.start(helper, 'greeter', 1)
  await deliver(helper, stage.doorbell('start'))
  await stage.raise(helper, 'greeter', 'greet')
  const greet = stage.doorbell()
  const dying = stage.host(app, { ports: failing('putInbox', 1) })
  expect(await deliver(dying, greet)).toEqual([false])
  return { stage, helper, greet }
}

const goOn = async (stage: Stage, host: ReturnType<Stage['host']>) => {
  await stage.raise(host, 'greeter', 'next')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
}

test('the carrier of an older generation finds what it guards, and sends it', async () => {
  const { stage, helper, greet } = await greetingOwed()
  stage.backend.queue.isCarried = (token) => token === greet.token
  await goOn(stage, helper)
  expect(await stage.row('greeter')).toMatchObject({ episode: 4 })
  expect(await stage.inbox('sink')).toEqual([])
  expect(await deliver(stage.host(app), greet, 2)).toEqual([true])
  expect(await stage.inbox('sink')).toHaveLength(1)
})

test('a carrier that loses a race to a new generation still finds what it guards', async () => {
  const { stage, helper } = await stageWithSink()
  await stage.start(helper, 'greeter', 1)
  await deliver(helper, stage.doorbell('start'))
  await stage.raise(helper, 'greeter', 'greet')
  const greet = stage.doorbell()
  stage.backend.queue.isCarried = (token) => token === greet.token
  const dying = stage.host(app, { ports: failing('putInbox', 1) })
  // The message was delivered twice. The first host waits before its commit, while the second commits and dies, and a third goes on.
  const slow = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async appendEpisode(key, episode) {
          if (episode.n === 2) {
            expect(await deliver(dying, greet)).toEqual([false])
            await goOn(stage, helper)
          }
          return ports.store.appendEpisode(key, episode)
        },
      }),
  })
  expect(await deliver(slow, greet)).toEqual([true])
  expect(await stage.inbox('sink')).toHaveLength(1)
})

test('a carrier finds what it guards when the generation ends between its two reads', async () => {
  const { stage, helper, greet } = await greetingOwed()
  stage.backend.queue.isCarried = (token) => token === greet.token
  let reads = 0
  const slow = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async read(key, after) {
          if (++reads === 2) await goOn(stage, helper)
          return ports.store.read(key, after)
        },
      }),
  })
  expect(await deliver(slow, greet, 2)).toEqual([true])
  expect(reads).toBeGreaterThanOrEqual(2)
  expect(await stage.inbox('sink')).toHaveLength(1)
})

test('a message that is sent again so that others have their turn dispatches nothing again', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  stage.deliverTo(host)
  const rounds = limits.generationsPerTurn * 3
  await stage.start(host, 'careless', rounds)
  await stage.ended('careless')
  await stage.rest()
  const inputs = stage.messages('activity').map(({ input }) => Number(input))
  expect(inputs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rounds + 1 }, (_, at) => at))
})

test('a carrier whose own fact is still to come finds what it guards, although two generations have begun since', async () => {
  const { stage, helper } = await stageWithSink()
  await stage.start(helper, 'relay', 1)
  await deliver(helper, stage.doorbell('start'))
  const rings: ReturnType<Stage['doorbell']>[] = []
  for (const data of ['a', 'b', 'c', 'd']) {
    await stage.raise(helper, 'relay', 'item', data)
    rings.push(stage.doorbell())
  }
  stage.backend.queue.isCarried = (token) => rings.some((ring) => ring.token === token)
  // Each takes an event that was accepted before its own, and dies before it has sent what that event asks for.
  for (const ring of [rings[2], rings[3]]) {
    const dying = stage.host(app, { ports: failing('putInbox', 1) })
    expect(ring && (await deliver(dying, ring))).toEqual([false])
  }
  // The first of the two comes again while its own fact still waits.
  const next = stage.host(app, { liveInstances: 0 })
  for (const at of [2, 3, 0, 1]) {
    const ring = rings[at]
    expect(ring && (await deliver(next, ring, 2))).toEqual([true])
  }
  const { inbox } = await stage.store.read(await stage.row('sink'))
  const sent = inbox.map(({ event }) => (event.kind === 'eventRaised' ? event.input : undefined))
  expect(sent).toHaveLength(4)
  expect(new Set(sent)).toEqual(new Set(['"a"', '"b"', '"c"', '"d"']))
})

/** A nudge for an instance as it is now. */
async function nudge(stage: Stage, instanceId: string, token: string): Promise<Nudge> {
  const { incarnation, episode } = await stage.row(instanceId)
  return { v: 1, kind: 'nudge', instanceId, incarnation, token, id: `n:${token}`, episode }
}

test("a sweeper's nudge does not run again what an older generation asked for and nobody awaited", async () => {
  const stage = new Stage()
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'parting')
  await stage.rest()
  expect(stage.messages('activity')).toHaveLength(1)
  expect(await deliver(host, await nudge(stage, 'parting', 'sweep-1'))).toEqual([true])
  expect(stage.messages('activity')).toHaveLength(1)
})

test('a nudge whose instance has moved since does nothing', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'everything')
  await deliver(host, stage.doorbell('start'))
  const late = await nudge(stage, 'everything', 'sweep-1')
  await stage.raise(host, 'everything', 'other')
  await deliver(host, stage.doorbell())
  const before = stage.sent.length
  expect(await deliver(host, late)).toEqual([true])
  expect(stage.sent.length).toBe(before)
})
