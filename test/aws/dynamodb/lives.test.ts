// What becomes of lives that are over: nothing of them stays readable, and nobody can go on writing them.

import { describe, expect, test } from 'vitest'
import { isTurn, trimAfterMs, trimInputsAfterMs } from '../../../src/aws/dynamodb/trim.ts'
import type { Store } from '../../../src/runtime/ports.ts'
import type { Projection } from '../../../src/runtime/rows.ts'
import {
  episodeOf,
  eventRow,
  key,
  nextLife,
  openingOf,
  outcomeRow,
  rowOf,
} from '../../conformance/samples.ts'
import { describeOnTables } from '../../support/dynoxide.ts'
import { hold, injectFaults, refuse } from './faults.ts'
import { useTables } from './harness.ts'
import { noise } from './noise.ts'

const dayMs = 24 * 3_600_000
const secret = '"secret"'
const end: Projection = { episode: 3, status: 'COMPLETED', lastUpdatedAt: 2_000, output: secret }

describeOnTables('the lives of an id in DynamoDB', () => {
  const open = useTables()

  /** An instance with something of every kind. */
  async function liveAndEnd(store: Store): Promise<void> {
    await store.createInstance(rowOf(key, { input: secret, startKey: 'k' }))
    for (const n of [1, 2]) await store.appendEpisode(key, episodeOf(n, { output: secret }))
    await store.appendEpisode(key, episodeOf(3, { output: noise(450_000) }))
    await store.putInbox(
      key,
      eventRow('e1', { event: { kind: 'eventRaised', id: 'e1', name: 'n', input: secret } }),
    )
    await store.putInbox(key, eventRow('e2'))
    await store.deleteInbox(key, ['e2'])
    await store.putOutcomes(key, [outcomeRow(1, secret)])
    await store.projectStatus(key, end)
  }

  describe('purging', () => {
    test('leaves a tombstone and stubs, and of payloads nothing at all', async () => {
      const { store, items, clock } = await open()
      await liveAndEnd(store)
      expect(JSON.stringify(await items(key.instanceId))).toContain('secret')
      expect(await store.purge(key, 5_000)).toBe(true)
      const left = await items(key.instanceId)
      expect(JSON.stringify(left)).not.toContain('secret')
      const stubs = ['1', '2', '3'].map((n) => `life-1#e#${n.padStart(10, '0')}`)
      expect(left.map(({ sk }) => sk?.S)).toEqual([...stubs, 'row'])
      const graveEnd = (clock.now() + 15 * dayMs) / 1000
      expect(left.map(({ ttl }) => Number(ttl?.N))).toEqual(left.map(() => graveEnd))
      expect(await store.read(key)).toEqual({ episodes: [], inbox: [] })
      expect(await store.read(key, 1)).toEqual({ episodes: [], inbox: [] })
      expect(await store.readHistory(key)).toEqual([])
    })

    test('a writer who was frozen before it finds every number taken, and the life gone', async () => {
      const { store, another } = await open()
      await liveAndEnd(store)
      await store.purge(key, 5_000)
      for (const n of [1, 2, 3]) {
        expect(await another().appendEpisode(key, episodeOf(n, { nonce: 'frozen' }))).toEqual({
          kind: 'gone',
        })
        expect(await store.appendEpisode(key, episodeOf(n))).toEqual({ kind: 'gone' })
      }
      expect(await store.readHistory(key)).toEqual([])
    })

    test('that is cut short is purged all the same, and goes on when it is repeated', async () => {
      const { store, client, another, items, connect } = await open()
      await liveAndEnd(store)
      injectFaults(client, ({ operation }) =>
        operation === 'BatchWriteItem' ? refuse(403, 'AccessDeniedException') : undefined,
      )
      await expect(store.purge(key, 5_000)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
      expect(await store.getInstance(key.instanceId)).toMatchObject({ purgedAt: 5_000 })
      expect(JSON.stringify(await items(key.instanceId))).toContain('secret')
      expect(await another({ client: connect() }).purge(key, 6_000)).toBe(true)
      expect(JSON.stringify(await items(key.instanceId))).not.toContain('secret')
      expect(await store.getInstance(key.instanceId)).toMatchObject({ purgedAt: 5_000 })
    })

    test('a line of which only a part is purged reads as purged', async () => {
      const { store, client, connect, another } = await open()
      await store.createInstance(rowOf(key))
      for (let n = 1; n <= 60; n++) await store.appendEpisode(key, episodeOf(n))
      await store.projectStatus(key, end)
      injectFaults(client, ({ operation, count }) =>
        operation === 'BatchWriteItem' && count > 0 ? refuse(403, 'AccessDeniedException') : undefined,
      )
      await expect(store.purge(key, 5_000)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
      const reader = another({ client: connect() })
      expect((await reader.readHistory(key)).length).toBe(35)
      expect(await reader.read(key, 0)).toEqual({ episodes: [], inbox: [] })
      expect(await reader.read(key)).toEqual({ episodes: [], inbox: [] })
    })

    test('that is repeated writes nothing more', async () => {
      const { store, takeRequests } = await open()
      await liveAndEnd(store)
      await store.purge(key, 5_000)
      takeRequests()
      await store.purge(key, 6_000)
      expect(takeRequests().map(({ operation }) => operation)).toEqual(['UpdateItem', 'Query'])
    })

    test('a tombstone is forgotten after fifteen days, whether or not DynamoDB has deleted it', async () => {
      const { store, clock } = await open()
      await liveAndEnd(store)
      await store.purge(key, 5_000)
      clock.advance(15 * dayMs - 1_000)
      expect(await store.getInstance(key.instanceId)).toBeDefined()
      expect(await store.createInstance(rowOf(nextLife))).toMatchObject({ purgedAt: 5_000 })
      clock.advance(1_000)
      expect(await store.getInstance(key.instanceId)).toBeUndefined()
      expect(await store.createInstance(rowOf(nextLife))).toBeUndefined()
      expect(await store.getInstance(key.instanceId)).toEqual(rowOf(nextLife))
    })
  })

  describe('replacing', () => {
    test('leaves stubs of the life that was replaced, and none of its payloads', async () => {
      const { store, items } = await open()
      await liveAndEnd(store)
      expect(await store.createInstance(rowOf(nextLife), key.incarnation)).toBeUndefined()
      expect(JSON.stringify(await items(key.instanceId))).not.toContain('secret')
      expect(await store.appendEpisode(key, episodeOf(3, { nonce: 'frozen' }))).toEqual({ kind: 'gone' })
      expect(await store.appendEpisode(nextLife, episodeOf(1))).toEqual({ kind: 'committed' })
      expect(await store.read(nextLife)).toEqual({ episodes: [episodeOf(1)], inbox: [] })
    })

    test('does not fail for what it leaves behind, and a purge of the new life makes up for it', async () => {
      const { store, client, another, connect, items, logger } = await open()
      await liveAndEnd(store)
      injectFaults(client, ({ operation }) =>
        operation === 'BatchWriteItem' ? refuse(403, 'AccessDeniedException') : undefined,
      )
      expect(await store.createInstance(rowOf(nextLife), key.incarnation)).toBeUndefined()
      expect(logger.lines).toContainEqual(expect.objectContaining({ level: 'warn' }))
      expect(JSON.stringify(await items(key.instanceId))).toContain('secret')
      const other = another({ client: connect() })
      await other.projectStatus(nextLife, { ...end, output: '1' })
      expect(await other.purge(nextLife, 5_000)).toBe(true)
      expect(JSON.stringify(await items(key.instanceId))).not.toContain('secret')
    })
  })

  describe('retention', () => {
    test('lets go of row and history so many days after an end of that kind', async () => {
      const { store, items, clock } = await open({ retention: { completed: '30d', failed: '90d' } })
      await liveAndEnd(store)
      const left = await items(key.instanceId)
      const until = (clock.now() + 30 * dayMs) / 1000
      expect(left.filter(({ sk }) => !sk?.S?.includes('#t#')).map(({ ttl }) => Number(ttl?.N))).toEqual(
        left.slice(1).map(() => until),
      )
      expect(await store.readHistory(key)).toHaveLength(3)
      expect((await store.list({ limit: 10 })).instances).toHaveLength(1)
      clock.advance(30 * dayMs)
      expect(await store.getInstance(key.instanceId)).toBeUndefined()
      expect((await store.list({ limit: 10 })).instances).toEqual([])
      expect(await store.createInstance(rowOf(nextLife))).toBeUndefined()
    })

    test('keeps the numbers of a history taken for as long as late messages can come', async () => {
      const { store, items, clock } = await open({ retention: { completed: '1d' } })
      await liveAndEnd(store)
      const times = new Map((await items(key.instanceId)).map(({ sk, ttl }) => [sk?.S, Number(ttl?.N)]))
      expect(times.get('row')).toBe((clock.now() + dayMs) / 1000)
      expect(times.get('life-1#e#0000000003')).toBe((clock.now() + 15 * dayMs) / 1000)
    })

    test('that is marked late, after a purge, brings nothing back', async () => {
      const { store, client, items } = await open({ retention: { completed: '30d' } })
      const late = hold()
      const seen = new Set<string>()
      let isHeld = true
      injectFaults(client, ({ operation, input }) => {
        const text = JSON.stringify(input)
        if (!isHeld || operation === 'Query' || !text.includes('#e#') || !text.includes('ttl'))
          return undefined
        return seen.size < seen.add(text).size ? late.fault : undefined
      })
      await liveAndEnd(store)
      expect(seen.size).toBeGreaterThan(0)
      isHeld = false
      await store.purge(key, 5_000)
      const left = await items(key.instanceId)
      await late.letGo()
      expect(await items(key.instanceId)).toEqual(left)
    })

    test('does not concern other ends, nor what goes on', async () => {
      const { store, items } = await open({ retention: { completed: '30d' } })
      await store.createInstance(rowOf(key))
      await store.appendEpisode(key, episodeOf(1))
      await store.projectStatus(key, { ...end, status: 'SUSPENDED' })
      await store.projectStatus(key, { ...end, status: 'FAILED' })
      expect((await items(key.instanceId)).filter(({ ttl }) => ttl)).toEqual([])
    })
  })

  describe('trimming', () => {
    const before = Array.from({ length: 400 }, (_, at) => at + 40).find((n) => isTurn(key, n)) ?? 0

    test('one call in sixteen does the work, whatever steps the numbers take', () => {
      for (const step of [1, 2, 3, 7, 16, 32]) {
        const calls = Array.from({ length: 3_200 }, (_, at) => at * step + 2)
        const share = calls.filter((n) => isTurn(key, n)).length / calls.length
        expect(share).toBeGreaterThan(1 / 24)
        expect(share).toBeLessThan(1 / 12)
      }
    })

    test('takes what is old enough, and only that', async () => {
      const { store, clock, takeRequests } = await open()
      const old = clock.now()
      for (let n = 1; n < before - 5; n++) await store.appendEpisode(key, episodeOf(n, { at: old }))
      clock.advance(trimAfterMs)
      for (let n = before - 5; n < before; n++) await store.appendEpisode(key, episodeOf(n, { at: old + 1 }))
      await store.appendEpisode(key, openingOf(before))
      takeRequests()
      await store.trimHistory(key, before)
      const batches = Math.ceil((before - 6) / 25)
      const writes = Array.from({ length: batches - 1 }, () => 'BatchWriteItem')
      expect(takeRequests().map(({ operation }) => operation)).toEqual([
        'Query',
        'BatchWriteItem',
        'Query',
        ...writes,
      ])
      const left = [...Array.from({ length: 5 }, (_, at) => before - 5 + at), before]
      expect((await store.readHistory(key)).map(({ n }) => n)).toEqual(left)
      clock.advance(1)
      await store.trimHistory(key, before)
      expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([before])
      expect((await store.read(key)).episodes).toEqual([openingOf(before)])
      expect((await store.read(key, 1)).episodes).toEqual([openingOf(before)])
    })

    test('keeps what messages of activities may lack, for longer than any message lives', async () => {
      const { store, clock } = await open()
      const large = { kind: 'scheduleTask', seq: 1, name: 'charge', input: 'ü'.repeat(200_000) } as const
      const small = { ...large, seq: 2, input: 'small' }
      await store.appendEpisode(key, episodeOf(1, { at: clock.now(), commands: [small] }))
      await store.appendEpisode(key, episodeOf(2, { at: clock.now(), commands: [large] }))
      await store.appendEpisode(key, openingOf(before))
      clock.advance(trimInputsAfterMs - 1)
      await store.trimHistory(key, before)
      expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([2, before])
      clock.advance(1)
      await store.trimHistory(key, before)
      expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([before])
    })

    test('takes the parts of an episode along', async () => {
      const { store, clock, items } = await open()
      const large = episodeOf(1, { at: clock.now(), output: noise(450_000) })
      await store.appendEpisode(key, large)
      clock.advance(trimAfterMs)
      await store.trimHistory(key, before)
      expect(await items(key.instanceId)).toEqual([])
    })

    test('reads little where nothing is old enough', async () => {
      const { store, clock, takeRequests } = await open()
      const output = noise(700)
      for (let n = 1; n < before; n++)
        await store.appendEpisode(key, episodeOf(n, { at: clock.now(), output }))
      takeRequests()
      await store.trimHistory(key, before)
      const [query, ...more] = takeRequests()
      expect(query).toMatchObject({ operation: 'Query', items: 25 })
      expect(more).toEqual([])
    })

    test('asks nothing at the other calls', async () => {
      const { store, takeRequests } = await open()
      for (let n = 1; n <= 50; n++) if (!isTurn(key, n)) await store.trimHistory(key, n)
      expect(takeRequests()).toEqual([])
    })
  })

  describe('traces of consumed facts', () => {
    test('are recognised for seven days, by every process, and hold no payload', async () => {
      const { store, another, clock, items } = await open()
      const event = { kind: 'eventRaised', id: 'e1', name: 'n', input: secret } as const
      const row = eventRow('e1', { event })
      await store.putInbox(key, row)
      await another().deleteInbox(key, ['e1'])
      expect(JSON.stringify(await items(key.instanceId))).not.toContain('secret')
      const known = { ...row, event: { kind: 'eventRaised', id: 'e1', name: 'n' } }
      expect(await store.putInbox(key, row)).toEqual(known)
      expect(await another().putInbox(key, { ...row, digest: 'other' })).toEqual(known)
      expect((await store.read(key)).inbox).toEqual([])
      clock.advance(7 * dayMs)
      expect(await store.putInbox(key, row)).toBeUndefined()
    })

    test('whatever the id holds', async () => {
      const { store } = await open()
      for (const id of ['', '#', '\uD800', 'x'.repeat(2_000)]) {
        const row = eventRow(id)
        expect(await store.putInbox(key, row)).toBeUndefined()
        expect((await store.read(key)).inbox).toEqual([row])
        await store.deleteInbox(key, [id])
        expect((await store.read(key)).inbox).toEqual([])
        expect(await store.putInbox(key, row)).toMatchObject({ factId: id, digest: row.digest })
      }
    })
  })
})
