// Two hosts over one store: whoever loses a race catches up, and what everybody sees in the end is one line.
import { expect, test } from 'vitest'
import { factIdOf } from '../../src/engine/events.ts'
import type { WorkflowContext } from '../../src/index.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { limits } from '../../src/workflow/limits.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

/** Takes `item` events until `stop` comes. */
async function collect(ctx: WorkflowContext): Promise<unknown[]> {
  const taken: unknown[] = []
  for (;;) {
    const item = ctx.waitForExternalEvent('item')
    const stop = ctx.waitForExternalEvent('stop')
    if ((await ctx.whenAny({ item, stop })) === 'stop') return taken
    stop.cancel()
    taken.push(item.getResult())
  }
}

/** Like `collect`, with an activity and a timer under way that nobody awaits. */
async function busy(ctx: WorkflowContext): Promise<unknown[]> {
  void ctx.callActivity(echo, 1)
  ctx.createTimer(60).catch(() => {})
  return collect(ctx)
}

const echo = async (_ctx: unknown, x: number) => x
const pair = async (ctx: WorkflowContext) =>
  Promise.all([ctx.callActivity(echo, 1), ctx.callActivity(echo, 2)])
const app = { workflows: { collect, busy, pair }, activities: { echo } }

/** A host before whose commits something else happens, `times` times. */
function preempted(before: () => Promise<void>, times: number): (ports: Ports) => Ports {
  let left = times
  return (ports) =>
    withPorts(ports, {
      async appendEpisode(key, episode) {
        if (left-- > 0) await before()
        return ports.store.appendEpisode(key, episode)
      },
    })
}

/** Every fact once, numbers without a gap. */
function assertOneLine(history: readonly Episode[]): void {
  expect(history.map(({ n }) => n)).toEqual(history.map((_, at) => at + 1))
  const facts = history.flatMap(({ events }) => events.map(factIdOf))
  expect(new Set(facts).size).toBe(facts.length)
}

test.each([
  ['held in memory', 10_000],
  ['replayed', 0],
])(
  'a lost race converges: both events are taken once, in the order of acceptance (instances %s)',
  async (_how, liveInstances) => {
    const stage = new Stage()
    const winner = stage.host(app, { liveInstances })
    await stage.start(winner, 'collect')
    await deliver(winner, stage.doorbell('start'))
    await stage.raise(winner, 'collect', 'item', 1)
    const first = stage.doorbell()
    // The loser reads before the second event is there, and commits after the winner has taken both.
    const loser = stage.host(app, {
      liveInstances,
      ports: preempted(async () => {
        await stage.raise(winner, 'collect', 'item', 2)
        expect(await deliver(winner, stage.doorbell())).toEqual([true])
      }, 1),
    })
    expect(await deliver(loser, first)).toEqual([true])
    await stage.raise(loser, 'collect', 'stop')
    expect(await deliver(loser, stage.doorbell())).toEqual([true])
    expect(await stage.row('collect')).toMatchObject({ status: 'COMPLETED', output: '[1,2]' })
    assertOneLine(await stage.history('collect'))
  },
)

test('a message handled by two hosts at once is taken once, and both acknowledge it (Dapr: loadbalance/conflict, chaos/etagconflict; DG: worker/idempotentTurn)', async () => {
  const stage = new Stage()
  const [one, two] = [stage.host(app), stage.host(app)]
  await stage.start(one, 'pair')
  await deliver(one, stage.doorbell('start'))
  const messages = [stage.activity(1), stage.activity(2)]
  const answers = await Promise.all(
    [one, two].flatMap((host) => messages.map((message) => deliver(host, message))),
  )
  expect(answers.flat()).toEqual([true, true, true, true])
  expect(await stage.row('pair')).toMatchObject({ status: 'COMPLETED', output: '[1,2]' })
  assertOneLine(await stage.history('pair'))
})

test('a start that two hosts handle at once happens once', async () => {
  const stage = new Stage()
  const [one, two] = [stage.host(app), stage.host(app)]
  await stage.start(one, 'pair')
  const start = stage.doorbell('start')
  expect((await Promise.all([deliver(one, start), deliver(two, start)])).flat()).toEqual([true, true])
  expect(await stage.history('pair')).toHaveLength(1)
})

test('two hosts that take turns in any order end with what one host would have done', async () => {
  const stage = new Stage({ manners: { batch: () => 1 } })
  const hosts = [stage.host(app), stage.host(app), stage.host(app)]
  const [host] = hosts as [(typeof hosts)[0]]
  stage.deliverTo(...hosts)
  await stage.start(host, 'collect')
  for (let at = 0; at < 40; at++) {
    await stage.raise(host, 'collect', 'item', at)
    if (at % 7 === 0) await stage.rest(1)
  }
  await stage.raise(host, 'collect', 'stop')
  const { output } = await stage.ended('collect')
  expect(JSON.parse(output ?? '')).toEqual(Array.from({ length: 40 }, (_, at) => at))
  assertOneLine(await stage.history('collect'))
})

/**
 * A workflow that waits for an activity and a timer, and a host that loses every race: before each of its commits the winner takes an
 * event, and after it another event is left in the inbox.
 */
async function rivals() {
  const stage = new Stage()
  /** Rows that the winner does not see, so that it does not take them along. */
  const hidden = new Set<string>()
  const winner = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async read(...args) {
          const record = await ports.store.read(...args)
          return { ...record, inbox: record.inbox.filter(({ factId }) => !hidden.has(factId)) }
        },
      }),
  })
  await stage.start(winner, 'busy')
  await deliver(winner, stage.doorbell('start'))
  let raised = 0
  const loser = stage.host(app, {
    ports: preempted(async () => {
      await stage.raise(winner, 'busy', 'item', ++raised)
      expect(await deliver(winner, stage.doorbell())).toEqual([true])
      await stage.raise(winner, 'busy', 'item', ++raised)
    }, limits.lostRaces),
  })
  return { stage, winner, loser, hidden, raised: () => raised }
}

test.each([
  ['the outcome of an activity', 't:1.1', (stage: Stage) => stage.activity(1)],
  ['a timer that is due', 't:1.2', (stage: Stage) => stage.timer(2)],
])(
  'after eight lost races %s is left in the inbox, and one doorbell names it',
  async (_what, factId, messageOf) => {
    const { stage, loser } = await rivals()
    await stage.clock.runUntil(() => false, 60_000)
    const before = stage.messages('doorbell').length
    expect(await deliver(loser, messageOf(stage))).toEqual([true])
    expect(await stage.inbox('busy')).toContain(factId)
    const rings = stage.messages('doorbell').slice(before)
    expect(rings.filter(({ factIds }) => factIds.includes(factId))).toHaveLength(1)
    expect(await stage.history('busy')).toHaveLength(1 + limits.lostRaces)
  },
)

test('after eight lost races a doorbell whose row is still there is sent again for later, with its token', async () => {
  const { stage, winner, loser, hidden } = await rivals()
  await stage.raise(winner, 'busy', 'item', 'not for the winner')
  const ring = stage.doorbell()
  for (const factId of ring.factIds) hidden.add(factId)
  const before = stage.sent.length
  expect(await deliver(loser, ring)).toEqual([true])
  expect(stage.sent.slice(before).filter(({ token }) => token === ring.token)).toHaveLength(1)
})

test('a host that has parked goes on from the history, not from a turn that it could not commit', async () => {
  const { stage, loser, raised } = await rivals()
  await deliver(loser, stage.activity(1))
  await stage.raise(loser, 'busy', 'stop')
  expect(await deliver(loser, stage.doorbell())).toEqual([true])
  const { status, output } = await stage.row('busy')
  expect(status).toBe('COMPLETED')
  expect(JSON.parse(output ?? '')).toEqual(Array.from({ length: raised() }, (_, at) => at + 1))
})

test("one's own write whose answer was lost counts as a success, and is dispatched once", async () => {
  const stage = new Stage()
  const host = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        // The first write succeeds, its answer is lost, and the client of the store repeats it.
        async appendEpisode(key, episode) {
          await ports.store.appendEpisode(key, episode)
          return ports.store.appendEpisode(key, episode)
        },
      }),
  })
  await stage.start(host, 'pair')
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  expect(stage.messages('activity')).toHaveLength(2)
  expect(await stage.history('pair')).toHaveLength(1)
})

test('an append to a life that is gone ends the handler, and its message is acknowledged', async () => {
  const stage = new Stage()
  const host = stage.host(app, {
    ports: (ports) => withPorts(ports, { appendEpisode: async () => ({ kind: 'gone' }) }),
  })
  await stage.start(host, 'pair')
  expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  expect(stage.messages('activity')).toEqual([])
})
