// Group commit: what shares an fsync, who is answered when, and what anybody is shown before it is durable.

import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { Delivery } from '../../src/runtime/messages.ts'
import { episodeOf, eventRow, key, rowOf } from '../conformance/samples.ts'
import { openBackend, recorder } from './harness.ts'
import { activity, doorbell, unlimited } from './messages.ts'

/** A backend whose flushes are counted. */
function openCounting() {
  const backend = openBackend()
  const commit = vi.spyOn(backend.database, 'commit')
  return { ...backend, backend, commits: () => commit.mock.calls.length }
}

test('all calls of one turn of the event loop share one flush', async () => {
  const { ports, commits } = openCounting()
  const keys = Array.from({ length: 100 }, (_, at) => ({ ...key, instanceId: `i${at}` }))
  await Promise.all(keys.map((each) => ports.store.createInstance(rowOf(each))))
  expect(commits()).toBe(1)
  await Promise.all([
    ...keys.map((each) => ports.store.appendEpisode(each, episodeOf(1))),
    ...keys.map((each) => ports.store.putInbox(each, eventRow('e'))),
    ports.queue.send(keys.map((each) => doorbell(each))),
  ])
  expect(commits()).toBe(2)
})

test('reads flush nothing', async () => {
  const { ports, commits } = openCounting()
  await ports.store.getInstance('a')
  await ports.store.read(key)
  await ports.store.list({ limit: 1 })
  await setImmediate()
  expect(commits()).toBe(0)
})

test('a caller from outside is answered when it is durable', async () => {
  const { ports, commits } = openCounting()
  const answered: number[] = []
  await Promise.all(
    [
      ports.store.createInstance(rowOf(key)),
      ports.store.putInbox(key, eventRow('e')),
      ports.store.appendEpisode(key, episodeOf(1)),
      ports.queue.send([doorbell()]),
      ports.store.getInstance(key.instanceId),
      ports.store.readHistory(key),
      ports.store.list({ limit: 1 }),
    ].map(async (call) => {
      await call
      answered.push(commits())
    }),
  )
  expect(answered).toEqual([1, 1, 1, 1, 1, 1, 1])
})

test('a caller from outside does not wait for changes of other instances', async () => {
  const { ports, commits } = openCounting()
  const writing = ports.store.createInstance(rowOf(key))
  expect(await ports.store.getInstance('another')).toBeUndefined()
  expect(commits()).toBe(0)
  await writing
})

test('a handler is answered at once, sees its own writes, and everything it did shares one flush', async () => {
  const { backend, ports, commits } = openCounting()
  await ports.store.createInstance(rowOf(key))
  await ports.queue.send([doorbell()])
  const before = commits()
  const flushesSeen: number[] = []
  const consumer = recorder(async (batch) => {
    if (batch[0]?.message.kind === 'activity') return new Set(batch)
    await ports.store.appendEpisode(key, episodeOf(1))
    await ports.queue.send([activity('charge')])
    await ports.store.projectStatus(key, { episode: 1, status: 'RUNNING', lastUpdatedAt: 1 })
    expect((await ports.store.read(key)).episodes).toEqual([episodeOf(1)])
    expect(await ports.store.getInstance(key.instanceId)).toMatchObject({ status: 'RUNNING' })
    flushesSeen.push(commits() - before)
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await backend.idle()
  expect(flushesSeen).toEqual([0])
  // One for the turn and its acknowledgement, one for that of the activity.
  expect(commits() - before).toBe(2)
})

test('a chain of activities costs one flush a step', async () => {
  const { backend, ports, commits } = openCounting()
  const steps = 50
  await ports.store.createInstance(rowOf(key))
  await ports.queue.send([activity('charge', 1)])
  const before = commits()
  const consumer = recorder(async (batch) => {
    const { message } = batch[0] as Delivery
    const n = message.kind === 'activity' ? message.seq : 0
    await ports.store.appendEpisode(key, episodeOf(n))
    if (n < steps) await ports.queue.send([activity('charge', n + 1)])
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await backend.idle()
  expect(await ports.store.readHistory(key)).toHaveLength(steps)
  expect(commits() - before).toBe(steps)
})

test('a message is not delivered before it is durable', async () => {
  const { backend, ports, commits } = openCounting()
  const flushesAtDelivery: number[] = []
  const consumer = recorder(async (batch) => {
    flushesAtDelivery.push(commits())
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  void ports.queue.send([doorbell()])
  expect(consumer.batches).toHaveLength(0)
  await backend.idle()
  expect(flushesAtDelivery).toEqual([1])
})

test('a message is not delivered before it is durable, even when another becomes due in the same turn', async () => {
  const { backend, ports, commits } = openCounting()
  const flushesAtDelivery = new Map<string, number>()
  const consumer = recorder(async (batch) => {
    for (const { message } of batch) flushesAtDelivery.set(message.instanceId, commits())
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await ports.queue.send([doorbell({ instanceId: 'due later' })], 100)
  await backend.idle()
  backend.clock.jump(100)
  void ports.queue.send([doorbell({ instanceId: 'not durable' })])
  await backend.clock.advance(0)
  await backend.idle()
  expect(flushesAtDelivery.get('not durable')).toBe(2)
  expect(flushesAtDelivery.get('due later')).toBe(2)
})

test('a handler that writes without end lets others have their turn', async () => {
  const { backend, ports, commits } = openCounting()
  await ports.store.createInstance(rowOf(key))
  await ports.queue.send([doorbell()])
  const before = commits()
  const consumer = recorder(async (batch) => {
    for (let at = 0; at < 5_000; at++) await ports.store.putInbox(key, eventRow(`e${at}`))
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await backend.idle()
  expect(commits() - before).toBe(6) // one in a thousand writes, and the acknowledgement
})

test('a write that SQLite refuses is reported to all who shared its flush, and none of it is there', async () => {
  const backend = openBackend()
  const { store } = backend.ports
  const good = store.createInstance(rowOf(key))
  const bad = store.createInstance(rowOf({ ...key, instanceId: 'i2' }, { createdAt: Number.NaN }))
  await expect(good).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  await expect(bad).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  expect(await store.getInstance(key.instanceId)).toBeUndefined()
  await store.createInstance(rowOf(key))
})

test('a point in time that is none is refused before it spoils the writes of others', async () => {
  const backend = openBackend()
  const { store, queue, timers } = backend.ports
  const good = store.createInstance(rowOf(key))
  await expect(queue.send([doorbell()], Number.NaN)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const timer = { v: 1, token: 't', ...key, kind: 'timer', generation: 1, seq: 1, dueAt: Number.NaN } as const
  await expect(timers.schedule([timer])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await good).toBeUndefined()
})
