// Acts on many: how far a call comes, whom it counts, and whom it must not touch.

import { expect, test } from 'vitest'
import { actOnMany } from '../../src/runtime/act-on-many.ts'
import type { ManyRequest } from '../../src/runtime/management.ts'
import type { Ports, Store } from '../../src/runtime/ports.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import { rowOf } from '../conformance/samples.ts'
import { withPorts } from '../support/intercept-ports.ts'

const filter = { tags: { batch: '1' } }
const terminate: ManyRequest = { act: { kind: 'terminate' }, filter }

async function filled(count: number) {
  const backend = createMemoryBackend()
  const rows = Array.from({ length: count }, (_, at) =>
    rowOf(
      { instanceId: `i-${String(at).padStart(4, '0')}`, incarnation: `life ${at}` },
      { status: 'RUNNING', createdAt: at, tags: { batch: '1' } },
    ),
  )
  for (const row of rows) await backend.store.createInstance(row)
  const told = async () => {
    const inboxes = await Promise.all(rows.map(async (row) => (await backend.store.read(row)).inbox.length))
    return {
      once: inboxes.filter((each) => each === 1).length,
      never: inboxes.filter((each) => each === 0).length,
    }
  }
  return { ...backend, rows, told }
}

/** The same ports, on which every page of a list takes so long. */
function slow(ports: Ports, pageMs: number): Ports {
  let passed = 0
  const clock = {
    ...ports.clock,
    now: () => ports.clock.now() + passed,
    sleep: ports.clock.sleep.bind(ports.clock),
  }
  const list: Store['list'] = async (given) => {
    passed += pageMs
    return ports.store.list(given)
  }
  return { ...withPorts(ports, { list }), clock }
}

test('all of several pages are done, each once, and counted', async () => {
  const { ports, told } = await filled(250)
  expect(await actOnMany(ports, terminate)).toEqual({ done: 250 })
  expect(await told()).toEqual({ once: 250, never: 0 })
})

test('when time is up a call says where it stopped, and the next one goes on there', async () => {
  const { ports, told } = await filled(250)
  const dragging = slow(ports, 20_000)
  const first = await actOnMany(dragging, terminate)
  expect(first).toEqual({ done: 100, nextPageToken: expect.any(String) as string })
  expect(await told()).toEqual({ once: 100, never: 150 })
  const { nextPageToken: second = '' } = first
  const { done, nextPageToken: third = '' } = await actOnMany(dragging, { ...terminate, pageToken: second })
  expect(done).toBe(100)
  expect(await actOnMany(dragging, { ...terminate, pageToken: third })).toEqual({ done: 50 })
  expect(await told()).toEqual({ once: 250, never: 0 })
})

test('an id that has begun another life since it was listed is passed over', async () => {
  const { ports, store, rows } = await filled(3)
  const [, replaced] = rows
  if (!replaced) throw new Error('no row')
  const next = rowOf({ ...replaced, incarnation: 'next' }, { status: 'RUNNING' })
  const list: Store['list'] = async (given) => {
    const page = await store.list(given)
    await store.createInstance(next, replaced.incarnation)
    return page
  }
  expect(await actOnMany(withPorts(ports, { list }), terminate)).toEqual({ done: 2 })
  expect((await store.read(next)).inbox).toEqual([])
})

test('what has ended since it was listed is passed over', async () => {
  const { ports, store, rows } = await filled(2)
  const list: Store['list'] = async (given) => {
    const page = await store.list(given)
    for (const row of rows)
      await store.projectStatus(row, { episode: 1, status: 'COMPLETED', lastUpdatedAt: 1 })
    return page
  }
  for (const kind of ['terminate', 'suspend'] as const) {
    expect(await actOnMany(withPorts(ports, { list }), { act: { kind }, filter })).toEqual({ done: 0 })
  }
  expect(await actOnMany(ports, { act: { kind: 'purge' }, filter })).toEqual({ done: 2 })
})

test('a call that fails on the way can be made again as it was', async () => {
  const { ports, told } = await filled(150)
  let sends = 0
  const send: Ports['queue']['send'] = async (messages) => {
    if (++sends === 130) throw new Error('no queue')
    return ports.queue.send(messages)
  }
  const failing = withPorts(ports, { send })
  await expect(actOnMany(failing, terminate)).rejects.toThrow('no queue')
  await actOnMany(failing, terminate)
  expect((await told()).never).toBe(0)
})
