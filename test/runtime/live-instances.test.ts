// Instances in memory are a saving and nothing else: whatever is in doubt is dropped and made again from the history.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { InstanceRecord } from '../../src/runtime/rows.ts'
import { interceptPorts, withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

/** How often workflow code began from the top. */
let beginnings = 0

async function collect(ctx: WorkflowContext): Promise<unknown[]> {
  beginnings++
  const taken: unknown[] = []
  for (;;) {
    const item = await ctx.waitForExternalEvent('item')
    if (item === 'stop') return taken
    taken.push(item)
  }
}

async function rounds(ctx: WorkflowContext, taken: unknown[]): Promise<unknown> {
  const item = await ctx.waitForExternalEvent('item')
  if (item === 'stop') return taken
  ctx.continueAsNew([...taken, item], true)
  return undefined
}

const app = { workflows: { collect, rounds } }

/** Counts the episodes that a host reads. */
function readCounter() {
  const read: number[] = []
  const ports = (given: Ports): Ports =>
    interceptPorts(given, async ({ method }, run) => {
      const result = await run()
      if (method === 'read') read.push((result as InstanceRecord).episodes.length)
      return result
    })
  return { read, ports }
}

/** A stage whose store trims at once what is over. */
function forgetful(): Stage {
  const stage = new Stage()
  stage.backend.queue.isCarried = () => false
  return stage
}

async function give(stage: Stage, host: ReturnType<Stage['host']>, instanceId: string, data: unknown) {
  await stage.raise(host, instanceId, 'item', data)
  return deliver(host, stage.doorbell())
}

test('an instance that is in memory goes on where it was, and only what is new is read', async () => {
  const stage = new Stage()
  const { read, ports } = readCounter()
  const host = stage.host(app, { ports })
  await stage.start(host, 'collect')
  await deliver(host, stage.doorbell('start'))
  const before = beginnings
  for (let at = 0; at < 5; at++) await give(stage, host, 'collect', at)
  expect(beginnings).toBe(before)
  expect(read.slice(1)).toEqual([0, 0, 0, 0, 0])
})

test('no more instances are kept than may be; the one that was used longest ago goes first (Dapr: statefulhistory/maxinstances)', async () => {
  const stage = new Stage()
  const { read, ports } = readCounter()
  const host = stage.host(app, { ports, liveInstances: 2 })
  for (const instanceId of ['a', 'b', 'c']) {
    await stage.start(host, 'collect', undefined, { instanceId })
    await deliver(host, stage.doorbell('start'))
  }
  read.length = 0
  await give(stage, host, 'b', 1)
  await give(stage, host, 'a', 1)
  await give(stage, host, 'b', 2)
  await give(stage, host, 'c', 1)
  // b was kept; a had been dropped for c, and c for a.
  expect(read).toEqual([0, 1, 0, 1])
})

test('reset forgets everything, and everything goes on (Dapr: statefulhistory/reconnect)', async () => {
  const stage = new Stage()
  const { read, ports } = readCounter()
  const host = stage.host(app, { ports })
  await stage.start(host, 'collect')
  await deliver(host, stage.doorbell('start'))
  await give(stage, host, 'collect', 1)
  host.reset()
  read.length = 0
  await give(stage, host, 'collect', 2)
  expect(read).toEqual([2])
  await give(stage, host, 'collect', 'stop')
  expect(await stage.row('collect')).toMatchObject({ output: '[1,2]' })
})

test.each(['appendEpisode', 'deleteInbox', 'read'])(
  'after a turn in which %s failed nothing is believed that is only in memory',
  async (method) => {
    const stage = new Stage()
    let failures = 0
    const host = stage.host(app, {
      ports: (given) =>
        interceptPorts(given, async (call, run) => {
          if (call.method === method && failures-- > 0) throw new Error('simulated')
          return run()
        }),
    })
    await stage.start(host, 'collect')
    await deliver(host, stage.doorbell('start'))
    await give(stage, host, 'collect', 1)
    failures = 1
    await stage.raise(host, 'collect', 'item', 2)
    const ring = stage.doorbell()
    expect(await deliver(host, ring)).toEqual([false])
    await give(stage, host, 'collect', 3)
    expect(await deliver(host, ring, 2)).toEqual([true])
    await give(stage, host, 'collect', 'stop')
    expect(await stage.row('collect')).toMatchObject({ output: '[1,2,3]' })
  },
)

test('a host that is generations behind, of which the history is trimmed, catches up', async () => {
  const stage = forgetful()
  const [ahead, behind] = [stage.host(app), stage.host(app)]
  await stage.start(ahead, 'rounds', [])
  await deliver(behind, stage.doorbell('start'))
  for (let at = 0; at < 6; at++) expect(await give(stage, ahead, 'rounds', at)).toEqual([true])
  expect((await stage.history('rounds'))[0]?.n).toBeGreaterThan(2)
  expect(await give(stage, behind, 'rounds', 6)).toEqual([true])
  expect(await give(stage, behind, 'rounds', 'stop')).toEqual([true])
  expect(await stage.row('rounds')).toMatchObject({ output: '[0,1,2,3,4,5,6]' })
})

test('a host that is generations behind catches up when only some episodes of what it missed are left', async () => {
  const stage = forgetful()
  const [ahead, behind] = [stage.host(app), stage.host(app)]
  await stage.start(ahead, 'rounds', [])
  await deliver(behind, stage.doorbell('start'))
  const guards = new Set<string>()
  stage.backend.queue.isCarried = (token) => guards.has(token)
  await stage.raise(ahead, 'rounds', 'item', 0)
  // What this message carries is needed, and what comes after it by nobody.
  guards.add(stage.doorbell().token)
  await deliver(ahead, stage.doorbell())
  for (let at = 1; at < 6; at++) await give(stage, ahead, 'rounds', at)
  const left = (await stage.history('rounds')).map(({ n }) => n)
  expect(left.slice(0, 2)).toEqual([2, 3])
  expect(left[2]).toBeGreaterThan(4)
  expect(await give(stage, behind, 'rounds', 'stop')).toEqual([true])
  expect(await stage.row('rounds')).toMatchObject({ output: '[0,1,2,3,4,5]' })
})

test('an append that is too old for a trimmed history is not taken for the end of the life', async () => {
  const stage = forgetful()
  const ahead = stage.host(app)
  await stage.start(ahead, 'rounds', [])
  await deliver(ahead, stage.doorbell('start'))
  const slow = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async appendEpisode(key, episode) {
          if (episode.n === 2) for (let at = 0; at < 4; at++) await give(stage, ahead, 'rounds', at)
          return ports.store.appendEpisode(key, episode)
        },
      }),
  })
  await stage.raise(slow, 'rounds', 'item', 'mine')
  const ring = stage.doorbell()
  expect(await deliver(slow, ring)).toEqual([true])
  await give(stage, ahead, 'rounds', 'stop')
  const { output } = await stage.row('rounds')
  expect(JSON.parse(output ?? '')).toEqual(['mine', 0, 1, 2, 3])
})

test('messages of one instance are handled one after the other within a host, those of others at once', async () => {
  const stage = new Stage()
  let present = 0
  let most = 0
  const both = Promise.withResolvers<void>()
  const host = stage.host(app, {
    ports: (given) =>
      withPorts(given, {
        async appendEpisode(key, episode) {
          most = Math.max(most, ++present)
          if (present === 2) both.resolve()
          if (key.instanceId !== 'a') await both.promise
          const result = await given.store.appendEpisode(key, episode)
          present--
          return result
        },
      }),
  })
  for (const instanceId of ['a', 'b', 'c']) await stage.start(host, 'collect', undefined, { instanceId })
  const starts = stage.messages('doorbell')
  const [a, ...others] = starts
  expect(a && (await Promise.all([deliver(host, a), deliver(host, a), deliver(host, a)]))).toEqual([
    [true],
    [true],
    [true],
  ])
  expect(most).toBe(1)
  await Promise.all(others.map((message) => deliver(host, message)))
  expect(most).toBe(2)
})
