// Histories beyond one page, reads that are torn, and how little is read.

import { describe, expect, test } from 'vitest'
import type { Episode } from '../../../src/runtime/episode.ts'
import { episodeOf, eventRow, key, openingOf } from '../../conformance/samples.ts'
import { describeOnTables } from '../../support/dynoxide.ts'
import { injectFaults, rewrite } from './faults.ts'
import { type Bench, useTables } from './harness.ts'
import { noise } from './noise.ts'

describeOnTables('histories in DynamoDB', () => {
  const open = useTables()

  const append = async ({ store }: Bench, ...episodes: readonly Episode[]) => {
    for (const episode of episodes)
      expect(await store.appendEpisode(key, episode)).toEqual({ kind: 'committed' })
  }

  test('a tail and an inbox of several pages of 1 MB come back whole and in order', async () => {
    const bench = await open()
    const episodes = Array.from({ length: 12 }, (_, at) => episodeOf(at + 1, { output: noise(240_000) }))
    const rows = Array.from({ length: 8 }, (_, at) => {
      const event = { kind: 'eventRaised', id: `e${at}`, name: 'a', input: noise(240_000) } as const
      return eventRow(`e${at}`, { event, acceptedAt: 9_000 - at })
    })
    await append(bench, ...episodes)
    for (const row of rows) await bench.store.putInbox(key, row)
    bench.takeRequests()
    expect(await bench.store.read(key, 2)).toEqual({ episodes: episodes.slice(2), inbox: rows.toReversed() })
    expect(bench.takeRequests().length).toBeGreaterThan(3)
    expect(await bench.store.read(key)).toEqual({ episodes, inbox: rows.toReversed() })
    expect(await bench.store.readHistory(key)).toEqual(episodes)
    expect(await bench.store.countInbox(key, 100)).toBe(8)
    expect(await bench.store.countInbox(key, 5)).toBe(5)
  })

  test('a thousand episodes come back, from the first and from any other', async () => {
    const bench = await open()
    const episodes = Array.from({ length: 1_000 }, (_, at) => episodeOf(at + 1))
    await append(bench, ...episodes)
    expect((await bench.store.read(key)).episodes).toEqual(episodes)
    expect((await bench.store.read(key, 990)).episodes).toEqual(episodes.slice(990))
  })

  test('a cold read stops at the opening of the generation, whatever lies before it', async () => {
    const bench = await open()
    const older = Array.from({ length: 120 }, (_, at) => episodeOf(at + 1, { output: noise(4_000) }))
    await append(bench, ...older, openingOf(121), episodeOf(122))
    bench.takeRequests()
    expect((await bench.store.read(key)).episodes).toEqual([openingOf(121), episodeOf(122)])
    const requests = bench.takeRequests()
    expect(requests).toHaveLength(1)
    expect(requests[0]?.bytes).toBeLessThan(120 * 3_000)
  })

  test('a cold read of a long generation goes on until it has all of it', async () => {
    const bench = await open()
    const generation = [openingOf(31), ...Array.from({ length: 700 }, (_, at) => episodeOf(at + 32))]
    await append(bench, ...Array.from({ length: 30 }, (_, at) => episodeOf(at + 1)), ...generation)
    bench.takeRequests()
    expect((await bench.store.read(key)).episodes).toEqual(generation)
    expect(bench.takeRequests().length).toBeLessThanOrEqual(4)
  })

  test('the tail costs the thousandth step what it costs the tenth', async () => {
    const bench = await open()
    const costs: unknown[] = []
    for (let n = 1; n <= 1_000; n++) {
      await append(bench, episodeOf(n))
      if (n !== 10 && n !== 1_000) continue
      bench.takeRequests()
      await bench.store.read(key, n - 1)
      costs.push(bench.takeRequests().map(({ operation, readUnits }) => [operation, readUnits]))
    }
    expect(costs).toEqual([[['Query', 1]], [['Query', 1]]])
  })

  describe.each([
    ['the tail', 0],
    ['the newest generation', undefined],
  ])('a read of %s that is torn', (_, after) => {
    const without =
      (n: number, times: number) =>
      ({ operation, count }: { operation: string; count: number }) =>
        operation === 'Query' && count < times
          ? rewrite((output) => {
              const items = output['Items'] as { sk: { S: string } }[]
              return { ...output, Items: items.filter(({ sk }) => Number(sk.S.split('#')[2]) !== n) }
            })
          : undefined

    test('is made again', async () => {
      const bench = await open()
      await append(bench, episodeOf(1), episodeOf(2), episodeOf(3), episodeOf(4))
      injectFaults(bench.client, without(3, 2))
      expect((await bench.store.read(key, after)).episodes.map(({ n }) => n)).toEqual([1, 2, 3, 4])
    })

    test('is never taken for a history when it stays so', async () => {
      const bench = await open()
      await append(bench, episodeOf(1), episodeOf(2), episodeOf(3), episodeOf(4))
      injectFaults(bench.client, without(2, 100))
      await expect(bench.store.read(key, after)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    })

    test('without its beginning is not taken for one either', async () => {
      const bench = await open()
      await append(bench, episodeOf(1), episodeOf(2))
      injectFaults(bench.client, without(1, 100))
      await expect(bench.store.read(key, after)).rejects.toThrow('gaps')
    })
  })

  test('a tail whose beginning was trimmed starts at the newest opening', async () => {
    const bench = await open()
    await append(
      bench,
      ...[1, 2, 3].map((n) => episodeOf(n)),
      openingOf(4),
      episodeOf(5),
      openingOf(6),
      episodeOf(7),
    )
    injectFaults(bench.client, ({ operation }) =>
      operation === 'Query'
        ? rewrite((output) => {
            const items = output['Items'] as { sk: { S: string } }[]
            return {
              ...output,
              Items: items.filter(({ sk }) => ![2, 3].includes(Number(sk.S.split('#')[2]))),
            }
          })
        : undefined,
    )
    expect((await bench.store.read(key, 0)).episodes.map(({ n }) => n)).toEqual([6, 7])
    expect((await bench.store.read(key, 3)).episodes.map(({ n }) => n)).toEqual([4, 5, 6, 7])
  })

  test('facts of one millisecond keep their order, whatever is accepted between them', async () => {
    const { store } = await open()
    for (const id of ['c', 'later', 'b', 'a']) {
      await store.putInbox(key, eventRow(id, { acceptedAt: id === 'later' ? 9_000 : 2_000 }))
    }
    const { inbox } = await store.read(key)
    expect(inbox.map(({ factId }) => factId)).toEqual(['c', 'b', 'a', 'later'])
  })

  test('whatever ids hold, histories and inboxes are told apart', async () => {
    const { store } = await open()
    const ids = [
      '',
      '#',
      '%',
      'a#e#0000000001',
      '\uD800',
      '\uDFFF',
      '%ud800',
      'ü',
      'u\u0308',
      'x'.repeat(10_240),
      '\0',
    ]
    const keys = ids.flatMap((instanceId) => ids.map((incarnation) => ({ instanceId, incarnation })))
    const written = keys.map((at, index) => ({
      at,
      episode: episodeOf(1, { nonce: `n${index}`, by: '\uD800' }),
    }))
    for (const { at, episode } of written) {
      expect(await store.appendEpisode(at, episode)).toEqual({ kind: 'committed' })
      expect(await store.putInbox(at, eventRow(at.incarnation))).toBeUndefined()
    }
    for (const { at, episode } of written) {
      expect(await store.read(at)).toEqual({ episodes: [episode], inbox: [eventRow(at.incarnation)] })
    }
  })
})
