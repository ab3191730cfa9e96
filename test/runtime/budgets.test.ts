// What a step costs, counted at the ports: requests cost money, and must not grow with the history.

import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { InstanceRecord } from '../../src/runtime/rows.ts'
import type { MemoryBackendOptions } from '../../src/testing/memory-backend.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { interceptPorts } from '../support/intercept-ports.ts'
import { Stage } from './stage.ts'

/** Messages that one request to the queue can carry (SQS). */
const perRequest = 10

const add = async (_ctx: unknown, x: number) => x + 1

async function chain(ctx: WorkflowContext, length: number): Promise<number> {
  let x = 0
  while (x < length) x = await ctx.callActivity(add, x)
  return x
}

const fanOut = async (ctx: WorkflowContext, width: number) =>
  ctx.whenAll(Array.from({ length: width }, (_, at) => ctx.callActivity('slow', at)))

const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')

const app = { workflows: { chain, fanOut, waiting }, activities: { add } }

/** A stage whose one host counts its calls. */
function counting({
  activities = {},
  ...options
}: MemoryBackendOptions & Pick<AppDefinition, 'activities'> = {}) {
  const stage = new Stage({ manners: { batch: () => 10 }, ...options })
  const calls: Record<string, number> = {}
  let episodesRead = 0
  let sendRequests = 0
  const host = stage.host(
    { ...app, activities: { ...app.activities, ...activities } },
    {
      ports: (ports) =>
        interceptPorts(ports, async ({ method, args }, run) => {
          calls[method] = (calls[method] ?? 0) + 1
          if (method === 'send')
            sendRequests += Math.ceil((args[0] as readonly Message[]).length / perRequest)
          const result = await run()
          if (method === 'read') episodesRead += (result as InstanceRecord).episodes.length
          return result
        }),
    },
  )
  let batches = 0
  stage.backend.queue.run(() => {
    batches++
    return host
  })
  return {
    stage,
    host,
    calls,
    count: (method: string) => calls[method] ?? 0,
    get episodesRead() {
      return episodesRead
    },
    get sendRequests() {
      return sendRequests
    },
    get batches() {
      return batches
    },
    get messages() {
      return stage.sent.length
    },
  }
}

type Counting = ReturnType<typeof counting>

/** What the chain has cost by the time each of its episodes was committed. */
async function costsOfChain(length: number) {
  const counted: Counting = counting()
  const marks: { calls: Record<string, number>; messages: number; episodesRead: number }[] = []
  const { store } = counted.stage
  const append = store.appendEpisode.bind(store)
  store.appendEpisode = async (...args) => {
    const { messages, episodesRead } = counted
    marks.push({ calls: { ...counted.calls }, messages, episodesRead })
    return append(...args)
  }
  await counted.stage.start(counted.host, 'chain', length)
  await counted.stage.ended('chain')
  await counted.stage.rest()
  const steps = marks.slice(1).map((mark, at) => {
    const before = marks[at]
    const difference = Object.entries(mark.calls).map(
      ([method, count]) => [method, count - (before?.calls[method] ?? 0)] as const,
    )
    return {
      calls: Object.fromEntries(difference.filter(([, count]) => count > 0)),
      messages: mark.messages - (before?.messages ?? 0),
      episodesRead: mark.episodesRead - (before?.episodesRead ?? 0),
    }
  })
  return { counted, steps }
}

test.each([10, 1_000])(
  'a step in a chain of %i queued activities costs one episode and one message, and no write to the status',
  async (length) => {
    const { counted, steps } = await costsOfChain(length)
    expect(counted.count('appendEpisode')).toBe(length + 1)
    expect(counted.messages).toBe(length + 1)
    expect(counted.count('send')).toBe(length + 1)
    for (const method of ['putInbox', 'putOutcomes', 'deleteInbox', 'readHistory', 'setStalled'])
      expect([method, counted.count(method)]).toEqual([method, 0])
    expect(counted.count('projectStatus')).toBe(1)
    expect(steps).toHaveLength(length)
  },
)

test('the thousandth step of a chain costs what the tenth does, and reads no episode it has seen', async () => {
  const { steps } = await costsOfChain(1_000)
  expect(steps[9]).toEqual({ calls: { read: 1, appendEpisode: 1, send: 1 }, messages: 1, episodesRead: 0 })
  expect(steps[999]).toEqual(steps[9])
  const others = steps.slice(1).filter((step) => JSON.stringify(step) !== JSON.stringify(steps[9]))
  expect(others).toEqual([])
})

test('a host that does not hold the instance in memory reads one generation, once a step', async () => {
  const stage = new Stage()
  const read: number[] = []
  const host = stage.host(app, {
    liveInstances: 0,
    ports: (ports) =>
      interceptPorts(ports, async ({ method }, run) => {
        const result = await run()
        if (method === 'read') read.push((result as InstanceRecord).episodes.length)
        return result
      }),
  })
  stage.deliverTo(host)
  await stage.start(host, 'chain', 5)
  await stage.ended('chain')
  expect(Math.max(...read)).toBe(5)
})

test.each([
  ['end together', 0],
  ['end one batch after the other', 50],
])(
  'a fan-out of 100 in batches of ten that %s costs at most 15 episodes, 0.7 sends, 0.9 puts and 0.2 handlers an activity',
  async (_how, paceMs) => {
    const width = 100
    const clock = new VirtualClock()
    async function slow(_ctx: unknown, x: number): Promise<number> {
      await clock.sleep(Math.floor(x / 10) * paceMs)
      return x
    }
    const counted = counting({ clock, activities: { slow } })
    await counted.stage.start(counted.host, 'fanOut', width)
    await counted.stage.ended('fanOut')
    await counted.stage.rest()
    const episodes = counted.count('appendEpisode')
    const puts = episodes + counted.count('putOutcomes') + counted.count('putInbox')
    expect(episodes).toBeLessThanOrEqual(15)
    expect(counted.sendRequests / width).toBeLessThanOrEqual(0.7)
    expect(puts / width).toBeLessThanOrEqual(0.9)
    // The start apart.
    expect((counted.batches - 1) / width).toBeLessThanOrEqual(0.2)
    expect(counted.count('read') / width).toBeLessThanOrEqual(0.5)
  },
)

test('an event that is raised costs one inbox row, one message, one episode and one deletion', async () => {
  const counted = counting()
  await counted.stage.start(counted.host, 'waiting')
  await counted.stage.rest()
  const before = { ...counted.calls }
  await counted.stage.raise(counted.host, 'waiting', 'go')
  await counted.stage.rest()
  const cost = (method: string) => counted.count(method) - (before[method] ?? 0)
  expect(
    Object.fromEntries(['putInbox', 'send', 'appendEpisode', 'deleteInbox'].map((m) => [m, cost(m)])),
  ).toEqual({
    putInbox: 1,
    send: 1,
    appendEpisode: 1,
    deleteInbox: 1,
  })
  expect(cost('read')).toBe(1)
})
