// What is delivered when, to how many handlers, and what becomes of it.

import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Delivery } from '../../src/runtime/messages.ts'
import { key, rowOf } from '../conformance/samples.ts'
import { nothing, openBackend, recorder } from './harness.ts'
import { activity, doorbell, timer, unlimited } from './messages.ts'

const day = 24 * 3_600_000

/** Handlers that end when the test says so. */
function gatedConsumer() {
  const gates: { readonly batch: readonly Delivery[]; readonly open: () => void }[] = []
  const consumer = recorder(async (batch) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gates.push({ batch, open: resolve })
    await promise
    return new Set(batch)
  })
  /** Lets the handlers that run now end, until none runs. */
  const openAll = async () => {
    for (let batch = gates.splice(0); batch.length > 0; batch = gates.splice(0)) {
      for (const { open } of batch) open()
      for (let turn = 0; turn < 4; turn++) await setImmediate()
    }
  }
  return { consumer, gates, openAll }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

test('a message is delivered as it was sent', async () => {
  const backend = openBackend()
  const consumer = recorder()
  const sent = [
    doorbell({}, ['e1', 'e2']),
    activity('charge'),
    { ...activity('charge', 2), input: '"ü"', wide: true },
  ]
  await backend.ports.queue.send(sent) // on the disk before anybody listens
  backend.run(consumer, unlimited)
  await backend.ports.queue.send(sent)
  await backend.idle()
  const delivered = consumer.deliveries.map(({ message }) => message)
  for (const message of sent)
    expect(delivered.filter(({ token }) => token === message.token)).toEqual([message, message])
  expect(consumer.deliveries.map(({ receiveCount }) => receiveCount)).toEqual([1, 1, 1, 1, 1, 1])
})

test('an acknowledged message never comes again', async () => {
  const backend = openBackend()
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell(), activity('charge')])
  await backend.idle()
  await backend.clock.advance(day)
  await backend.idle()
  expect(consumer.deliveries).toHaveLength(2)
  expect(backend.database.value('SELECT count(*) FROM messages')).toBe(0)
})

test('all ready messages of one instance go to one handler, a hundred at most', async () => {
  const backend = openBackend()
  const consumer = recorder()
  const other = { ...key, instanceId: 'order-2' }
  const bells = Array.from({ length: 230 }, () => doorbell())
  await backend.ports.queue.send([...bells, doorbell(other)])
  backend.run(consumer, unlimited)
  await backend.idle()
  const sizes = consumer.batches.map((batch) => batch.length)
  expect(sizes.toSorted((a, b) => a - b)).toEqual([1, 30, 100, 100])
  for (const batch of consumer.batches)
    expect(new Set(batch.map(({ message }) => message.instanceId)).size).toBe(1)
})

test('one handler at a time works for an instance, and what comes meanwhile goes to the next one together (DG: worker/lock)', async () => {
  const backend = openBackend()
  const { consumer, gates, openAll } = gatedConsumer()
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  for (let at = 0; at < 5; at++) await backend.ports.queue.send([doorbell()])
  expect(gates).toHaveLength(1)
  await openAll()
  expect(consumer.batches.map((batch) => batch.length)).toEqual([1, 5])
})

test('instances do not wait for each other', async () => {
  const backend = openBackend()
  const { consumer, gates, openAll } = gatedConsumer()
  backend.run(consumer, unlimited)
  const others = Array.from({ length: 20 }, (_, at) => doorbell({ instanceId: `i${at}` }))
  await backend.ports.queue.send(others)
  await turns(2)
  expect(gates).toHaveLength(20)
  await openAll()
})

test('no more instances take turns at once than the limit', async () => {
  const backend = openBackend({ workflowConcurrency: 3 })
  const { consumer, gates, openAll } = gatedConsumer()
  backend.run(consumer, unlimited)
  await backend.ports.queue.send(Array.from({ length: 20 }, (_, at) => doorbell({ instanceId: `i${at}` })))
  await turns(2)
  expect(gates).toHaveLength(3)
  await openAll()
  expect(consumer.batches).toHaveLength(20)
})

test('activities go one to a handler, in order, and no more at once than the limit', async () => {
  const backend = openBackend({ activityConcurrency: 3 })
  const { consumer, gates, openAll } = gatedConsumer()
  backend.run(consumer, unlimited)
  await backend.ports.queue.send(Array.from({ length: 10 }, (_, at) => activity('charge', at + 1)))
  await turns(2)
  expect(gates).toHaveLength(3)
  await openAll()
  const order = consumer.deliveries.map(({ message }) => (message as { seq: number }).seq)
  expect(consumer.batches.every((batch) => batch.length === 1)).toBe(true)
  expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('an activity at its own limit holds up no other, in memory or on the disk (Dapr: maxconcurrent/activity)', async () => {
  const backend = openBackend({ memory: { maxMessages: 10, maxSize: 1e9, perLane: 2 } })
  const { consumer, gates, openAll } = gatedConsumer()
  const slow = Array.from({ length: 100 }, (_, at) => activity('slow', at + 1))
  await backend.ports.queue.send([...slow, activity('quick', 1), activity('quick', 2)])
  backend.run(consumer, { maxConcurrency: (name) => (name === 'slow' ? 2 : undefined) })
  await turns(2)
  const names = gates.flatMap(({ batch }) => batch.map(({ message }) => (message as { name: string }).name))
  expect(names.toSorted()).toEqual(['quick', 'quick', 'slow', 'slow'])
  await openAll()
  expect(consumer.batches).toHaveLength(102)
})

test('a message that was not acknowledged comes again, later each time, and counts', async () => {
  const backend = openBackend({ maxReceives: 100 })
  const times: number[] = []
  const consumer = recorder(async () => {
    times.push(backend.clock.now())
    return nothing
  })
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  await backend.idle()
  for (let at = 0; at < 12; at++) await wakeNext(backend)
  const waits = times.slice(1).map((time, at) => time - (times[at] ?? 0))
  expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000])
  expect(consumer.deliveries.map(({ receiveCount }) => receiveCount).slice(0, 4)).toEqual([1, 2, 3, 4])
})

/** Moves the clock to the next thing that is due. */
async function wakeNext(backend: ReturnType<typeof openBackend>): Promise<void> {
  const [next = backend.clock.now()] = backend.clock.sleepers
  await backend.clock.advance(next - backend.clock.now())
  await backend.idle()
}

test('of a batch only the acknowledged messages are done with', async () => {
  const backend = openBackend()
  const consumer = recorder(async (batch) => new Set(batch.slice(0, 1)))
  const bells = [doorbell(), doorbell(), doorbell()]
  await backend.ports.queue.send(bells)
  backend.run(consumer, unlimited)
  await backend.idle()
  await wakeNext(backend)
  await wakeNext(backend)
  expect(
    consumer.batches.map((batch) =>
      batch.map(({ message }) => bells.findIndex(({ token }) => token === message.token)),
    ),
  ).toEqual([[0, 1, 2], [1, 2], [2]])
})

test('a handler that rejects, or throws before its first await, acknowledges nothing (DG: worker/semaphore)', async () => {
  const backend = openBackend()
  const consumer = recorder()
  let tries = 0
  consumer.handle = (batch) => {
    tries += 1
    if (tries === 1) throw new Error('at once')
    if (tries === 2) return Promise.reject(new Error('later'))
    return Promise.resolve(new Set(batch))
  }
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  await backend.idle()
  await wakeNext(backend)
  await wakeNext(backend)
  expect(tries).toBe(3)
  expect(backend.database.value('SELECT count(*) FROM messages')).toBe(0)
})

test('a message delivered too often is handed over as dead, once, and then deleted', async () => {
  const backend = openBackend({ maxReceives: 3 })
  const consumer = recorder(async () => nothing)
  backend.run(consumer, unlimited)
  const dead = activity('charge')
  await backend.ports.queue.send([dead])
  await backend.idle()
  for (let at = 0; at < 5; at++) await wakeNext(backend)
  expect(consumer.deliveries).toHaveLength(3)
  expect(consumer.dead).toEqual([{ message: dead, receiveCount: 4 }])
  expect(backend.database.value('SELECT count(*) FROM messages')).toBe(0)
})

test('a dead message whose handling fails is kept and tried again', async () => {
  const backend = openBackend({ maxReceives: 1 })
  const consumer = recorder(
    async () => nothing,
    async () => {
      if (consumer.dead.length < 3) throw new Error('not now')
    },
  )
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  await backend.idle()
  for (let at = 0; at < 5; at++) await wakeNext(backend)
  expect(consumer.deliveries).toHaveLength(1)
  expect(consumer.dead).toHaveLength(3)
  expect(backend.database.value('SELECT count(*) FROM messages')).toBe(0)
})

test('a dead message does not take the others of its instance with it', async () => {
  const backend = openBackend({ maxReceives: 1 })
  const consumer = recorder(async (batch) => (consumer.batches.length === 1 ? nothing : new Set(batch)))
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  await backend.idle()
  await backend.ports.queue.send([doorbell()], 50)
  await wakeNext(backend)
  expect(consumer.dead).toHaveLength(1)
  expect(consumer.deliveries).toHaveLength(2)
})

test('delayed messages come at their time, in the order of their times, and not before', async () => {
  const backend = openBackend()
  const start = backend.clock.now()
  const seen: [string, number][] = []
  const consumer = recorder(async (batch) => {
    for (const { message } of batch) seen.push([message.instanceId, backend.clock.now() - start])
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  const delays = [300, 100, 0, 200, 100_000, 30 * day]
  for (const delay of delays)
    await backend.ports.queue.send([doorbell({ instanceId: `after ${delay}` })], delay)
  await backend.clock.advance(99)
  await backend.idle()
  expect(seen).toEqual([['after 0', 0]])
  await backend.clock.advance(31 * day)
  await backend.idle()
  expect(seen.slice(1)).toEqual([
    ['after 100', 100],
    ['after 200', 200],
    ['after 300', 300],
    ['after 100000', 100_000],
    [`after ${30 * day}`, 30 * day],
  ])
})

test('however many messages are delayed, one sleep waits for the first', async () => {
  const backend = openBackend()
  backend.run(recorder(), unlimited)
  for (let at = 50; at > 0; at--) await backend.ports.queue.send([activity(`a${at % 5}`)], at * 1_000)
  await backend.idle()
  expect(backend.clock.sleepers).toEqual([backend.clock.now() + 1_000])
})

test('idle does not wait for what is delayed, but for what has become due', async () => {
  const backend = openBackend()
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()], 1_000)
  await backend.idle()
  expect(consumer.batches).toHaveLength(0)
  const advanced = backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.batches).toHaveLength(1)
  await advanced
})

test('a wall clock that is set back loses no message', async () => {
  const backend = openBackend()
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  await backend.idle()
  backend.clock.jump(-3_600_000)
  await backend.ports.queue.send([doorbell()])
  await backend.ports.queue.send([doorbell()], 100)
  await backend.idle()
  expect(consumer.deliveries).toHaveLength(2)
  await backend.clock.advance(100)
  await backend.idle()
  expect(consumer.deliveries).toHaveLength(3)
})

test('timers fire at their time, once each, and a second one of the same number is the first', async () => {
  const backend = openBackend()
  const { timers } = backend.ports
  const consumer = recorder()
  backend.run(consumer, unlimited)
  const now = backend.clock.now()
  const first = timer(1, now + 500)
  await timers.schedule([first, timer(2, now - 500)])
  await timers.schedule([timer(1, now + 100), timer(1, now + 100, { incarnation: 'life-2' })])
  await backend.idle()
  expect(consumer.deliveries.map(({ message }) => (message as { seq: number }).seq)).toEqual([2])
  await backend.clock.advance(100)
  await backend.idle()
  expect(consumer.deliveries.map(({ message }) => message.incarnation)).toEqual(['life-1', 'life-2'])
  await backend.clock.advance(day)
  await backend.idle()
  expect(consumer.deliveries.at(-1)?.message).toEqual(first)
  expect(consumer.deliveries).toHaveLength(3)
})

test('a cancelled timer does not fire; others of the instance do', async () => {
  const backend = openBackend()
  const { timers } = backend.ports
  const consumer = recorder()
  backend.run(consumer, unlimited)
  const dueAt = backend.clock.now() + 500
  await timers.schedule([timer(1, dueAt), timer(2, dueAt), timer(3, dueAt)])
  await timers.cancel(
    key,
    1,
    [1, 3, 99].map((seq) => ({ seq, dueAt })),
  )
  await timers.cancel(key, 2, [{ seq: 2, dueAt }])
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.deliveries.map(({ message }) => (message as { seq: number }).seq)).toEqual([2])
})

test('a timer that is sent again for the rest, while its own message still exists, is not taken for the same', async () => {
  const backend = openBackend()
  const consumer = recorder(async (batch) => {
    if (consumer.batches.length === 1)
      await backend.ports.queue.send(
        batch.map(({ message }) => message),
        1_000,
      )
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  await backend.ports.timers.schedule([timer(1, backend.clock.now())])
  await backend.idle()
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.deliveries).toHaveLength(2)
})

test('more messages than fit in memory are all delivered, once each and in order', async () => {
  const backend = openBackend({ memory: { maxMessages: 40, maxSize: 1e9, perLane: 4 } })
  let largest = 0
  const consumer = recorder()
  const seqs = Array.from({ length: 500 }, (_, at) => at + 1)
  const half = seqs.map((seq) => activity(`kind-${seq % 2}`, seq))
  await backend.ports.queue.send(half)
  await backend.ports.queue.send(seqs.map((seq) => doorbell({ instanceId: `i${seq}` })))
  backend.run(consumer, unlimited)
  // Some come while the others are loaded.
  for (const seq of seqs) void backend.ports.queue.send([activity('kind-0', 500 + seq)])
  await backend.idle()
  expect(consumer.deliveries).toHaveLength(1_500)
  expect(new Set(consumer.deliveries.map(({ message }) => message.token)).size).toBe(1_500)
  for (const name of ['kind-0', 'kind-1']) {
    const order = consumer.deliveries.flatMap(({ message }) =>
      message.kind === 'activity' && message.name === name ? [message.seq] : [],
    )
    largest = Math.max(largest, order.length)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  }
  expect(largest).toBe(750)
})

test('stop hands over nothing more, waits for the handlers and keeps what they did (DG: worker/drain)', async () => {
  const backend = openBackend({ stopGraceMs: 10_000 })
  const { consumer, gates } = gatedConsumer()
  backend.run(consumer, unlimited)
  await backend.ports.store.createInstance(rowOf(key))
  await backend.ports.queue.send([doorbell()])
  await turns(2)
  const stopped = backend.stop()
  await backend.ports.queue.send([doorbell()])
  let isStopped = false
  void stopped.then(() => (isStopped = true))
  await turns(5)
  expect(isStopped).toBe(false)
  gates[0]?.open()
  await stopped
  expect(consumer.batches).toHaveLength(1)
})

test('stop does not wait longer than the grace period', async () => {
  const backend = openBackend({ stopGraceMs: 10_000 })
  const consumer = recorder()
  const { promise: late, resolve: goOn } = Promise.withResolvers<void>()
  let refusal: unknown
  consumer.handle = async (batch) => {
    await late
    refusal = await backend.ports.store.getInstance('any').catch((error: unknown) => error)
    return new Set(batch)
  }
  backend.run(consumer, unlimited)
  await backend.ports.queue.send([doorbell()])
  const stopped = backend.stop()
  await backend.clock.advance(10_000)
  await stopped
  // What the handler does now comes too late, and harms nothing.
  goOn()
  await turns(3)
  expect(refusal).toMatchObject({ code: 'UNAVAILABLE' })
})
