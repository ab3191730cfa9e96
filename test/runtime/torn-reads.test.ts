// A read is no snapshot: inbox and history may be of different moments, in either order.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { InstanceRecord } from '../../src/runtime/rows.ts'
import { limits } from '../../src/workflow/limits.ts'
import { interceptPorts, withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

async function collect(ctx: WorkflowContext): Promise<unknown[]> {
  const taken: unknown[] = []
  for (;;) {
    const item = await ctx.waitForExternalEvent('item')
    if (item === 'stop') return taken
    taken.push(item)
  }
}

/** One event a generation. */
async function oneEach(ctx: WorkflowContext, count: number): Promise<number> {
  const item = await ctx.waitForExternalEvent('item')
  if (item !== 'stop') ctx.continueAsNew(count + 1, true)
  return count
}

const app = { workflows: { collect, oneEach } }

async function begun() {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'collect')
  await deliver(host, stage.doorbell('start'))
  return { stage, host }
}

/** A host whose reads are torn, `times` times: the inbox of now, and the history of before or after. */
function torn(
  tear: (record: InstanceRecord) => Promise<InstanceRecord>,
  times: number,
): (ports: Ports) => Ports {
  let left = times
  return (ports) =>
    withPorts(ports, {
      async read(key, after) {
        const record = await ports.store.read(key, after)
        return left-- > 0 ? tear(record) : record
      },
    })
}

const emptyInbox = async (record: InstanceRecord): Promise<InstanceRecord> => ({ ...record, inbox: [] })

test('a row that is in neither place is looked for again (Dapr: chaos/loadretry)', async () => {
  const { stage, host } = await begun()
  const reader = stage.host(app, { ports: torn(emptyInbox, 2) })
  await stage.raise(host, 'collect', 'item', 1)
  expect(await deliver(reader, stage.doorbell())).toEqual([true])
  expect(await stage.inbox('collect')).toEqual([])
  expect(await stage.history('collect')).toHaveLength(2)
})

test('a row that stays in neither place leaves the message for later, and nothing is written', async () => {
  const { stage, host } = await begun()
  const reader = stage.host(app, { ports: torn(emptyInbox, Number.POSITIVE_INFINITY) })
  await stage.raise(host, 'collect', 'item', 1)
  expect(await deliver(reader, stage.doorbell())).toEqual([false])
  expect(await stage.history('collect')).toHaveLength(1)
  expect(await deliver(host, stage.doorbell(), 2)).toEqual([true])
  expect(await stage.history('collect')).toHaveLength(2)
})

test('an inbox of before and a history of after: the fact is known, and is not taken twice', async () => {
  const { stage, host } = await begun()
  await stage.raise(host, 'collect', 'item', 1)
  const ring = stage.doorbell()
  const reader = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async read(key, after) {
          const { inbox } = await ports.store.read(key, after)
          if ((await stage.history('collect')).length === 1) await deliver(host, ring)
          const { episodes } = await ports.store.read(key, after)
          return { episodes, inbox }
        },
      }),
  })
  expect(await deliver(reader, ring)).toEqual([true])
  await stage.raise(reader, 'collect', 'item', 'stop')
  expect(await deliver(reader, stage.doorbell())).toEqual([true])
  expect(await stage.row('collect')).toMatchObject({ output: '[1]' })
})

test('a history of before and an inbox of after: the race is lost, and the instance converges', async () => {
  const { stage, host } = await begun()
  await stage.raise(host, 'collect', 'item', 1)
  const first = stage.doorbell()
  await stage.raise(host, 'collect', 'item', 2)
  const second = stage.doorbell()
  let tears = 1
  const reader = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, {
        async read(key, after) {
          const { episodes } = await ports.store.read(key, after)
          if (tears-- > 0) expect(await deliver(host, first)).toEqual([true])
          await stage.raise(host, 'collect', 'item', 3)
          const { inbox } = await ports.store.read(key, after)
          return { episodes, inbox }
        },
      }),
  })
  expect(await deliver(reader, second)).toEqual([true])
  stage.deliverTo(host)
  await stage.rest()
  await stage.raise(host, 'collect', 'item', 'stop')
  const { output } = await stage.ended('collect')
  expect((JSON.parse(output ?? '') as number[]).filter((item) => item < 3)).toEqual([1, 2])
})

test('a store whose every second read is torn costs time, and nothing else', async () => {
  const stage = new Stage({ manners: { visibilityMs: 1_000, maxReceives: () => 1_000 } })
  let reads = 0
  const host = stage.host(app, {
    ports: (ports) =>
      interceptPorts(ports, async ({ method }, run) => {
        const result = await run()
        if (method !== 'read' || ++reads % 2 === 0) return result
        const { episodes, inbox } = result as InstanceRecord
        return reads % 3 === 0 ? { episodes, inbox: [] } : { episodes, inbox: inbox.slice(1) }
      }),
  })
  stage.deliverTo(host)
  await stage.start(host, 'collect')
  for (let at = 0; at < 30; at++) {
    await stage.raise(host, 'collect', 'item', at)
    await stage.rest(at % 3)
  }
  await stage.rest(60_000)
  await stage.raise(host, 'collect', 'item', 'stop')
  const { output } = await stage.ended('collect')
  const taken = JSON.parse(output ?? '') as number[]
  expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => at))
})

test('a ring for an event that was taken so long ago that its id is forgotten is acknowledged', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'oneEach', 0)
  await deliver(host, stage.doorbell('start'))
  await stage.raise(host, 'oneEach', 'item', 'first')
  const ring = stage.doorbell()
  stage.deliverTo(host)
  for (let at = 0; at <= limits.consumedEventIds; at++) await stage.raise(host, 'oneEach', 'item', at)
  await stage.rest()
  expect(await deliver(stage.host(app), ring, 2)).toEqual([true])
  expect(await stage.view(host, 'oneEach')).toMatchObject({ status: 'RUNNING' })
})

test('thousands of events that wait at once for an instance which takes one a generation are all taken, and no message dies', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  const count = 2.5 * limits.consumedEventIds
  await stage.start(host, 'oneEach', 0, { startAt: stage.clock.now() + 1_000 })
  for (let at = 0; at < count; at++) await stage.raise(host, 'oneEach', 'item', at)
  stage.deliverTo(host)
  await stage.rest()
  expect(stage.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
  await stage.raise(host, 'oneEach', 'item', 'stop')
  expect(await stage.ended('oneEach')).toMatchObject({ status: 'COMPLETED', output: String(count) })
})
