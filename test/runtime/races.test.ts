// Two hosts over one store: whoever loses a race catches up, and what everybody sees in the end is one line.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { factIdOf } from '../../src/engine/events.ts'
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

const echo = async (_ctx: unknown, x: number) => x
const pair = async (ctx: WorkflowContext) => Promise.all([ctx.callActivity(echo, 1), ctx.callActivity(echo, 2)])
const app = { workflows: { collect, pair }, activities: { echo } }

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
])('a lost race converges: both events are taken once, in the order of acceptance (instances %s)', async (_how, liveInstances) => {
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
})

test('a message handled by two hosts at once is taken once, and both acknowledge it', async () => {
  const stage = new Stage()
  const [one, two] = [stage.host(app), stage.host(app)]
  await stage.start(one, 'pair')
  await deliver(one, stage.doorbell('start'))
  const messages = [stage.activity(1), stage.activity(2)]
  const answers = await Promise.all([one, two].flatMap((host) => messages.map((message) => deliver(host, message))))
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

/** A host that loses every race: before each of its commits another host takes an event. */
async function loserFor(liveInstances: number) {
  const stage = new Stage()
  const winner = stage.host(app)
  await stage.start(winner, 'collect')
  await deliver(winner, stage.doorbell('start'))
  let raised = 0
  const loser = stage.host(app, {
    liveInstances,
    ports: preempted(async () => {
      await stage.raise(winner, 'collect', 'item', ++raised)
      // The winner is handed only its own event, but takes along whatever waits.
      await stage.store.deleteInbox(await stage.row('collect'), [])
      expect(await deliver(winner, stage.doorbell())).toEqual([true])
    }, Number.POSITIVE_INFINITY),
  })
  return { stage, winner, loser, raised: () => raised }
}

test('after eight lost races a doorbell is sent again for later, and acknowledged', async () => {
  const { stage, winner, loser } = await loserFor(10_000)
  // Rows of the loser's own are hidden from the winner, so that it can win again and again.
  const key = await stage.row('collect')
  const mine = { factId: 'e:mine', event: { kind: 'eventRaised', id: 'e:mine', name: 'item', input: '"mine"' } } as const
  const read = stage.store.read.bind(stage.store)
  let hidden = true
  stage.store.read = async (...args) => {
    const record = await read(...args)
    return hidden && isWinner ? { ...record, inbox: record.inbox.filter(({ factId }) => factId !== 'e:mine') } : record
  }
  let isWinner = false
  await stage.store.putInbox(key, { ...mine, acceptedAt: 0 })
  const doorbell = { ...stage.doorbell(), token: 'mine', factIds: ['e:mine'] }
  void [winner, hidden, isWinner]
  expect(await deliver(loser, doorbell)).toEqual([true])
})
