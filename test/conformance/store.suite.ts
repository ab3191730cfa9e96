// What every store must keep, whatever it is built on. Each case rests on the text of the port alone.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Episode } from '../../src/runtime/episode.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { describeLists } from './list.suite.ts'
import { episodeOf, eventRow, key, nextLife, openingOf, outcomeRow, rowOf } from './samples.ts'

export interface OpenStore {
  readonly store: Store
  readonly close: () => Promise<void>
}

/** Registers the suite. `open` makes an empty store. */
export function describeStore(name: string, open: () => Promise<OpenStore>): void {
  describe(`the store contract: ${name}`, () => {
    let opened: OpenStore
    let store: Store
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const append = async (...episodes: readonly Episode[]) => {
      for (const episode of episodes) {
        expect(await store.appendEpisode(key, episode)).toEqual({ kind: 'committed' })
      }
    }
    const end = () => store.projectStatus(key, { episode: 9, status: 'COMPLETED', lastUpdatedAt: 3_000 })

    describe('rows of instances', () => {
      test('an unknown instance has no row', async () => {
        expect(await store.getInstance('unknown')).toBeUndefined()
      })

      test('a row comes back as it was put, with every field', async () => {
        const row = rowOf(key, {
          startAt: 9_000,
          input: '{"order":1}',
          parent: { instanceId: 'p', incarnation: 'q', generation: 1, seq: 2, depth: 1 },
          tags: { team: 'a' },
          startKey: 'key',
          formerStartKeys: ['d:former/start/1.2'],
        })
        expect(await store.createInstance(row)).toBeUndefined()
        expect(await store.getInstance(key.instanceId)).toEqual(row)
      })

      test('of many puts of one id at once exactly one is taken, and all others are shown its row', async () => {
        const lives = Array.from({ length: 10 }, (_, at) => rowOf({ ...key, incarnation: `life-${at}` }))
        const answers = await Promise.all(lives.map((row) => store.createInstance(row)))
        const taken = await store.getInstance(key.instanceId)
        expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
        expect(answers.filter(Boolean)).toEqual(Array.from({ length: 9 }, () => taken))
      })

      test('a put replaces the row of the incarnation it names, and no other', async () => {
        await store.createInstance(rowOf(key))
        expect(await store.createInstance(rowOf(nextLife), 'life-0')).toEqual(rowOf(key))
        expect(await store.createInstance(rowOf(nextLife), 'life-1')).toBeUndefined()
        expect(await store.getInstance(key.instanceId)).toEqual(rowOf(nextLife))
        expect(await store.createInstance(rowOf(key), 'life-1')).toEqual(rowOf(nextLife))
      })

      test('a new life of an id has neither history nor inbox of the one before', async () => {
        await store.createInstance(rowOf(key))
        await append(episodeOf(1))
        await store.putInbox(key, eventRow('e1'))
        await store.putInbox(key, eventRow('e2'))
        await store.deleteInbox(key, ['e2'])
        await store.createInstance(rowOf(nextLife), key.incarnation)
        expect(await store.read(nextLife)).toEqual({ episodes: [], inbox: [] })
        expect(await store.putInbox(nextLife, eventRow('e2'))).toBeUndefined()
      })
    })

    describe('what runs of activities leave', () => {
      const call = { generation: 1, firstSeq: 3 }
      const row = (seq: number, nonce: string, more: object = {}) => ({ ...call, seq, nonce, ...more })
      beforeEach(() => store.createInstance(rowOf(key)))

      test('a row comes back as it was put, and belongs to its call and its life', async () => {
        const put = row(3, 'a "b" ü', { until: 99, details: '{"at":"ü😀"}' })
        expect(await store.getAttempt(key, call)).toBeUndefined()
        expect(await store.putAttempt(key, put)).toBeUndefined()
        expect(await store.getAttempt(key, call)).toEqual(put)
        expect(await store.getAttempt(key, { ...call, firstSeq: 4 })).toBeUndefined()
        expect(await store.getAttempt(key, { ...call, generation: 2 })).toBeUndefined()
        expect(await store.read(key)).toEqual({ episodes: [], inbox: [] })
        await store.createInstance(rowOf(nextLife), key.incarnation)
        expect(await store.getAttempt(nextLife, call)).toBeUndefined()
      })

      test('of many puts at once exactly one is taken, and all others are shown its row', async () => {
        const rows = Array.from({ length: 10 }, (_, at) => row(3, `n${at}`))
        const answers = await Promise.all(rows.map((each) => store.putAttempt(key, each)))
        const taken = await store.getAttempt(key, call)
        expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
        expect(answers.filter(Boolean)).toEqual(Array.from({ length: 9 }, () => taken))
      })

      test('a row makes way for its own run, for the one that names it, and for a later attempt', async () => {
        await store.putAttempt(key, row(3, 'a', { until: 5, details: '1' }))
        expect(await store.putAttempt(key, row(3, 'b'))).toMatchObject({ nonce: 'a', until: 5 })
        expect(await store.putAttempt(key, row(3, 'b'), 'c')).toMatchObject({ nonce: 'a' })
        expect(await store.putAttempt(key, row(3, 'a', { details: '2' }))).toBeUndefined()
        expect(await store.getAttempt(key, call)).toEqual(row(3, 'a', { details: '2' }))
        expect(await store.putAttempt(key, row(3, 'b'), 'a')).toBeUndefined()
        expect(await store.putAttempt(key, row(5, 'c'))).toBeUndefined()
        expect(await store.putAttempt(key, row(3, 'd'))).toEqual(row(5, 'c'))
      })
    })

    describe('the history', () => {
      beforeEach(() => store.createInstance(rowOf(key)))

      test('episodes come back in order and unchanged', async () => {
        const rich = episodeOf(2, { customStatus: '"half"', output: '"ü€😀"', wide: true })
        await append(episodeOf(1), rich, episodeOf(3))
        expect((await store.read(key)).episodes).toEqual([episodeOf(1), rich, episodeOf(3)])
        expect(await store.readHistory(key)).toEqual([episodeOf(1), rich, episodeOf(3)])
      })

      test('reading after a number gives what came later', async () => {
        await append(episodeOf(1), episodeOf(2), episodeOf(3))
        expect((await store.read(key, 1)).episodes).toEqual([episodeOf(2), episodeOf(3)])
        expect((await store.read(key, 3)).episodes).toEqual([])
        expect((await store.read(key, 0)).episodes).toHaveLength(3)
      })

      test('a number is taken once: the loser is given the winner', async () => {
        await append(episodeOf(1))
        const rival = episodeOf(1, { nonce: 'other' })
        expect(await store.appendEpisode(key, rival)).toEqual({ kind: 'lost', to: episodeOf(1) })
        expect(await store.readHistory(key)).toEqual([episodeOf(1)])
      })

      test('of many appends of one number at once exactly one is committed (Dapr: chaos/etagattached)', async () => {
        const rivals = Array.from({ length: 10 }, (_, at) => episodeOf(1, { nonce: `rival-${at}` }))
        const results = await Promise.all(rivals.map((rival) => store.appendEpisode(key, rival)))
        const [winner] = await store.readHistory(key)
        expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
        const lost = results.filter(({ kind }) => kind !== 'committed')
        expect(lost).toEqual(Array.from({ length: 9 }, () => ({ kind: 'lost', to: winner })))
      })

      test('an append repeated by its writer is answered with its own episode', async () => {
        await append(episodeOf(1))
        expect(await store.appendEpisode(key, episodeOf(1))).toEqual({ kind: 'lost', to: episodeOf(1) })
      })

      test('reading without a number starts at the episode that opened the newest generation', async () => {
        await append(episodeOf(1), openingOf(2))
        expect((await store.read(key)).episodes).toEqual([openingOf(2)])
        await append(episodeOf(3), openingOf(4), episodeOf(5))
        expect((await store.read(key)).episodes).toEqual([openingOf(4), episodeOf(5)])
        expect((await store.read(key, 2)).episodes.map(({ n }) => n)).toEqual([3, 4, 5])
        expect((await store.readHistory(key)).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
      })

      test('trimming leaves the newest generation as it is', async () => {
        await append(episodeOf(1), openingOf(2), episodeOf(3))
        await store.trimHistory(key, 2)
        expect((await store.read(key)).episodes).toEqual([openingOf(2), episodeOf(3)])
        expect((await store.readHistory(key)).map(({ n }) => n).slice(-2)).toEqual([2, 3])
        await append(episodeOf(4))
      })

      test('a number that was trimmed away stays taken: its writer has lost, and the life is not gone', async () => {
        await append(episodeOf(1), episodeOf(2), openingOf(3), episodeOf(4))
        await store.trimHistory(key, 3)
        for (const n of [1, 2]) {
          const late = episodeOf(n, { nonce: 'frozen' })
          expect(await store.appendEpisode(key, late)).toMatchObject({ kind: 'lost' })
        }
        expect((await store.read(key)).episodes).toEqual([openingOf(3), episodeOf(4)])
        expect(JSON.stringify(await store.readHistory(key))).not.toContain('frozen')
        await append(episodeOf(5))
      })

      test('an episode of megabytes is kept', async () => {
        const large = episodeOf(1, { output: JSON.stringify('x'.repeat(3_000_000)) })
        await append(large)
        expect(await store.readHistory(key)).toEqual([large])
      })
    })

    describe('the visible status', () => {
      beforeEach(() => store.createInstance(rowOf(key)))

      test('a projection shows on the row, and what it leaves out is gone', async () => {
        await store.projectStatus(key, {
          episode: 1,
          status: 'RUNNING',
          lastUpdatedAt: 2_000,
          customStatus: '1',
        })
        expect(await store.getInstance(key.instanceId)).toEqual(
          rowOf(key, { status: 'RUNNING', episode: 1, lastUpdatedAt: 2_000, customStatus: '1' }),
        )
        await store.projectStatus(key, { episode: 2, status: 'SUSPENDED', lastUpdatedAt: 2_500 })
        expect(await store.getInstance(key.instanceId)).toEqual(
          rowOf(key, { status: 'SUSPENDED', episode: 2, lastUpdatedAt: 2_500 }),
        )
      })

      test('the newest episode shows its number, its time and its unread events without a projection', async () => {
        await append(episodeOf(1, { at: 7_000, unreadEvents: 3 }))
        expect(await store.getInstance(key.instanceId)).toMatchObject({
          episode: 1,
          lastUpdatedAt: 7_000,
          unreadEvents: 3,
        })
        await append(episodeOf(2, { at: 8_000 }))
        expect(await store.getInstance(key.instanceId)).toMatchObject({ episode: 2, lastUpdatedAt: 8_000 })
        expect((await store.getInstance(key.instanceId))?.unreadEvents).toBeUndefined()
      })

      test('a projection of an older episode changes nothing', async () => {
        await store.projectStatus(key, { episode: 2, status: 'SUSPENDED', lastUpdatedAt: 2_000 })
        await store.projectStatus(key, {
          episode: 1,
          status: 'RUNNING',
          lastUpdatedAt: 3_000,
          customStatus: '1',
        })
        expect(await store.getInstance(key.instanceId)).toMatchObject({ status: 'SUSPENDED', episode: 2 })
      })

      test('a terminal status is final', async () => {
        await store.projectStatus(key, {
          episode: 2,
          status: 'COMPLETED',
          lastUpdatedAt: 2_000,
          output: '"ok"',
        })
        await store.projectStatus(key, { episode: 3, status: 'RUNNING', lastUpdatedAt: 3_000 })
        await store.setStalled(key, { errorType: 'E', message: 'm' }, 4_000)
        const row = rowOf(key, { status: 'COMPLETED', episode: 2, lastUpdatedAt: 2_000, output: '"ok"' })
        expect(await store.getInstance(key.instanceId)).toEqual(row)
      })

      test('a failure shows with its details', async () => {
        const failure = {
          errorType: 'TypeError',
          message: 'no',
          cause: { errorType: 'E', message: 'deeper' },
        }
        await store.projectStatus(key, { episode: 1, status: 'FAILED', lastUpdatedAt: 2_000, failure })
        expect(await store.getInstance(key.instanceId)).toMatchObject({ status: 'FAILED', failure })
      })

      test('a projection of another incarnation changes nothing', async () => {
        await store.projectStatus(nextLife, { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000 })
        await store.setStalled(nextLife, { errorType: 'E', message: 'm' }, 2_000)
        expect(await store.getInstance(key.instanceId)).toEqual(rowOf(key))
      })

      test('a stall shows its reason beside the status, and stays through projections until it is cleared', async () => {
        const stalled = { errorType: 'TenutoError', message: 'differs', code: 'NON_DETERMINISM' }
        await store.projectStatus(key, { episode: 1, status: 'RUNNING', lastUpdatedAt: 1_500 })
        await store.setStalled(key, stalled, 2_000)
        expect(await store.getInstance(key.instanceId)).toMatchObject({ status: 'RUNNING', stalled })
        await store.projectStatus(key, { episode: 2, status: 'SUSPENDED', lastUpdatedAt: 2_500 })
        expect(await store.getInstance(key.instanceId)).toMatchObject({
          status: 'SUSPENDED',
          stalled,
          episode: 2,
        })
        await store.setStalled(key, undefined, 3_000)
        expect(await store.getInstance(key.instanceId)).toEqual(
          rowOf(key, { status: 'SUSPENDED', episode: 2, lastUpdatedAt: 3_000 }),
        )
      })

      test('whoever reads the history hears of a stall, from the beginning or from a number on, until it is cleared', async () => {
        const stalled = { errorType: 'TenutoError', message: 'differs', code: 'NON_DETERMINISM' }
        await store.appendEpisode(key, episodeOf(1))
        await store.putInbox(key, eventRow('e1'))
        await store.setStalled(key, stalled, 2_000)
        const record = { episodes: [episodeOf(1)], inbox: [eventRow('e1')], stalled }
        expect(await store.read(key)).toEqual(record)
        expect(await store.read(key, 0)).toEqual(record)
        expect(await store.read(key, 1)).toEqual({ ...record, episodes: [] })
        expect(await store.countInbox(key, 10)).toBe(1)
        await store.setStalled(key, undefined, 3_000)
        expect(await store.read(key)).toEqual({ episodes: [episodeOf(1)], inbox: [eventRow('e1')] })
        expect(await store.read(key, 1)).toEqual({ episodes: [], inbox: [eventRow('e1')] })
      })

      test('an instance that has ended is not stalled', async () => {
        await store.projectStatus(key, { episode: 1, status: 'COMPLETED', lastUpdatedAt: 2_000 })
        await store.setStalled(key, { errorType: 'E', message: 'm' }, 3_000)
        expect(await store.read(key)).toEqual({ episodes: [], inbox: [] })
      })

      test('the end of a stalled instance shows as its end', async () => {
        await store.setStalled(key, { errorType: 'E', message: 'm' }, 2_000)
        await store.projectStatus(key, { episode: 1, status: 'TERMINATED', lastUpdatedAt: 2_500 })
        const row = rowOf(key, { status: 'TERMINATED', episode: 1, lastUpdatedAt: 2_500 })
        expect(await store.getInstance(key.instanceId)).toEqual(row)
      })
    })

    describe('the inbox', () => {
      beforeEach(() => store.createInstance(rowOf(key)))

      test('rows come back in order of acceptance', async () => {
        for (const id of ['c', 'a', 'b']) expect(await store.putInbox(key, eventRow(id))).toBeUndefined()
        expect((await store.read(key)).inbox).toEqual([eventRow('c'), eventRow('a'), eventRow('b')])
      })

      test('a fact id is taken once: the second is shown the first', async () => {
        await store.putInbox(key, eventRow('e1'))
        const other = eventRow('e1', { digest: 'other', acceptedAt: 9_000 })
        expect(await store.putInbox(key, other)).toEqual(eventRow('e1'))
        expect((await store.read(key)).inbox).toEqual([eventRow('e1')])
      })

      test('of many puts of one fact at once exactly one is taken', async () => {
        const puts = Array.from({ length: 10 }, () => store.putInbox(key, eventRow('e1')))
        const answers = await Promise.all(puts)
        expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
      })

      test('a consumed fact with a digest is still recognised, and waits no more', async () => {
        await store.putInbox(key, eventRow('e1'))
        await store.deleteInbox(key, ['e1'])
        expect((await store.read(key)).inbox).toEqual([])
        const present = await store.putInbox(key, eventRow('e1', { digest: 'other' }))
        expect(present).toMatchObject({ factId: 'e1', digest: 'digest of e1' })
        expect((await store.read(key)).inbox).toEqual([])
      })

      test('deleting a row that is not there does nothing', async () => {
        await store.deleteInbox(key, ['unknown'])
        await store.deleteInbox(key, [])
        expect(await store.putInbox(key, eventRow('unknown'))).toBeUndefined()
      })

      test('outcomes are put whether or not they exist', async () => {
        await store.putOutcomes(key, [outcomeRow(1, '1'), outcomeRow(2, '2')])
        await store.putOutcomes(key, [outcomeRow(2, '2')])
        expect((await store.read(key)).inbox).toEqual([outcomeRow(1, '1'), outcomeRow(2, '2')])
        await store.deleteInbox(key, ['t:1.1', 't:1.2'])
        await store.putOutcomes(key, [outcomeRow(1, '1')])
        expect((await store.read(key)).inbox).toEqual([outcomeRow(1, '1')])
      })

      test('the count is of rows that wait, up to the bound', async () => {
        for (const id of ['a', 'b', 'c', 'd']) await store.putInbox(key, eventRow(id))
        await store.deleteInbox(key, ['a'])
        expect(await store.countInbox(key, 10)).toBe(3)
        expect(await store.countInbox(key, 2)).toBe(2)
        expect(await store.countInbox({ ...key, instanceId: 'unknown' }, 10)).toBe(0)
      })

      test('rows of one instance are not seen under another', async () => {
        const other = { ...key, instanceId: 'order-2' }
        await store.createInstance(rowOf(other))
        await store.putInbox(key, eventRow('e1'))
        expect((await store.read(other)).inbox).toEqual([])
      })
    })

    describe('purging', () => {
      const parent = { instanceId: 'p', incarnation: 'q', generation: 1, seq: 2, depth: 1 }
      const start = { startKey: 'k', formerStartKeys: ['d:former/start/1.2'], parent }
      beforeEach(() => store.createInstance(rowOf(key, { input: '"secret"', ...start })))

      test('an ended instance becomes a tombstone that tells whose it was, without payloads', async () => {
        await append(episodeOf(1))
        await store.putInbox(key, eventRow('e1'))
        await store.projectStatus(key, {
          episode: 1,
          status: 'COMPLETED',
          lastUpdatedAt: 2_000,
          output: '"secret"',
        })
        expect(await store.purge(key, 5_000)).toBe(true)
        const row = await store.getInstance(key.instanceId)
        const { input: _input, ...kept } = rowOf(key, { status: 'COMPLETED', ...start })
        expect(row).toMatchObject({ ...kept, lastUpdatedAt: row?.lastUpdatedAt, episode: 1, purgedAt: 5_000 })
        expect(JSON.stringify(row)).not.toContain('secret')
      })

      test('every number of a purged life is taken, and the life gone, also when its id has a new one', async () => {
        await append(episodeOf(1), episodeOf(2))
        await end()
        await store.purge(key, 5_000)
        const frozen = [1, 2].map((n) => episodeOf(n, { nonce: 'frozen' }))
        for (const late of frozen) expect(await store.appendEpisode(key, late)).toEqual({ kind: 'gone' })
        await store.createInstance(rowOf(nextLife), key.incarnation)
        for (const late of frozen) expect(await store.appendEpisode(key, late)).toEqual({ kind: 'gone' })
        expect(await store.read(nextLife)).toEqual({ episodes: [], inbox: [] })
      })

      test('a purge can be repeated', async () => {
        await end()
        expect(await store.purge(key, 5_000)).toBe(true)
        expect(await store.purge(key, 6_000)).toBe(true)
        expect(await store.getInstance(key.instanceId)).toMatchObject({ purgedAt: 5_000 })
      })

      test('what runs, is unknown, or lives another life is not purged', async () => {
        expect(await store.purge(key, 5_000)).toBe(false)
        expect(await store.purge({ ...key, instanceId: 'unknown' }, 5_000)).toBe(false)
        await end()
        expect(await store.purge(nextLife, 5_000)).toBe(false)
        expect((await store.getInstance(key.instanceId))?.purgedAt).toBeUndefined()
      })

      test('the id of a purged instance can be used again', async () => {
        await end()
        await store.purge(key, 5_000)
        expect(await store.createInstance(rowOf(nextLife))).toMatchObject({ ...key, purgedAt: 5_000 })
        expect(await store.createInstance(rowOf(nextLife), key.incarnation)).toBeUndefined()
        expect(await store.getInstance(key.instanceId)).toEqual(rowOf(nextLife))
        expect(await store.read(nextLife)).toEqual({ episodes: [], inbox: [] })
      })
    })

    describeLists(() => store)
  })
}
