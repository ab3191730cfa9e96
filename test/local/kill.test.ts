// A process that is killed: what it accepted is there afterwards, what it had in hand comes again, and what
// kills it is found.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openLocalBackend } from '../../src/local/index.ts'
import type { Message } from '../../src/runtime/messages.ts'
import { runChild } from './children/run.ts'
import { nothing, openBackend, recorder, temporaryFolder } from './harness.ts'
import { activity, doorbell, unlimited } from './messages.ts'

async function sendTo(dataDir: string, ...messages: readonly Message[]): Promise<void> {
  const backend = await openLocalBackend({ dataDir })
  await backend.ports.queue.send(messages)
  await backend.stop()
}

/** Delivers in a child process until it ends. @returns what it said */
async function deliverIn(dataDir: string): Promise<{ said: string[]; end: number | string }> {
  const child = runChild('die', dataDir)
  const said = await child.rest()
  return { said, end: await child.ended }
}

test('everything that was accepted before kill -9 is there afterwards, and the database is sound', async () => {
  const dataDir = temporaryFolder()
  const accepted: string[] = []
  for (const count of [1, 50, 400]) {
    const child = runChild('write', join(dataDir, String(count)))
    while (accepted.length < count) accepted.push((await child.nextLine()) ?? '')
    await child.kill()
    accepted.push(...(await child.rest())) // said before it was killed
    const backend = await openLocalBackend({ dataDir: join(dataDir, String(count)), integrityCheck: true })
    const { instances } = await backend.ports.store.list({ limit: 1_000_000 })
    await backend.stop()
    const found = new Set(instances.map(({ instanceId }) => instanceId))
    expect(accepted.filter((instanceId) => !found.has(instanceId))).toEqual([])
    accepted.length = 0
  }
})

test('what a killed process had in hand is delivered again, and known as delivered before (Dapr: reconnect/orchestrator)', async () => {
  const dataDir = temporaryFolder()
  await sendTo(dataDir, doorbell({ instanceId: 'poison' }))
  expect(await deliverIn(dataDir)).toEqual({ said: ['poison 1'], end: 'SIGKILL' })
  expect(await deliverIn(dataDir)).toEqual({ said: ['poison 2'], end: 'SIGKILL' })
})

test('a workflow message that kills its host again and again is dead after a few kills', async () => {
  const dataDir = temporaryFolder()
  await sendTo(dataDir, doorbell({ instanceId: 'poison' }))
  const ends: string[] = []
  for (let { said, end } = await deliverIn(dataDir); ; { said, end } = await deliverIn(dataDir)) {
    ends.push(...said)
    if (end === 0) break
  }
  expect(ends).toEqual(['poison 1', 'poison 2', 'poison 3', 'poison 4', 'poison 5', 'dead poison'])
})

test('messages that were merely there when the host was killed are not taken for what kills it', async () => {
  const dataDir = temporaryFolder()
  // The poison first: it kills before the others are acknowledged.
  const neighbours = Array.from({ length: 5 }, (_, at) => activity('charge', at, { instanceId: `i${at}` }))
  await sendTo(dataDir, doorbell({ instanceId: 'poison' }), ...neighbours)
  const said: string[] = []
  for (let kills = 0; ; kills++) {
    const run = await deliverIn(dataDir)
    said.push(...run.said)
    if (run.end === 0) break
    expect(kills).toBeLessThan(10)
  }
  expect(said.filter((line) => line.startsWith('dead'))).toEqual(['dead poison'])
  for (const { instanceId } of neighbours)
    expect(said.some((line) => line.startsWith(`${instanceId} `))).toBe(true)
})

/** A database as a killed process leaves it. */
function asKilled(path: string): string {
  const connection = new DatabaseSync(path)
  connection.exec('UPDATE host SET closed = 0')
  connection.close()
  return path
}

/** Opens, and leaves as a killed process would, `times` over. */
async function killAtStart(path: string, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await openBackend({ path }).stop()
    asKilled(path)
  }
}

test('an orderly stop counts against no message', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const first = openBackend({ path })
  await first.ports.queue.send([doorbell()])
  await first.stop()
  for (let time = 0; time < 5; time++) await openBackend({ path }).stop()
  const backend = openBackend({ path })
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.idle()
  expect(consumer.deliveries.map(({ receiveCount }) => receiveCount)).toEqual([1])
})

test('a message that was not due when the process was killed is no suspect', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const first = openBackend({ path })
  await first.ports.queue.send([doorbell()], 1_000)
  await first.stop()
  await killAtStart(asKilled(path), 5)
  const backend = openBackend({ path })
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.clock.advance(1_000)
  await backend.idle()
  expect(consumer.deliveries.map(({ receiveCount }) => receiveCount)).toEqual([1])
})

test('suspects are handed over one by one, each counted on the disk before; others do not wait', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const first = openBackend({ path })
  await first.ports.queue.send([
    doorbell({ instanceId: 'a' }),
    doorbell({ instanceId: 'b' }),
    activity('c', 1, { instanceId: 'c' }),
  ])
  await first.stop()
  await killAtStart(asKilled(path), 1)
  const backend = openBackend({ path })
  const attemptsAt: Record<string, unknown> = {}
  const { promise: never } = Promise.withResolvers<void>()
  const consumer = recorder(async (batch) => {
    const instanceId = batch[0]?.message.instanceId ?? ''
    attemptsAt[instanceId] = backend.database.value('SELECT sum(attempts) FROM messages')
    if (instanceId.length === 1) await never
    return new Set(batch)
  })
  backend.run(consumer, unlimited)
  const order = () => Object.keys(attemptsAt)
  await backend.ports.queue.send([doorbell({ instanceId: 'not a suspect' })])
  await backend.clock.advance(0)
  expect(order().toSorted()).toEqual(['c', 'not a suspect'])
  await backend.clock.advance(999)
  expect(order()).toHaveLength(2)
  await backend.clock.advance(1)
  await setImmediate() // the flush of the count
  expect(order()).toHaveLength(3)
  await backend.clock.advance(1_000)
  await setImmediate()
  expect(order().slice(2)).toEqual(['a', 'b'])
  expect(attemptsAt).toMatchObject({ c: 1, a: 2, b: 3 })
})

test('a suspect that its host survives is no suspect any more', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const first = openBackend({ path })
  await first.ports.queue.send([doorbell()])
  await first.stop()
  await killAtStart(asKilled(path), 1)
  const backend = openBackend({ path })
  backend.run(
    recorder(async () => nothing),
    unlimited,
  )
  await backend.idle()
  expect(backend.database.value('SELECT boots + attempts FROM messages')).toBe(0)
})

test('suspects that do not kill are all handed over without waiting for the clock', async () => {
  const path = join(temporaryFolder(), 'a.db')
  const first = openBackend({ path })
  await first.ports.queue.send(Array.from({ length: 30 }, (_, at) => activity('charge', at)))
  await first.stop()
  await killAtStart(asKilled(path), 1)
  const backend = openBackend({ path })
  const consumer = recorder()
  backend.run(consumer, unlimited)
  await backend.idle()
  expect(consumer.deliveries).toHaveLength(30)
})
