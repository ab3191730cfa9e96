// What is too large for one item: written before the item that names it, and gone with it.

import { describe, expect, test } from 'vitest'
import type { BlobStore } from '../../../src/aws/blobs.ts'
import type { Item } from '../../../src/aws/dynamodb/items.ts'
import type { InboxRow } from '../../../src/runtime/rows.ts'
import { episodeOf, eventRow, key, nextLife, outcomeRow, rowOf } from '../../conformance/samples.ts'
import { describeOnTables } from '../../support/dynoxide.ts'
import { hold, injectFaults, onlyTheFirst, refuse } from './faults.ts'
import { type Bench, useTables } from './harness.ts'
import { noise } from './noise.ts'

const megabytes = 1_000_000

describeOnTables('large things in DynamoDB', () => {
  const open = useTables()
  const parts = async ({ items }: Bench): Promise<Item[]> =>
    (await items(key.instanceId)).filter(({ sk }) => sk?.S?.includes('#p#'))

  test('what compresses well needs no parts', async () => {
    const bench = await open()
    const episode = episodeOf(1, { output: JSON.stringify('yes and no '.repeat(300_000)) })
    await bench.store.appendEpisode(key, episode)
    expect(bench.takeRequests().map(({ operation }) => operation)).toEqual(['PutItem'])
    expect(await bench.store.readHistory(key)).toEqual([episode])
  })

  test('an episode is written in parts first, its head last', async () => {
    const bench = await open()
    const episode = episodeOf(1, { output: noise(megabytes) })
    expect(await bench.store.appendEpisode(key, episode)).toEqual({ kind: 'committed' })
    const operations = bench.takeRequests().map(({ operation }) => operation)
    expect(operations.at(-1)).toBe('PutItem')
    expect(new Set(operations.slice(0, -1))).toEqual(new Set(['BatchWriteItem']))
    expect((await parts(bench)).length).toBeGreaterThan(2)
    expect(await bench.store.read(key)).toEqual({ episodes: [episode], inbox: [] })
    expect(await bench.store.read(key, 0)).toEqual({ episodes: [episode], inbox: [] })
    expect(await bench.store.appendEpisode(key, episodeOf(1, { nonce: 'other' }))).toEqual({
      kind: 'lost',
      to: episode,
    })
  })

  test('parts that are written or read piecemeal come together', async () => {
    const bench = await open()
    injectFaults(bench.client, ({ operation, count }) =>
      operation.startsWith('Batch') && count % 2 === 0 ? onlyTheFirst : undefined,
    )
    const episode = episodeOf(1, { output: noise(megabytes) })
    await bench.store.appendEpisode(key, episode)
    expect(await bench.store.readHistory(key)).toEqual([episode])
  })

  test('a writer that dies between parts and head has committed nothing', async () => {
    const bench = await open()
    injectFaults(bench.client, ({ operation }) =>
      operation === 'PutItem' ? refuse(403, 'AccessDenied') : undefined,
    )
    const large = episodeOf(1, { output: noise(megabytes) })
    await expect(bench.store.appendEpisode(key, large)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect((await parts(bench)).length).toBeGreaterThan(0)
    expect(await bench.store.read(key)).toEqual({ episodes: [], inbox: [] })
    const other = episodeOf(1, { nonce: 'other' })
    const another = bench.another({ client: bench.connect() })
    expect(await another.appendEpisode(key, other)).toEqual({ kind: 'committed' })
  })

  test('rivals do not mix their parts, and those of the loser go', async () => {
    const bench = await open()
    const rivals = ['a', 'b', 'c'].map((nonce) => episodeOf(1, { nonce, output: noise(450_000, nonce) }))
    const results = await Promise.all(rivals.map((rival) => bench.store.appendEpisode(key, rival)))
    const won = rivals.filter((_, at) => results[at]?.kind === 'committed')
    expect(won).toHaveLength(1)
    expect(await bench.store.readHistory(key)).toEqual(won)
    expect(await parts(bench)).toHaveLength(2)
  })

  test('a row keeps an input and an output of megabytes', async () => {
    const bench = await open()
    const row = rowOf(key, { input: noise(megabytes, 'in'), startKey: noise(200_000, 'key') })
    await bench.store.createInstance(row)
    const end = {
      episode: 1,
      status: 'COMPLETED',
      lastUpdatedAt: 2_000,
      output: noise(megabytes, 'out'),
    } as const
    await bench.store.projectStatus(key, end)
    expect(await bench.store.getInstance(key.instanceId)).toEqual({ ...row, ...end })
    expect(await bench.store.createInstance(rowOf(nextLife))).toEqual({ ...row, ...end })
    expect((await bench.store.list({ limit: 1 })).instances[0]).not.toHaveProperty('input')
  })

  test('a custom status that is replaced leaves nothing behind', async () => {
    const bench = await open()
    await bench.store.createInstance(rowOf(key))
    const project = async (episode: number, customStatus: string) =>
      bench.store.projectStatus(key, { episode, status: 'RUNNING', lastUpdatedAt: episode, customStatus })
    await project(1, noise(450_000, '1'))
    const before = (await parts(bench)).length
    await project(2, noise(450_000, '2'))
    expect((await parts(bench)).length).toBe(before)
    expect(await bench.store.getInstance(key.instanceId)).toMatchObject({
      customStatus: noise(450_000, '2'),
    })
    await project(1, noise(450_000, 'late'))
    expect((await parts(bench)).length).toBe(before)
    await project(3, '"small"')
    expect(await parts(bench)).toEqual([])
  })

  const largeEvent = (id: string): InboxRow =>
    eventRow(id, { event: { kind: 'eventRaised', id, name: 'a', input: noise(450_000, id) } })

  test('an event keeps its megabytes until it is consumed, and then takes them along', async () => {
    const bench = await open()
    await bench.store.putInbox(key, largeEvent('e1'))
    await bench.store.putInbox(key, eventRow('e2'))
    await bench.store.putOutcomes(key, [outcomeRow(1, noise(450_000, '1')), outcomeRow(2, '2')])
    const inbox = [largeEvent('e1'), eventRow('e2'), outcomeRow(1, noise(450_000, '1')), outcomeRow(2, '2')]
    expect((await bench.store.read(key)).inbox).toEqual(inbox)
    expect(await bench.store.putInbox(key, largeEvent('e1'))).toEqual(largeEvent('e1'))
    await bench.another().deleteInbox(key, ['e1', 'e2', 't:1.1', 't:1.2'])
    expect(await parts(bench)).toEqual([])
    expect((await bench.store.read(key)).inbox).toEqual([])
  })

  test('a consumed event that comes back very late, without its payload, is left out and can be deleted', async () => {
    const bench = await open()
    const { fault, letGo } = hold()
    injectFaults(bench.client, ({ operation, count }) =>
      operation === 'PutItem' && count === 0 ? fault : undefined,
    )
    await bench.store.putInbox(key, largeEvent('e1'))
    await bench.store.deleteInbox(key, ['e1'])
    await letGo()
    expect((await bench.store.read(key)).inbox).toEqual([])
    expect(await bench.store.countInbox(key, 10)).toBe(1)
    expect(bench.logger.lines).toContainEqual(expect.objectContaining({ level: 'warn' }))
    await bench.store.deleteInbox(key, ['e1'])
    expect(await bench.store.countInbox(key, 10)).toBe(0)
  })

  test('a history without its parts is not taken for one', async () => {
    const bench = await open()
    await bench.store.appendEpisode(key, episodeOf(1, { output: noise(450_000) }))
    injectFaults(bench.client, ({ operation }) =>
      operation === 'BatchGetItem' ? refuse(200, '') : undefined,
    )
    await expect(bench.store.read(key)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  })

  describe('with blobs', () => {
    const openWithBlobs = async (fromBytes?: number) => {
      const blobs = memoryBlobs()
      const bench = await open({
        blobs: { store: blobs.store, ...(fromBytes !== undefined && { fromBytes }) },
      })
      return { ...bench, blobs: blobs.content }
    }

    test('what does not fit an item lies in a blob, and comes back', async () => {
      const { store, blobs, ...bench } = await openWithBlobs()
      const episode = episodeOf(1, { output: noise(megabytes) })
      const row = rowOf(key, { input: noise(megabytes, 'in') })
      await store.createInstance(row)
      await store.appendEpisode(key, episode)
      await store.putInbox(key, largeEvent('e1'))
      expect(blobs.size).toBe(3)
      expect(await parts({ ...bench, store })).toEqual([])
      expect(await store.read(key)).toEqual({ episodes: [episode], inbox: [largeEvent('e1')] })
      expect(await store.getInstance(key.instanceId)).toMatchObject({ input: row.input, episode: 1 })
      await store.deleteInbox(key, ['e1'])
      expect(blobs.size).toBe(2)
    })

    test('a purge takes the blobs along', async () => {
      const { store, blobs } = await openWithBlobs(5_000)
      await store.createInstance(rowOf(key, { input: noise(10_000, 'in') }))
      await store.appendEpisode(key, episodeOf(1, { output: noise(10_000) }))
      const output = noise(10_000, 'out')
      await store.projectStatus(key, { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000, output })
      expect(blobs.size).toBe(3)
      await store.purge(key, 5_000)
      expect(blobs.size).toBe(0)
    })

    test('a replaced life takes its blobs along', async () => {
      const { store, blobs } = await openWithBlobs(5_000)
      await store.createInstance(rowOf(key, { input: noise(10_000, 'in') }))
      await store.appendEpisode(key, episodeOf(1, { output: noise(10_000) }))
      await store.createInstance(rowOf(nextLife), key.incarnation)
      expect(blobs.size).toBe(0)
    })

    test('a store without blobs says so when it meets one', async () => {
      const { store, another } = await openWithBlobs(5_000)
      await store.appendEpisode(key, episodeOf(1, { output: noise(10_000) }))
      const without = another({ blobs: undefined as never })
      await expect(without.read(key)).rejects.toThrow('without blobs')
    })
  })

  test('a purge that is cut short leaves no episode without its payload', async () => {
    const { store, client } = await open()
    await store.createInstance(rowOf(key))
    const episode = { ...episodeOf(1), status: 'COMPLETED', output: noise(600 * 1024) } as const
    await store.appendEpisode(key, episode)
    await store.projectStatus(key, { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000 })
    let isCut = true
    injectFaults(client, ({ operation, input }) =>
      isCut && operation === 'BatchWriteItem' && JSON.stringify(input).includes('"gone"')
        ? refuse(400, 'ValidationException')
        : undefined,
    )
    await expect(store.purge(key, 3_000)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await store.readHistory(key)).toEqual([episode])
    isCut = false
    expect(await store.purge(key, 4_000)).toBe(true)
    expect(await store.readHistory(key)).toEqual([])
  })
})

function memoryBlobs(): { readonly store: BlobStore; readonly content: ReadonlyMap<string, Uint8Array> } {
  const content = new Map<string, Uint8Array>()
  const store: BlobStore = {
    put: async (name, bytes) => void content.set(name, bytes),
    get: async (name) => content.get(name),
    remove: async (names) => names.forEach((name) => content.delete(name)),
  }
  return { store, content }
}
