// Lists of every store: what a filter lets through, in which order, and on how many pages.

import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { type InstanceFilter, matches } from '../../src/runtime/instance-filter.ts'
import type { ListFilter, Store } from '../../src/runtime/ports.ts'
import type { InstanceRow } from '../../src/runtime/rows.ts'
import { numRuns } from '../support/property.ts'
import { rowOf } from './samples.ts'

/** Registers the lists' part of the contract. @param open the store of the test that runs */
export function describeLists(open: () => Store): void {
  const create = async (instanceId: string, more: Partial<InstanceRow> = {}) => {
    const row = rowOf({ instanceId, incarnation: `life of ${instanceId}` }, more)
    expect(await open().createInstance(row)).toBeUndefined()
    return row
  }
  const pages = async (filter: ListFilter) => {
    const ids: string[][] = []
    for (let pageToken = filter.pageToken; ;) {
      const page = await open().list({ ...filter, ...(pageToken && { pageToken }) })
      expect(page.instances.length).toBeLessThanOrEqual(filter.limit)
      ids.push(page.instances.map(({ instanceId }) => instanceId))
      pageToken = page.pageToken
      if (!pageToken) return ids
    }
  }
  const found = async (filter: InstanceFilter, limit = 100) =>
    (await pages({ ...filter, limit })).flat().toSorted()

  describe('lists', () => {
    beforeEach(async () => {
      await create('d', { createdAt: 2_000 })
      await create('b', { createdAt: 2_000 })
      await create('a', { createdAt: 3_000, status: 'RUNNING' })
      await create('c', { createdAt: 1_000, status: 'COMPLETED' })
    })

    test('every instance is on exactly one page, whatever the size of the pages (Dapr: list/base, list/multiple, list/pagination; DG: ListInstanceIDs; MJ: query/page size)', async () => {
      for (const limit of [1, 2, 3, 10]) {
        const ids = (await pages({ limit })).flat()
        expect(ids.toSorted()).toEqual(['a', 'b', 'c', 'd'])
      }
    })

    test('more than a thousand instances come page by page, whatever else there is (Dapr: list/pagination)', async () => {
      const ids = Array.from({ length: 1_030 }, (_, at) => `many-${at}`)
      for (let at = 0; at < ids.length; at += 103) {
        const rows = ids.slice(at, at + 103).map(async (id) => create(id, { createdAt: 5_000 + (at % 2) }))
        await Promise.all(rows)
      }
      const many = await pages({ limit: 1_000, instanceIdPrefix: 'many-' })
      expect(many.flat().toSorted()).toEqual(ids.toSorted())
      expect((await pages({ limit: 7, instanceIdPrefix: 'many-102' })).flat()).toHaveLength(11)
    })

    test('the order is by age, from either end, on every page', async () => {
      for (const limit of [1, 2, 3, 10]) {
        const oldest = (await pages({ limit })).flat()
        expect([oldest[0], oldest[3]]).toEqual(['c', 'a'])
        const newest = (await pages({ limit, newestFirst: true })).flat()
        expect(newest).toEqual(oldest.toReversed())
      }
    })

    test('a filter shows the named statuses only (MJ: query/status)', async () => {
      expect(await found({ statuses: ['PENDING', 'RUNNING'] }, 1)).toEqual(['a', 'b', 'd'])
      expect(await pages({ limit: 10, statuses: ['COMPLETED', 'COMPLETED'] })).toEqual([['c']])
      expect(await pages({ limit: 10, statuses: ['FAILED'] })).toEqual([[]])
      expect(await pages({ limit: 10, statuses: [] })).toEqual([[]])
    })

    test('a stalled instance is found by that status alone', async () => {
      const key = { instanceId: 'a', incarnation: 'life of a' }
      await open().setStalled(key, { errorType: 'E', message: 'm' }, 4_000)
      expect(await pages({ limit: 10, statuses: ['STALLED'] })).toEqual([['a']])
      expect(await pages({ limit: 10, statuses: ['RUNNING'] })).toEqual([[]])
    })

    test('a purged instance is not listed (Dapr: list/purge)', async () => {
      await open().purge({ instanceId: 'c', incarnation: 'life of c' }, 5_000)
      expect(await found({})).toEqual(['a', 'b', 'd'])
      expect(await pages({ limit: 10, statuses: ['COMPLETED'] })).toEqual([[]])
    })

    test.each(['rubbish', '', 'WzFd', 'W251bGwsMV0', 'e30'])(
      'the page token %j is refused',
      async (pageToken) => {
        await expect(open().list({ limit: 1, pageToken })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      },
    )
  })

  describe('filters of lists', () => {
    test('both ends of a range of times belong to it (MJ: query/created range)', async () => {
      for (const at of [1_000, 2_000, 3_000]) {
        await create(`i${at}`, { createdAt: at, lastUpdatedAt: at + 500 })
      }
      expect(await found({ createdFrom: 2_000 })).toEqual(['i2000', 'i3000'])
      expect(await found({ createdTo: 2_000 })).toEqual(['i1000', 'i2000'])
      expect(await found({ createdFrom: 1_000.5, createdTo: 2_999.5 })).toEqual(['i2000'])
      expect(await found({ createdFrom: 3_000, createdTo: 1_000 })).toEqual([])
      expect(await found({ createdFrom: -5, createdTo: 1e300 })).toHaveLength(3)
      expect(await found({ createdTo: -5 })).toEqual([])
      expect(await found({ lastUpdatedFrom: 1_501, lastUpdatedTo: 2_500 })).toEqual(['i2000'])
    })

    test('a clock that knows parts of milliseconds does not hide anything', async () => {
      for (const at of [1_000, 1_000.25, 1_001]) await create(`i${at}`, { createdAt: at })
      expect((await pages({ limit: 1 })).flat().toSorted()).toEqual(['i1000', 'i1000.25', 'i1001'])
      expect(await found({ createdFrom: 1_000, createdTo: 1_001 })).toHaveLength(3)
      expect(await found({ createdFrom: 1_001 })).toEqual(['i1001'])
    })

    test('a page token keeps to the range, from either end', async () => {
      for (let at = 0; at < 9; at++) await create(`i${at}`, { createdAt: at })
      const range = { createdFrom: 2, createdTo: 6, limit: 2 }
      expect((await pages(range)).flat()).toEqual(['i2', 'i3', 'i4', 'i5', 'i6'])
      expect((await pages({ ...range, newestFirst: true })).flat()).toEqual(['i6', 'i5', 'i4', 'i3', 'i2'])
    })

    test('a prefix is plain text: no wildcards, no other case, any script (Dapr: list/escape; MJ: query/prefix)', async () => {
      const ids = [
        'a_b',
        'axb',
        'a%b',
        'a#b',
        'A_B',
        'ä1',
        'ä2',
        'a\u0308',
        '訂單',
        '😀😀',
        '😀😁',
        "it's",
        'a\\b',
        '*',
      ]
      for (const id of ids) await create(id)
      for (const prefix of [
        'a',
        'a_',
        'a%',
        'a#',
        'A',
        'ä',
        '訂',
        '😀',
        '😀😁',
        "it'",
        'a\\',
        '*',
        '%',
        '_',
        '',
        'a_b',
        'a_bc',
      ]) {
        const expected = ids.filter((id) => id.startsWith(prefix)).toSorted()
        expect([prefix, await found({ instanceIdPrefix: prefix })]).toEqual([prefix, expected])
      }
    })

    test('ids that are too long for a key are found by their prefix too', async () => {
      const id = `${'x'.repeat(3_000)}-1`
      await create(id)
      await create('x')
      expect(await found({ instanceIdPrefix: 'xx' })).toEqual([id])
      expect(await found({ instanceIdPrefix: '%h' })).toEqual([])
    })

    test('workflow names are whole', async () => {
      await create('1', { name: 'order' })
      await create('2', { name: 'orders' })
      await create('3', { name: 'Name/with "ümläut", comma' })
      expect(await found({ workflowNames: ['order'] })).toEqual(['1'])
      expect(await found({ workflowNames: ['order', 'Name/with "ümläut", comma'] })).toEqual(['1', '3'])
      expect(await found({ workflowNames: [] })).toEqual([])
    })

    test('the children of an instance are found, those of others and of its children are not', async () => {
      const link = (instanceId: string, seq: number) => ({
        parent: { instanceId, incarnation: `life of ${instanceId}`, generation: 1, seq, depth: 1 },
      })
      await create('p')
      await create('p:0001', link('p', 1))
      await create('p:0002', { ...link('p', 2), status: 'COMPLETED' })
      await create('p:0001:0001', link('p:0001', 1))
      await create('q:0001', link('q', 1))
      expect(await found({ parentInstanceId: 'p' })).toEqual(['p:0001', 'p:0002'])
      expect(await found({ parentInstanceId: 'p', statuses: ['PENDING'] }, 1)).toEqual(['p:0001'])
      expect(await found({ parentInstanceId: 'p:0001' })).toEqual(['p:0001:0001'])
      const { instances } = await open().list({ limit: 1, parentInstanceId: 'q' })
      expect(instances[0]?.parent).toEqual(link('q', 1).parent)
    })

    test('all tags that are named must be there, with their values (MJ: tags/query)', async () => {
      const odd = '"; DROP TABLE tags; -- ü😀%_#'
      await create('1', { tags: { team: 'a', customer: '7' } })
      await create('2', { tags: { team: 'a', 'größe.1-x': odd } })
      await create('3', { tags: { team: '' } })
      await create('4')
      expect(await found({ tags: { team: 'a' } })).toEqual(['1', '2'])
      expect(await found({ tags: { team: 'a', customer: '7' } })).toEqual(['1'])
      expect(await found({ tags: { 'größe.1-x': odd } })).toEqual(['2'])
      expect(await found({ tags: { team: '' } })).toEqual(['3'])
      expect(await found({ tags: { team: 'A' } })).toEqual([])
      expect(await found({ tags: { constructor: 'x' } })).toEqual([])
      const { instances } = await open().list({ limit: 1, tags: { customer: '7' } })
      expect(instances[0]?.tags).toEqual({ team: 'a', customer: '7' })
    })

    test('tags are gone with a purge, and a new life has its own', async () => {
      const key = { instanceId: '1', incarnation: 'life of 1' }
      await create('1', { tags: { team: 'a' } })
      await open().projectStatus(key, { episode: 1, status: 'FAILED', lastUpdatedAt: 2_000 })
      await open().purge(key, 3_000)
      expect((await open().getInstance('1'))?.tags).toBeUndefined()
      await open().createInstance(
        rowOf({ ...key, incarnation: 'next' }, { tags: { team: 'b' } }),
        key.incarnation,
      )
      expect(await found({ tags: { team: 'a' } })).toEqual([])
      expect(await found({ tags: { team: 'b' } })).toEqual(['1'])
    })

    test('rows of a list come without payloads (MJ: query/payloads)', async () => {
      const link = { kind: 'rewind', instanceId: '1', incarnation: 'before', generation: 1 } as const
      const past = { link, started: { input: '"secret"', flags: [] }, turns: [], anew: [] }
      const row = await create('1', { tags: { team: 'a' }, startAt: 9_000, input: '"secret"', past })
      const end = { episode: 1, status: 'FAILED', lastUpdatedAt: 2_000 } as const
      const failure = { errorType: 'E', message: 'secret' }
      await open().projectStatus(row, { ...end, output: '"secret"', customStatus: '"secret"', failure })
      const { input: _input, past: _past, ...rest } = row
      expect((await open().list({ limit: 9 })).instances).toEqual([
        { ...rest, status: 'FAILED', episode: 1, lastUpdatedAt: 2_000 },
      ])
    })

    test('whatever is asked for is what the filter means, on pages of every size', async () => {
      const rows: InstanceRow[] = []
      for (const [at, row] of fc.sample(arbitraryRow, { numRuns: 60, seed: 1 }).entries()) {
        rows.push(await create(`${row.instanceId}${at}`, { ...row, instanceId: `${row.instanceId}${at}` }))
      }
      const isAnswered = async (filter: InstanceFilter, limit: number, newestFirst: boolean) => {
        const ids = (await pages({ ...filter, limit, newestFirst })).flat()
        const expected = rows.filter((row) => matches(row, filter)).map(({ instanceId }) => instanceId)
        expect(ids.toSorted()).toEqual(expected.toSorted())
      }
      await fc.assert(
        fc.asyncProperty(arbitraryFilter, fc.integer({ min: 1, max: 9 }), fc.boolean(), isAnswered),
        { numRuns: numRuns(40) },
      )
    })
  })
}

// Letters whose order in UTF-16 is not that of their code points; of one age, so that the id decides.
const prefixes = fc.constantFrom('ａ', '𝐀', 'x_', 'x')
const names = fc.constantFrom('order', 'ship')
const statuses = fc.constantFrom('PENDING' as const, 'RUNNING' as const, 'COMPLETED' as const)
const teams = fc.record({ team: fc.constantFrom('a', 'b') })
const created = fc.integer({ min: 1_000, max: 1_005 })
const updated = fc.integer({ min: 2_000, max: 2_005 })

const arbitraryRow = fc.record(
  {
    instanceId: prefixes,
    createdAt: created,
    lastUpdatedAt: updated,
    status: statuses,
    name: names,
    parent: fc.constant({ instanceId: 'p', incarnation: 'l', generation: 1, seq: 1, depth: 1 }),
    tags: teams,
  },
  { requiredKeys: ['instanceId', 'createdAt', 'lastUpdatedAt', 'status', 'name'] },
)

const arbitraryFilter = fc.record(
  {
    statuses: fc.array(statuses, { minLength: 1, maxLength: 2 }),
    workflowNames: fc.array(names, { minLength: 1, maxLength: 1 }),
    createdFrom: created,
    createdTo: created,
    lastUpdatedFrom: updated,
    lastUpdatedTo: updated,
    instanceIdPrefix: prefixes,
    parentInstanceId: fc.constant('p'),
    tags: teams,
  },
  { requiredKeys: [] },
)
