// A disk that is full: nothing accepted is lost, nothing undone is believed, and work goes on when there is
// room again.

import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { openLocalBackend } from '../../src/local/index.ts'
import { isTenutoError } from '../../src/workflow/errors.ts'
import { episodeOf, key, rowOf } from '../conformance/samples.ts'
import { runChild } from './children/run.ts'
import { nothing, openBackend, recorder, type TestBackend, temporaryFolder } from './harness.ts'
import { activity, doorbell, timer, unlimited } from './messages.ts'

const full = { code: 'STORAGE_FULL' }

/** The next flush fails as on a full disk. */
function failNextFlush({ database }: TestBackend): void {
  const error = Object.assign(new Error('database or disk is full'), { errcode: 13 })
  vi.spyOn(database, 'commit').mockImplementationOnce(() => {
    throw error
  })
}

/** No page more than there are now, as if the disk were full; the real thing, from SQLite itself. */
function fillDisk({ database }: TestBackend): void {
  const pages = Number(database.value('PRAGMA page_count'))
  database.value(`PRAGMA max_page_count = ${pages}`)
}

function freeDisk({ database }: TestBackend): void {
  database.value('PRAGMA max_page_count = 1000000')
}

const large = 'x'.repeat(20_000)

test('writes are refused while the disk is full, what was accepted stays, and writes go on when there is room', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const backend = openBackend({ path })
  const { store } = backend.ports
  await store.createInstance(rowOf(key))
  fillDisk(backend)
  const other = { ...key, instanceId: 'order-2' }
  for (let time = 0; time < 3; time++) {
    await expect(store.createInstance(rowOf(other, { input: large }))).rejects.toMatchObject(full)
    await expect(store.appendEpisode(key, episodeOf(1, { output: large }))).rejects.toMatchObject(full)
  }
  expect(await store.getInstance(key.instanceId)).toEqual(rowOf(key))
  expect(await store.getInstance('order-2')).toBeUndefined()
  freeDisk(backend)
  expect(await store.createInstance(rowOf(other, { input: large }))).toBeUndefined()
  expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'committed' })
  await backend.stop()
  const again = openBackend({ path })
  expect(await again.ports.store.readHistory(key)).toEqual([episodeOf(1)])
})

test('a flush that fails undoes all of its group and reports it to everybody in it', async () => {
  const backend = openBackend()
  const { store, queue, timers } = backend.ports
  failNextFlush(backend)
  const calls = [
    store.createInstance(rowOf(key)),
    queue.send([doorbell()]),
    timers.schedule([timer(1, 0)]),
    store.getInstance(key.instanceId),
    store.list({ limit: 1 }),
  ]
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ status: 'rejected', reason: full })
  }
  expect(await store.getInstance(key.instanceId)).toBeUndefined()
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.batches).toEqual([])
})

test('a handler whose append was undone can make nothing durable any more, and its message comes again', async () => {
  const backend = openBackend()
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  const refusals: unknown[] = []
  let tries = 0
  const consumer = recorder(async (batch) => {
    if (batch[0]?.message.kind === 'activity') return new Set(batch)
    if (++tries > 1) return new Set(batch)
    failNextFlush(backend)
    expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'committed' })
    await setImmediate() // the flush
    await setImmediate()
    for (const call of [
      () => queue.send([activity('charge')]),
      () => store.putOutcomes(key, []),
      () => store.read(key),
      () => store.appendEpisode(key, episodeOf(1)),
    ]) {
      refusals.push(await call().catch((error: unknown) => isTenutoError(error) && error.code))
    }
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await queue.send([doorbell()])
  while (refusals.length < 4) await setImmediate()
  expect(refusals).toEqual(Array.from({ length: 4 }, () => 'STORAGE_FAILED'))
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(tries).toBe(2)
  expect(consumer.batches).toHaveLength(2)
  expect(await store.readHistory(key)).toEqual([])
})

test('an acknowledgement that was undone with its group brings the message back, not counted as a delivery', async () => {
  const backend = openBackend()
  const { queue } = backend.ports
  const consumer = recorder(async (batch) => {
    if (consumer.batches.length <= 3) failNextFlush(backend)
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await queue.send([doorbell()])
  for (let time = 0; time < 4; time++) {
    await setImmediate()
    await setImmediate()
    await backend.clock.advance(1_000)
  }
  await backend.idle()
  expect(consumer.deliveries.map(({ receiveCount }) => receiveCount)).toEqual([1, 1, 1, 1])
})

test('failed flushes never make a message dead', async () => {
  const backend = openBackend({ maxReceives: 2 })
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  await queue.send([doorbell()])
  const consumer = recorder(async (batch) => {
    await store.appendEpisode(key, episodeOf(1, { output: large }))
    return new Set(batch)
  })
  fillDisk(backend)
  backend.run(consumer, unlimited)
  for (let time = 0; time < 20; time++) {
    await setImmediate()
    await backend.clock.advance(1_000)
  }
  expect(consumer.batches.length).toBeGreaterThan(10)
  expect(consumer.dead).toEqual([])
  freeDisk(backend)
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(await store.readHistory(key)).toHaveLength(1)
  expect(consumer.dead).toEqual([])
})

test('a handler that had no part in the failed group keeps its work', async () => {
  const backend = openBackend()
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  const { promise: work, resolve: finish } = Promise.withResolvers<void>()
  const consumer = recorder(async (batch) => {
    await work
    await store.appendEpisode(key, episodeOf(1))
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await queue.send([activity('long')])
  failNextFlush(backend)
  await expect(queue.send([doorbell()])).rejects.toMatchObject(full)
  finish()
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.batches).toHaveLength(1)
  expect(await store.readHistory(key)).toHaveLength(1)
})

test('a handler that only saw what was undone acknowledges nothing', async () => {
  const backend = openBackend()
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const seen: number[] = []
  const consumer = recorder(async (batch) => {
    await gate
    seen.push((await store.read(key)).episodes.length)
    for (let turn = 0; turn < 3; turn++) await setImmediate()
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await queue.send([doorbell()])
  failNextFlush(backend)
  const undone = store.appendEpisode(key, episodeOf(1))
  open() // it reads before the flush
  await expect(undone).rejects.toMatchObject(full)
  for (let turn = 0; turn < 5; turn++) await setImmediate()
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(seen).toEqual([1, 0])
})

test('a handler that was set off by the write of one which failed is not held responsible for it', async () => {
  const backend = openBackend()
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const consumer = recorder(async (batch) => {
    const { message } = batch[0] ?? {}
    if (message?.kind === 'activity' && message.name === 'second') {
      await second.promise
      return new Set(batch)
    }
    if (consumer.batches.length > 2) return new Set(batch)
    await queue.send([activity('second')]) // its flush hands over the second
    while (consumer.batches.length < 2) await setImmediate()
    failNextFlush(backend)
    await store.appendEpisode(key, episodeOf(1))
    await first.promise
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await queue.send([activity('first')])
  while (consumer.resets === 0) await setImmediate()
  await backend.clock.advance(1_000)
  second.resolve()
  for (let turn = 0; turn < 3; turn++) await setImmediate()
  expect(backend.database.value('SELECT group_concat(lane) FROM messages')).toBe('activity first')
  first.resolve()
  await setImmediate()
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.batches).toHaveLength(3)
})

test('the consumer is told to forget at the failure, and again when a handler that had part in it ends', async () => {
  const backend = openBackend()
  const { store, queue } = backend.ports
  await store.createInstance(rowOf(key))
  const { promise: rest, resolve: finish } = Promise.withResolvers<void>()
  const consumer = recorder(async (batch) => {
    if (consumer.batches.length > 1) return new Set(batch)
    failNextFlush(backend)
    await store.appendEpisode(key, episodeOf(1))
    await rest
    return nothing
  })
  backend.run(consumer, unlimited)
  await queue.send([doorbell()])
  for (let turn = 0; turn < 5; turn++) await setImmediate()
  expect(consumer.resets).toBe(1)
  finish()
  await setImmediate()
  expect(consumer.resets).toBe(2)
  await backend.clock.advance(1_000)
  await backend.idle()
})

test('nothing is delivered for a second after a failed flush', async () => {
  const backend = openBackend()
  const consumer = recorder()
  backend.run(consumer, unlimited)
  failNextFlush(backend)
  await expect(backend.ports.queue.send([doorbell()])).rejects.toMatchObject(full)
  await backend.ports.queue.send([doorbell()])
  await backend.clock.advance(999)
  expect(consumer.batches).toEqual([])
  await backend.clock.advance(1)
  await backend.idle()
  expect(consumer.batches).toHaveLength(1)
})

test('opening on a full disk is refused by that name, and nothing is lost', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const backend = openBackend({ path })
  await backend.ports.queue.send([doorbell()])
  await backend.stop()
  const commit = vi.spyOn(Object.getPrototypeOf(backend.database) as TestBackend['database'], 'commit')
  commit.mockImplementationOnce(() => {
    throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
  })
  expect(() => openBackend({ path })).toThrow(expect.objectContaining(full) as Error)
  const again = openBackend({ path })
  const consumer = recorder()
  again.run(consumer, unlimited)
  await again.idle()
  expect(consumer.batches).toHaveLength(1)
})

test('a disk that fails in the middle of a commit loses nothing that was accepted (a real process, a real limit)', async () => {
  const dataDir = temporaryFolder()
  const child = runChild('write', dataDir, 400)
  const accepted: string[] = []
  let refused = 0
  while (refused < 20) {
    const line = await child.nextLine()
    if (line?.startsWith('refused')) refused += 1
    else if (line) accepted.push(line)
  }
  await child.kill()
  const backend = await openLocalBackend({ dataDir })
  const { instances } = await backend.ports.store.list({ limit: 100_000 })
  await backend.stop()
  const found = new Set(instances.map(({ instanceId }) => instanceId))
  expect(accepted.length).toBeGreaterThan(0)
  expect(accepted.filter((instanceId) => !found.has(instanceId))).toEqual([])
})
