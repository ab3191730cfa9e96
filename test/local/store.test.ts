// The store contract on SQLite, and what this store keeps beyond it.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openLocalBackend } from '../../src/local/index.ts'
import { episodeOf, eventRow, key, nextLife, openingOf, rowOf } from '../conformance/samples.ts'
import { describeStore } from '../conformance/store.suite.ts'
import { openBackend, recorder, temporaryFolder } from './harness.ts'
import { doorbell, timer, unlimited } from './messages.ts'

for (const kind of ['a file', ':memory:'] as const) {
  describeStore(`SQLite in ${kind}`, async () => {
    const dataDir = kind === ':memory:' ? kind : temporaryFolder()
    const backend = await openLocalBackend({ dataDir })
    return { store: backend.ports.store, close: () => backend.stop() }
  })
}

const completed = { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000 } as const

test('everything is there after closing and opening again', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const first = openBackend({ path })
  await first.ports.store.createInstance(rowOf(key, { input: '"in"' }))
  await first.ports.store.appendEpisode(key, episodeOf(1))
  await first.ports.store.putInbox(key, eventRow('e1'))
  await first.stop()
  const { store } = openBackend({ path }).ports
  expect(await store.getInstance(key.instanceId)).toMatchObject({ input: '"in"', status: 'RUNNING' })
  expect(await store.read(key)).toEqual({ episodes: [episodeOf(1)], inbox: [eventRow('e1')] })
})

test('an append to a life that is purged, replaced or unknown is gone, and leaves nothing', async () => {
  const { store } = openBackend().ports
  expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'gone' })
  await store.createInstance(rowOf(key))
  await store.appendEpisode(key, episodeOf(1))
  await store.projectStatus(key, completed)
  await store.purge(key, 3_000)
  expect(await store.appendEpisode(key, episodeOf(2))).toEqual({ kind: 'gone' })
  await store.createInstance(rowOf(nextLife), key.incarnation)
  expect(await store.appendEpisode(key, episodeOf(2))).toEqual({ kind: 'gone' })
  expect(await store.readHistory(nextLife)).toEqual([])
})

test('an append that would leave a gap is refused and is not gone', async () => {
  const { store } = openBackend().ports
  await store.createInstance(rowOf(key))
  await expect(store.appendEpisode(key, episodeOf(2))).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  expect(await store.readHistory(key)).toEqual([])
})

test('an episode alone makes a pending instance run', async () => {
  const { store } = openBackend().ports
  await store.createInstance(rowOf(key))
  await store.appendEpisode(key, episodeOf(1, { at: 7_000 }))
  const row = rowOf(key, { status: 'RUNNING', lastUpdatedAt: 7_000, episode: 1 })
  expect(await store.getInstance(key.instanceId)).toEqual(row)
  await store.appendEpisode(key, episodeOf(2, { at: 8_000 }))
  expect(await store.getInstance(key.instanceId)).toEqual({ ...row, lastUpdatedAt: 8_000, episode: 2 })
})

test('trimming keeps the episodes whose carrier is still queued, until it is acknowledged', async () => {
  const backend = openBackend()
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  const carrier = doorbell()
  await queue.send([carrier])
  await store.appendEpisode(key, episodeOf(1))
  await store.appendEpisode(key, episodeOf(2, { by: carrier.token }))
  await store.appendEpisode(key, openingOf(3))
  await store.trimHistory(key, 3)
  expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([2, 3])
  backend.run(recorder(), unlimited)
  await backend.idle()
  await store.trimHistory(key, 3)
  expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([3])
})

test('trimming never takes from the newest generation, whatever number it is given', async () => {
  const { store } = openBackend().ports
  await store.createInstance(rowOf(key))
  for (const episode of [episodeOf(1), openingOf(2), episodeOf(3)]) await store.appendEpisode(key, episode)
  await store.trimHistory(key, 99)
  expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([2, 3])
})

test.each([
  ['a purge', (store: ReturnType<typeof openBackend>['ports']['store']) => store.purge(key, 3_000)],
  [
    'a new life of the id',
    (store: ReturnType<typeof openBackend>['ports']['store']) =>
      store.createInstance(rowOf(nextLife), key.incarnation),
  ],
])('%s deletes the timers of the life', async (_, end) => {
  const backend = openBackend()
  const { store, timers } = backend.ports
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await store.createInstance(rowOf(key))
  const other = { ...key, instanceId: 'order-2' }
  const dueAt = backend.clock.now() + 1_000
  await timers.schedule([timer(1, dueAt), timer(1, dueAt, other)])
  await store.projectStatus(key, completed)
  await end(store)
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.deliveries.map(({ message }) => message.instanceId)).toEqual(['order-2'])
})

test('a consumed fact is recognised for seven days', async () => {
  const { clock, ports } = openBackend()
  const { store } = ports
  const day = 24 * 3_600_000
  await store.createInstance(rowOf(key))
  await store.putInbox(key, eventRow('e1'))
  await store.deleteInbox(key, ['e1'])
  clock.jump(7 * day)
  await store.deleteInbox(key, [])
  expect(await store.putInbox(key, eventRow('e1'))).toMatchObject({ digest: 'digest of e1' })
  clock.jump(day)
  await store.deleteInbox(key, [])
  expect(await store.putInbox(key, eventRow('e1'))).toBeUndefined()
})

test('the mark of a consumed fact keeps no payload', async () => {
  const { store } = openBackend().ports
  await store.createInstance(rowOf(key))
  await store.putInbox(key, eventRow('e1'))
  await store.deleteInbox(key, ['e1'])
  const {
    event: { input: _, ...event },
    ...row
  } = eventRow('e1') as ReturnType<typeof eventRow> & { event: { input: string } }
  expect(await store.putInbox(key, eventRow('e1'))).toEqual({ ...row, event })
})

test('an inbox row for a life that is not there is accepted and never seen', async () => {
  const { store } = openBackend().ports
  await store.createInstance(rowOf(key))
  expect(await store.putInbox(nextLife, eventRow('e1'))).toBeUndefined()
  await store.putOutcomes(nextLife, [eventRow('e2')])
  expect(await store.countInbox(key, 10)).toBe(0)
})

test('lists are ordered by age, then by id', async () => {
  const { store } = openBackend().ports
  for (const [instanceId, createdAt] of [
    ['b', 2],
    ['c', 1],
    ['a', 2],
  ] as const) {
    await store.createInstance(rowOf({ instanceId, incarnation: 'x' }, { createdAt }))
  }
  const { instances } = await store.list({ limit: 10 })
  expect(instances.map(({ instanceId }) => instanceId)).toEqual(['c', 'a', 'b'])
})

test('a page token that is none is refused by name', async () => {
  const { store } = openBackend().ports
  await expect(store.list({ limit: 1, pageToken: 'rubbish' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
})

test('an instance that waits for a timer takes less than 2 KB on the disk', async () => {
  const { database, ports, clock } = openBackend()
  const count = 1_000
  const dueAt = clock.now() + 1_000
  for (let at = 0; at < count; at++) {
    const of = { instanceId: randomUUID(), incarnation: randomUUID() }
    const started = {
      kind: 'executionStarted',
      ...of,
      generation: 1,
      name: 'orderProcessing',
      flags: [1],
    } as const
    await ports.store.createInstance(rowOf(of, { input: '{"order":12345}', startDigest: 'x'.repeat(43) }))
    await ports.store.appendEpisode(of, episodeOf(1, { events: [{ ...started, input: '{"order":12345}' }] }))
    await ports.timers.schedule([{ ...timer(1, dueAt, of), token: randomUUID() }])
    await ports.store.projectStatus(of, { episode: 1, status: 'RUNNING', lastUpdatedAt: dueAt })
  }
  const bytes = Number(database.value('PRAGMA page_count')) * Number(database.value('PRAGMA page_size'))
  expect(bytes / count).toBeLessThan(2_048)
})

test('a watcher is woken by any visible change of its instance, and not before that is durable', async () => {
  const backend = openBackend()
  const { store, watch } = backend.ports
  const never = new AbortController().signal
  const commit = vi.spyOn(backend.database, 'commit')
  const commitsWhenWoken = async (change: () => Promise<unknown>) => {
    const woken = watch?.(key.instanceId, never).then(() => commit.mock.calls.length)
    void change()
    return woken
  }
  expect(await commitsWhenWoken(() => store.createInstance(rowOf(key)))).toBe(1)
  expect(await commitsWhenWoken(() => store.appendEpisode(key, episodeOf(1)))).toBe(2)
  const reason = { errorType: 'E', message: 'm' }
  expect(await commitsWhenWoken(() => store.setStalled(key, reason, 2_000))).toBe(3)
  expect(await commitsWhenWoken(() => store.projectStatus(key, completed))).toBe(4)
  expect(await commitsWhenWoken(() => store.purge(key, 3_000))).toBe(5)
})

test('a watcher is not woken by a change of another instance, and is let go when its signal is aborted', async () => {
  const { store, watch } = openBackend().ports
  const abort = new AbortController()
  let isWoken = false
  const watching = watch?.('order-2', abort.signal).then(() => (isWoken = true))
  await store.createInstance(rowOf(key))
  expect(isWoken).toBe(false)
  abort.abort()
  await watching
  await watch?.('order-2', abort.signal)
})
