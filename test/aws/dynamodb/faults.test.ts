// What DynamoDB and the network can do to a request, and that nothing is lost, doubled or misreported for it.

import { describe, expect, test } from 'vitest'
import type { Store } from '../../../src/runtime/ports.ts'
import { episodeOf, eventRow, key, nextLife, outcomeRow, rowOf } from '../../conformance/samples.ts'
import { describeOnTables } from '../../support/dynoxide.ts'
import {
  after,
  cutAnswer,
  failAfter,
  type Fault,
  hold,
  injectFaults,
  loseAnswer,
  loseRequest,
  nothingOfIt,
  onlyTheFirst,
  refuse,
} from './faults.ts'
import { useTables } from './harness.ts'
import { noise } from './noise.ts'

describeOnTables('DynamoDB at its worst', () => {
  const open = useTables()

  const throttles = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']
  test.each(throttles)('%s is waited out with pauses that grow', async (name) => {
    const { store, client, clock } = await open()
    injectFaults(client, ({ count }) => (count < 5 ? refuse(400, name) : undefined))
    expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'committed' })
    expect(clock.slept).toHaveLength(5)
    expect(clock.slept).toEqual(clock.slept.toSorted((a, b) => a - b))
  })

  test('those who were refused together do not come back together', async () => {
    const { client, clock, another } = await open()
    injectFaults(client, ({ count }) => (count % 2 === 0 ? refuse(400, 'ThrottlingException') : undefined))
    for (const [at, random] of [0, 0.5, 0.99].entries()) {
      await another({ random: () => random }).appendEpisode(key, episodeOf(at + 1))
    }
    expect(new Set(clock.slept).size).toBe(3)
  })

  test('a throttle that does not end is reported within the budget', async () => {
    const { client, clock, another } = await open()
    const seen = injectFaults(client, () => refuse(400, 'ThrottlingException'))
    const begin = clock.now()
    const store = another({ retryBudgetMs: 4_000 })
    await expect(store.read(key)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(clock.now() - begin).toBeGreaterThan(2_000)
    expect(clock.now() - begin).toBeLessThanOrEqual(4_000)
    expect(seen.length).toBeGreaterThan(5)
  })

  test('nobody waits beyond the time that the host has left', async () => {
    const { client, clock, another } = await open()
    injectFaults(client, () => refuse(500, 'InternalServerError'))
    const end = clock.now() + 2_000
    const store = another({ remainingTimeMs: () => end - clock.now() })
    await expect(store.getInstance('any')).rejects.toThrow('InternalServerError')
    expect(end - clock.now()).toBeGreaterThanOrEqual(1_000)
  })

  test('what would fail again is not asked again', async () => {
    const { client, clock, another } = await open()
    const seen = injectFaults(client, () => undefined)
    const store = another({ tableName: 'no-such-table' })
    await expect(store.read(key)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await expect(store.read(key)).rejects.toThrow('ResourceNotFoundException')
    expect(seen).toHaveLength(2)
    expect(clock.slept).toEqual([])
  })

  const lies: readonly (readonly [string, Fault])[] = [
    ['a success that is reported as a failure', failAfter()],
    ['an answer that is lost', loseAnswer],
    ['an answer that is cut off', cutAnswer],
    ['a request that is lost', loseRequest],
  ]
  describe.each(lies)('%s', (_, fault) => {
    const once = (operation: string) => (outgoing: { operation: string; count: number }) =>
      outgoing.operation === operation && outgoing.count === 0 ? fault : undefined

    test('does not make a conflict of an append', async () => {
      const { store, client } = await open()
      injectFaults(client, once('PutItem'))
      expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'committed' })
      expect(await store.readHistory(key)).toEqual([episodeOf(1)])
    })

    test('does not make a conflict of a raised event', async () => {
      const { store, client } = await open()
      injectFaults(client, once('PutItem'))
      expect(await store.putInbox(key, eventRow('e1'))).toBeUndefined()
      expect((await store.read(key)).inbox).toEqual([eventRow('e1')])
    })

    test('does not make a conflict of a start', async () => {
      const { store, client } = await open()
      injectFaults(client, once('PutItem'))
      expect(await store.createInstance(rowOf(key))).toBeUndefined()
      expect(await store.getInstance(key.instanceId)).toEqual(rowOf(key))
    })

    test('does not make a conflict of the start of another life', async () => {
      const { store, client, items } = await open()
      await store.createInstance(rowOf(key))
      await store.appendEpisode(key, episodeOf(1))
      injectFaults(client, once('PutItem'))
      expect(await store.createInstance(rowOf(nextLife), key.incarnation)).toBeUndefined()
      expect((await items(key.instanceId)).filter(({ body }) => body)).toEqual([])
    })

    test.each([100, 450_000])('leaves a projection of %d bytes as it is meant', async (bytes) => {
      const { store, client } = await open()
      await store.createInstance(rowOf(key))
      injectFaults(client, once('UpdateItem'))
      const end = { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000, output: noise(bytes) } as const
      await store.projectStatus(key, end)
      expect(await store.getInstance(key.instanceId)).toEqual(rowOf(key, end))
    })

    test('leaves the parts of an episode and of an event where they are', async () => {
      const { store, client } = await open()
      injectFaults(client, ({ operation, count }) =>
        operation === 'PutItem' && count % 2 === 0 ? fault : undefined,
      )
      const episode = episodeOf(1, { output: noise(450_000) })
      const event = { kind: 'eventRaised', id: 'e1', name: 'n', input: noise(450_000) } as const
      expect(await store.appendEpisode(key, episode)).toEqual({ kind: 'committed' })
      expect(await store.putInbox(key, eventRow('e1', { event }))).toBeUndefined()
      expect(await store.read(key)).toEqual({ episodes: [episode], inbox: [eventRow('e1', { event })] })
    })

    test('does not stop a purge', async () => {
      const { store, client } = await open()
      await endedInstance(store)
      injectFaults(client, once('UpdateItem'))
      expect(await store.purge(key, 5_000)).toBe(true)
    })

    test('leaves nothing of a batch undone', async () => {
      const { store, client } = await open()
      await store.putOutcomes(key, [outcomeRow(1, '1')])
      injectFaults(client, once('BatchWriteItem'))
      await store.putOutcomes(key, [outcomeRow(2, '2'), outcomeRow(3, '3')])
      await store.deleteInbox(key, ['t:1.1'])
      expect((await store.read(key)).inbox).toEqual([outcomeRow(2, '2'), outcomeRow(3, '3')])
    })
  })

  test('the retries of the client itself do not make a conflict either', async () => {
    const { connect, another } = await open()
    const patient = connect({ maxAttempts: 3 })
    const seen = injectFaults(patient, ({ count }) => (count === 0 ? failAfter() : undefined))
    expect(await another({ client: patient }).appendEpisode(key, episodeOf(1))).toEqual({ kind: 'committed' })
    expect(seen).toHaveLength(2)
  })

  test('whoever is overtaken between two attempts is shown the winner', async () => {
    const { store, client, another } = await open()
    const rival = another()
    const winner = episodeOf(1, { nonce: 'rival' })
    let isFirst = true
    injectFaults(client, ({ operation }) => {
      if (operation !== 'PutItem' || !isFirst) return undefined
      isFirst = false
      return async (request, send) => {
        await rival.appendEpisode(key, winner)
        return loseRequest(request, send)
      }
    })
    expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'lost', to: winner })
  })

  test('a put that comes late takes nothing from the one that came before it', async () => {
    const { store, client } = await open()
    const { fault, letGo } = hold()
    injectFaults(client, ({ count, operation }) =>
      operation === 'PutItem' && count === 0 ? fault : undefined,
    )
    await store.appendEpisode(key, episodeOf(1))
    await store.appendEpisode(key, episodeOf(2))
    await letGo()
    expect(await store.readHistory(key)).toEqual([episodeOf(1), episodeOf(2)])
  })

  test('what a batch leaves out is asked for again, until all is done', async () => {
    const { store, client } = await open()
    const seen = injectFaults(client, ({ operation }) =>
      operation.startsWith('Batch') ? onlyTheFirst : undefined,
    )
    const rows = [outcomeRow(1, '1'), outcomeRow(2, '2'), outcomeRow(3, '3')]
    await store.putOutcomes(key, rows)
    expect(seen).toHaveLength(3)
    expect((await store.read(key)).inbox).toEqual(rows)
    await store.deleteInbox(key, ['t:1.1', 't:1.2', 't:1.3'])
    expect((await store.read(key)).inbox).toEqual([])
  })

  test('a batch that never gets done fails', async () => {
    const { store, client } = await open()
    injectFaults(client, ({ operation }) => (operation === 'BatchWriteItem' ? nothingOfIt : undefined))
    await expect(store.putOutcomes(key, [outcomeRow(1, '1')])).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    })
  })

  test('a status that is stalled meanwhile is projected below the stall', async () => {
    const { store, client, another } = await open()
    await store.createInstance(rowOf(key))
    const rival = another()
    const stalled = { errorType: 'E', message: 'm' }
    let isFirst = true
    injectFaults(client, ({ operation }) => {
      if (operation !== 'UpdateItem' || !isFirst) return undefined
      isFirst = false
      return after(() => rival.setStalled(key, stalled, 2_000))
    })
    await store.projectStatus(key, { episode: 1, status: 'SUSPENDED', lastUpdatedAt: 2_500 })
    expect(await store.getInstance(key.instanceId)).toMatchObject({
      status: 'SUSPENDED',
      stalled,
      episode: 1,
    })
    expect((await store.list({ limit: 10, statuses: ['STALLED'] })).instances).toHaveLength(1)
    expect((await store.list({ limit: 10, statuses: ['SUSPENDED'] })).instances).toHaveLength(0)
  })

  const stallOf = (mark: string) => ({ errorType: 'E', message: mark, mark })

  test('a row that a late request makes show a stall of the past shows the present one to whoever goes by it', async () => {
    const { store, client } = await open()
    await store.createInstance(rowOf(key))
    const { fault, letGo } = hold()
    injectFaults(client, ({ operation, count }) =>
      operation === 'UpdateItem' && count === 0 ? fault : undefined,
    )
    expect(await store.setStalled(key, stallOf('a'), 2_000)).toBe(true)
    expect(await store.setStalled(key, stallOf('b'), 3_000, 'a')).toBe(true)
    await letGo()
    expect(await store.setStalled(key, stallOf('c'), 4_000, 'a')).toBe(false)
    expect((await store.getInstance(key.instanceId))?.stalled).toEqual(stallOf('b'))
    expect(await store.setStalled(key, stallOf('c'), 5_000, 'b')).toBe(true)
    expect((await store.read(key)).stalled).toEqual(stallOf('c'))
  })

  test('and none when the stall is over', async () => {
    const { store, client } = await open()
    await store.createInstance(rowOf(key))
    const { fault, letGo } = hold()
    injectFaults(client, ({ operation, count }) =>
      operation === 'UpdateItem' && count === 0 ? fault : undefined,
    )
    await store.setStalled(key, stallOf('a'), 2_000)
    await store.setStalled(key, undefined, 3_000, 'a')
    await letGo()
    expect((await store.getInstance(key.instanceId))?.stalled).toEqual(stallOf('a'))
    expect(await store.setStalled(key, stallOf('c'), 4_000, 'a')).toBe(false)
    expect((await store.getInstance(key.instanceId))?.stalled).toBeUndefined()
    expect((await store.list({ limit: 10, statuses: ['STALLED'] })).instances).toHaveLength(0)
  })
})

async function endedInstance(store: Store): Promise<void> {
  await store.createInstance(rowOf(key))
  await store.appendEpisode(key, episodeOf(1))
  await store.projectStatus(key, { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000 })
}
