// Inline activities: run by the host that commits them, one commit each, and taken from it only when it is lost.

import { expect, onTestFinished, test } from 'vitest'
import { activity, type ActivityContext, defineApp, type WorkflowContext } from '../../src/index.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend, replay } from '../../src/testing/index.ts'

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)

interface Sharing {
  readonly steps: number
  readonly commitEvery: number
}

function stage(run: (ctx: ActivityContext, n: number) => unknown = (_, n) => n + 1) {
  const step = activity(async (ctx: ActivityContext, n: number) => (await run(ctx, n)) as number, {
    inline: true,
  })
  const queued = (_: ActivityContext, n: number): number => n * 10

  async function chain(ctx: WorkflowContext, steps: number): Promise<number> {
    let n = 0
    while (n < steps) n = await ctx.callActivity(step, n)
    return n
  }
  async function together(ctx: WorkflowContext): Promise<number[]> {
    const inline = [1, 2, 3].map((n) => ctx.callActivity(step, n))
    return Promise.all([...inline, ctx.callActivity(queued, 4)])
  }
  async function perCall(ctx: WorkflowContext): Promise<number[]> {
    return [
      await ctx.callActivity(queued, 1, { inline: true }),
      await ctx.callActivity(step, 1, { inline: false }),
    ]
  }

  async function sharing(ctx: WorkflowContext, { steps, commitEvery }: Sharing): Promise<number> {
    let n = 0
    while (n < steps) n = await ctx.callActivity(step, n, { inline: { commitEvery } })
    return n
  }
  async function mixed(ctx: WorkflowContext): Promise<number> {
    const inline = { inline: { commitEvery: 10 } }
    const one = await ctx.callActivity(step, 0, inline)
    const two = await ctx.callActivity(step, one, inline)
    const twenty = await ctx.callActivity(queued, two)
    return twenty + (await ctx.callActivity(step, 10, inline))
  }

  const app = defineApp({
    workflows: { chain, together, perCall, sharing, mixed },
    activities: { step, queued },
  })
  const backend = createMemoryBackend()
  const sent: Message[] = []
  const episodes: Episode[] = []
  const ports: Ports = {
    ...backend.ports,
    queue: {
      send: (messages, delayMs) => {
        sent.push(...messages)
        return backend.ports.queue.send(messages, delayMs)
      },
    },
  }
  const { store } = backend
  const append = store.appendEpisode.bind(store)
  store.appendEpisode = async (key, episode) => {
    const result = await append(key, episode)
    if (result.kind === 'committed') episodes.push(episode)
    return result
  }
  const open = (seen: Ports) => {
    const runtime = createRuntime(app, seen)
    onTestFinished(() => runtime.close())
    return runtime
  }
  const hosts = [open(ports)]
  const end = async (workflowName: string, input?: unknown) => {
    const next = open(ports)
    backend.queue.run(() => hosts[0] ?? next)
    const { management } = open(backend.ports)
    await management.start({
      workflowName,
      instanceId: 'i',
      ...(input !== undefined && { input: JSON.stringify(input) }),
    })
    await backend.clock.runUntil(() => false, 3_600_000)
    return management.get('i')
  }
  return { app, backend, ports, hosts, sent, episodes, end }
}

test.each([
  [25, 10, 4],
  [25, 1, 26],
  [10, 10, 2],
  [3, 1_000, 2],
])(
  '%i inline activities in a row that share commits by %i cost %i commits',
  async (steps, commitEvery, commits) => {
    const { app, end, sent, episodes } = stage()
    expect(await end('sharing', { steps, commitEvery })).toMatchObject({
      status: 'COMPLETED',
      output: String(steps),
    })
    expect(episodes).toHaveLength(commits)
    expect(sent).toEqual([])
    expect(await replay(app, { episodes }, { twice: true })).toMatchObject({ ok: true })
  },
)

test('what is not inline between two inline activities is committed before it is dispatched', async () => {
  const { end, episodes } = stage()
  expect(await end('mixed')).toMatchObject({ status: 'COMPLETED', output: '31' })
  expect(episodes.map(({ commands }) => commands.map(({ kind, seq }) => `${kind} ${seq}`))).toEqual([
    ['scheduleTask 1'],
    ['scheduleTask 2', 'scheduleTask 3'],
    ['scheduleTask 4'],
    [],
  ])
})

test('a host that dies takes the steps of one commit along, and they run again, once', async () => {
  const ran: number[] = []
  const { end, hosts } = stage((_, n) => {
    ran.push(n)
    // The first host dies in the fourth step of its second commit.
    if (ran.length !== 14) return n + 1
    hosts.length = 0
    return new Promise(() => {})
  })
  expect(await end('sharing', { steps: 25, commitEvery: 10 })).toMatchObject({
    status: 'COMPLETED',
    output: '25',
  })
  expect(ran).toEqual([...range(0, 14), ...range(10, 25)])
})

test.each([0, -1, 1.5, 1_001, Number.NaN])('commitEvery must make sense: %d', async (commitEvery) => {
  const { end } = stage()
  const { failure } = (await end('sharing', { steps: 1, commitEvery })) ?? {}
  expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(() => activity(async () => 1, { inline: { commitEvery } })).toThrow('commitEvery')
})

test('N inline activities in a row cost N + 1 commits and no message', async () => {
  const { end, sent, episodes } = stage()
  expect(await end('chain', 25)).toMatchObject({ status: 'COMPLETED', output: '25' })
  expect(episodes).toHaveLength(26)
  expect(sent).toEqual([])
})

test('inline activities side by side share one commit; what is queued goes to the queue', async () => {
  const { end, sent, episodes } = stage()
  expect(await end('together')).toMatchObject({ status: 'COMPLETED', output: '[2,3,4,40]' })
  expect(sent.map(({ kind }) => kind)).toEqual(['activity'])
  expect(episodes).toHaveLength(3)
})

test('a call decides for itself, whatever the activity says', async () => {
  const { end, sent } = stage()
  expect(await end('perCall')).toMatchObject({ status: 'COMPLETED', output: '[10,2]' })
  expect(sent.map((message) => message.kind === 'activity' && message.name)).toEqual(['step'])
})

test('the issue is committed before the body runs', async () => {
  const seen: number[] = []
  const { end, episodes } = stage((_, n) => {
    seen.push(episodes.length)
    return n + 1
  })
  await end('chain', 3)
  expect(seen).toEqual([1, 2, 3])
})

test('an inline activity that takes its host along is run again from the queue, by another host, once its lease is over', async () => {
  let isFirst = true
  const world = stage((_, n) => {
    if (!isFirst) return n + 1
    isFirst = false
    // This host is gone: it never comes back from here.
    world.hosts.length = 0
    return new Promise(() => {})
  })
  const started = world.backend.clock.now()
  expect(await world.end('chain', 2)).toMatchObject({ status: 'COMPLETED', output: '2' })
  const demoting = world.episodes.find(({ demoted }) => demoted !== undefined)
  expect(demoting).toMatchObject({ demoted: [1], by: world.episodes[0]?.by })
  expect(demoting?.at).toBeGreaterThanOrEqual(started + 60_000)
  expect(world.sent.filter(({ kind }) => kind === 'activity')).toHaveLength(1)
})
