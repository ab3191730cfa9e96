// What each operation asks of DynamoDB: requests, units and bytes. The budgets of a step rest on these.

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { bytesOf } from '../../../src/aws/dynamodb/items.ts'
import type { Episode, InstanceKey } from '../../../src/runtime/episode.ts'
import { eventRow, outcomeRow, rowOf } from '../../conformance/samples.ts'
import { describeOnDynoxide } from '../../support/dynoxide.ts'
import { injectFaults, refuse } from './faults.ts'
import { type Bench, useTables } from './harness.ts'

const key: InstanceKey = { instanceId: randomUUID(), incarnation: randomUUID() }
const order = JSON.stringify({ orderId: 'o-1138', customer: 'c-99', lines: [{ sku: 'A-1', count: 2 }] })

/** A step of a chain: the outcome of one activity, and the next one. */
function step(n: number, more: Partial<Episode> = {}): Episode {
  return {
    n,
    generation: 1,
    nonce: randomUUID(),
    by: randomUUID(),
    at: Date.UTC(2027, 0, 1),
    events: [{ kind: 'taskCompleted', generation: 1, seq: n, output: '{"receipt":"r-4711","total":129.9}' }],
    commands: [{ kind: 'scheduleTask', seq: n + 1, name: 'reserveStock', input: order }],
    status: 'RUNNING',
    ...more,
  }
}

/** A fan-out of so many activities. */
function fanOut(width: number): Episode {
  const commands = Array.from({ length: width }, (_, at) => {
    return { kind: 'scheduleTask', seq: at + 1, name: 'processWorkItem', input: `{"item":${at}}` } as const
  })
  return step(1, { events: [], commands, wide: true })
}

describeOnDynoxide('the cost of the DynamoDB store', () => {
  const open = useTables()
  /** What the work asked for, as `Operation units` each. */
  const costOf = async ({ takeRequests }: Bench, work: () => Promise<unknown>) => {
    takeRequests()
    await work()
    return takeRequests().map(
      ({ operation, readUnits, writeUnits }) => `${operation} ${readUnits + writeUnits}`,
    )
  }

  test('a step of a chain is one put of one unit and one query of one unit', async () => {
    const bench = await open()
    await bench.store.appendEpisode(key, step(1))
    expect(await costOf(bench, () => bench.store.appendEpisode(key, step(2)))).toEqual(['PutItem 1'])
    expect(await costOf(bench, () => bench.store.read(key, 1))).toEqual(['Query 1'])
    expect(await costOf(bench, () => bench.store.read(key, 2))).toEqual(['Query 1'])
  })

  test('the item of a step is below 1 KB', async () => {
    const { store, items } = await open()
    await store.appendEpisode(key, step(1_000))
    const [item = {}] = await items(key.instanceId)
    expect(bytesOf(item)).toBeLessThan(800)
  })

  test('a step with two kilobytes of payload that repeats itself is one unit all the same', async () => {
    const bench = await open()
    const rows = JSON.stringify(
      Array.from({ length: 40 }, (_, at) => ({ sku: `A-${at}`, count: at, state: 'packed' })),
    )
    const episode = step(1, { commands: [{ kind: 'scheduleTask', seq: 1, name: 'ship', input: rows }] })
    expect(await costOf(bench, () => bench.store.appendEpisode(key, episode))).toEqual(['PutItem 1'])
  })

  test('a fan-out of a hundred is one put of one unit', async () => {
    const bench = await open()
    const episode = fanOut(100)
    expect(await costOf(bench, () => bench.store.appendEpisode(key, episode))).toEqual(['PutItem 1'])
  })

  test('ten outcomes are one batch, and so is their deletion', async () => {
    const bench = await open()
    const rows = Array.from({ length: 10 }, (_, at) => outcomeRow(at, '{"ok":true}'))
    expect(await costOf(bench, () => bench.store.putOutcomes(key, rows))).toEqual(['BatchWriteItem 10'])
    await bench.store.read(key, 0)
    const ids = rows.map(({ factId }) => factId)
    expect(await costOf(bench, () => bench.store.deleteInbox(key, ids))).toEqual(['BatchWriteItem 10'])
  })

  test('an event is one put; with an id of its caller, one read more', async () => {
    const bench = await open()
    const { digest: _, ...plain } = eventRow(`e:${randomUUID()}`)
    expect(await costOf(bench, () => bench.store.putInbox(key, plain))).toEqual(['PutItem 1'])
    const own = eventRow('e:own')
    expect(await costOf(bench, () => bench.store.putInbox(key, own))).toEqual(['GetItem 1', 'PutItem 1'])
    expect(await costOf(bench, () => bench.store.countInbox(key, 10_000))).toEqual(['Query 1'])
    const another = bench.another()
    await another.read(key, 0)
    expect(await costOf(bench, () => another.deleteInbox(key, [plain.factId, 'e:own']))).toEqual([
      'BatchWriteItem 3',
    ])
  })

  test('deleting what was never read is one read more, and nothing when it is not there', async () => {
    const bench = await open()
    await bench.store.putInbox(key, eventRow('e1'))
    const another = bench.another()
    expect(await costOf(bench, () => another.deleteInbox(key, ['e1']))).toEqual([
      'BatchGetItem 1',
      'BatchWriteItem 2',
    ])
    expect(await costOf(bench, () => another.deleteInbox(key, ['e1']))).toEqual(['BatchGetItem 1'])
    expect(await costOf(bench, () => another.deleteInbox(key, []))).toEqual([])
  })

  test('a row and its place in the index are written at its start and at its end; it is read with its newest episode', async () => {
    const bench = await open()
    const row = rowOf(key, { input: order })
    expect(await costOf(bench, () => bench.store.createInstance(row))).toEqual(['PutItem 2'])
    await bench.store.appendEpisode(key, step(1))
    expect(await costOf(bench, () => bench.store.getInstance(key.instanceId))).toEqual([
      'GetItem 1',
      'Query 1',
    ])
    expect(await costOf(bench, () => bench.store.read(key))).toEqual(['Query 1'])
    const end = { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000, output: '"ok"' } as const
    // Its place in the index is another one: a deletion and a put.
    expect(await costOf(bench, () => bench.store.projectStatus(key, end))).toEqual(['UpdateItem 3'])
    expect(await costOf(bench, () => bench.store.getInstance(key.instanceId))).toEqual(['GetItem 1'])
  })

  test('a lost race is one put, which brings the winner along', async () => {
    const bench = await open()
    await bench.store.appendEpisode(key, step(1))
    expect(await costOf(bench, () => bench.store.appendEpisode(key, step(1)))).toEqual(['PutItem 1'])
  })

  test('every attempt is counted, and units are asked for only when somebody counts', async () => {
    const bench = await open()
    const seen = injectFaults(bench.client, ({ count }) =>
      count === 0 ? refuse(500, 'InternalServerError') : undefined,
    )
    await bench.store.appendEpisode(key, step(1))
    expect(bench.takeRequests()).toMatchObject([
      { service: 'dynamodb', operation: 'PutItem', attempt: 2, items: 1 },
    ])
    expect(seen.every(({ input }) => input['ReturnConsumedCapacity'] === 'TOTAL')).toBe(true)
    await bench.another({ onRequest: undefined as never }).read(key)
    expect(seen.at(-1)?.input).not.toHaveProperty('ReturnConsumedCapacity')
  })
})
