// How long ended instances are kept, by the clock.

import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Retention } from '../../src/local/index.ts'
import type { TerminalStatus } from '../../src/workflow/status.ts'
import { episodeOf, eventRow, rowOf } from '../conformance/samples.ts'
import { openBackend, recorder, type TestBackend } from './harness.ts'
import { unlimited } from './messages.ts'

const day = 24 * 3_600_000
const lookMs = 15 * 60_000

async function end({ ports, clock }: TestBackend, instanceId: string, status: TerminalStatus): Promise<void> {
  const key = { instanceId, incarnation: `life of ${instanceId}` }
  const now = clock.now()
  await ports.store.createInstance(rowOf(key, { createdAt: now, lastUpdatedAt: now, tags: { team: 'a' } }))
  await ports.store.appendEpisode(key, episodeOf(1, { at: now }))
  await ports.store.putInbox(key, eventRow('late'))
  await ports.store.projectStatus(key, { episode: 1, status, lastUpdatedAt: now, output: '"out"' })
}

const listed = async ({ ports }: TestBackend) =>
  (await ports.store.list({ limit: 999 })).instances.map(({ instanceId }) => instanceId)

/** Lets time pass, and what is due then be done. */
async function pass({ clock }: TestBackend, ms: number): Promise<void> {
  clock.jump(ms)
  await clock.advance(0)
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

const opened = (retention?: Retention): TestBackend => {
  const backend = openBackend(retention ? { retention } : {})
  backend.run(recorder(), unlimited)
  return backend
}

test('each end has its own time, and what has none is kept', async () => {
  const backend = opened({ completed: '1d', failed: '3d' })
  await end(backend, 'completed', 'COMPLETED')
  await end(backend, 'failed', 'FAILED')
  await end(backend, 'terminated', 'TERMINATED')
  await backend.ports.store.createInstance(rowOf({ instanceId: 'runs', incarnation: 'l' }, { createdAt: 1 }))
  await pass(backend, day - 1)
  expect(await listed(backend)).toHaveLength(4)
  await pass(backend, lookMs)
  expect((await listed(backend)).toSorted()).toEqual(['failed', 'runs', 'terminated'])
  await pass(backend, 3 * day)
  expect((await listed(backend)).toSorted()).toEqual(['runs', 'terminated'])
  await pass(backend, 999 * day)
  expect((await listed(backend)).toSorted()).toEqual(['runs', 'terminated'])
})

test('nothing is left of it', async () => {
  const backend = opened({ completed: 0 })
  await end(backend, 'i', 'COMPLETED')
  await pass(backend, lookMs)
  expect(await backend.ports.store.getInstance('i')).toBeUndefined()
  for (const table of ['instances', 'starts', 'shown', 'episodes', 'inbox', 'consumed', 'tags']) {
    expect([table, backend.database.value(`SELECT count(*) FROM ${table}`)]).toEqual([table, 0])
  }
})

test('more than go at once go one after the other', async () => {
  const backend = opened({ failed: 0 })
  for (let at = 0; at < 250; at++) await end(backend, `i${at}`, 'FAILED')
  await pass(backend, lookMs)
  expect(await listed(backend)).toEqual([])
})

test('the end counts, not the beginning; and what is over when the backend opens goes at once', async () => {
  const backend = opened({ completed: '24h' })
  const key = { instanceId: 'i', incarnation: 'l' }
  await backend.ports.store.createInstance(rowOf(key, { createdAt: 1, lastUpdatedAt: 1 }))
  await pass(backend, 5 * day)
  expect(await listed(backend)).toEqual(['i'])
  const at = backend.clock.now()
  await backend.ports.store.projectStatus(key, { episode: 1, status: 'COMPLETED', lastUpdatedAt: at })
  await pass(backend, day - lookMs)
  expect(await listed(backend)).toEqual(['i'])
  await pass(backend, 2 * lookMs)
  expect(await listed(backend)).toEqual([])
})

test('what is left of purged instances goes after fifteen days', async () => {
  const backend = opened({})
  await end(backend, 'i', 'COMPLETED')
  await backend.ports.store.purge({ instanceId: 'i', incarnation: 'life of i' }, backend.clock.now())
  await pass(backend, 15 * day - 1)
  expect(await backend.ports.store.getInstance('i')).toMatchObject({ name: 'orderProcessing' })
  await pass(backend, lookMs)
  expect(await backend.ports.store.getInstance('i')).toBeUndefined()
})

test('without a time nothing goes, and nobody looks', async () => {
  const backend = opened()
  await end(backend, 'i', 'COMPLETED')
  await pass(backend, 999 * day)
  expect(await listed(backend)).toEqual(['i'])
  expect(backend.clock.sleepers).toEqual([])
})

test.each([
  [-1, 'INVALID_ARGUMENT'],
  ['-1d', 'INVALID_ARGUMENT'],
  [Number.NaN, 'INVALID_DURATION'],
  [Infinity, 'INVALID_DURATION'],
  ['a week', 'INVALID_DURATION'],
])('a time of %s is refused', (time, code) => {
  expect(() => openBackend({ retention: { completed: time as number } })).toThrow(
    expect.objectContaining({ code }) as Error,
  )
})

test('a short time is looked after as often as it lasts, but once a second at most', async () => {
  for (const [any, periodMs] of [
    ['90s', 90_000],
    ['10ms', 1_000],
    ['30d', lookMs],
  ] as const) {
    const backend = opened({ any })
    await setImmediate()
    expect(backend.clock.sleepers).toEqual([backend.clock.now() + periodMs])
  }
})
