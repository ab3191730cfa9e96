// The same random calls on this store and on the plain maps of the reference give the same answers.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { InstanceKey } from '../../../src/runtime/episode.ts'
import type { Store } from '../../../src/runtime/ports.ts'
import { MemoryStore } from '../../../src/testing/memory-store.ts'
import { episodeOf, eventRow, openingOf, outcomeRow, rowOf } from '../../conformance/samples.ts'
import { describeOnTables } from '../../support/dynoxide.ts'
import { numRuns } from '../../support/property.ts'
import { useTables } from './harness.ts'

/** A store and what its callers know. */
interface Subject {
  readonly store: Store
  readonly key: InstanceKey
  newest: number
  hasEnded: boolean
  acceptedAt: number
}

interface Call {
  readonly name: string
  readonly act: (subject: Subject) => Promise<unknown>
}

const id = fc.constantFrom('a', 'b', 'c')
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })

/** Rows of outcomes are put again and again: which of them stays, and so their order, is left open. */
async function recordOf({ store, key }: Subject, after?: number): Promise<unknown> {
  const { episodes, inbox } = await store.read(key, after)
  const outcomes = inbox.filter(({ digest }) => digest === undefined).map(({ factId }) => factId)
  return {
    episodes,
    events: inbox.filter(({ digest }) => digest !== undefined),
    outcomes: outcomes.toSorted(),
  }
}

const appends = fc
  .record({ isStale: fc.boolean(), opens: fc.boolean(), nonce: id })
  .map(({ isStale, opens, nonce }): Call => ({
    name: `append ${isStale} ${opens} ${nonce}`,
    async act(subject) {
      if (subject.hasEnded) return undefined
      const n = Math.max(1, subject.newest + (isStale ? 0 : 1))
      const episode = { ...(opens ? openingOf(n) : episodeOf(n)), nonce }
      const result = await subject.store.appendEpisode(subject.key, episode)
      if (result.kind === 'committed') subject.newest = n
      return result
    },
  }))

const reads = fc.oneof(
  maybe(fc.nat(8)).map((after): Call => ({
    name: `read ${after}`,
    act: (subject) => recordOf(subject, after === undefined ? after : Math.min(after, subject.newest)),
  })),
  fc.constant<Call>({ name: 'history', act: ({ store, key }) => store.readHistory(key) }),
  fc.constant<Call>({ name: 'row', act: ({ store, key }) => store.getInstance(key.instanceId) }),
  fc
    .nat(6)
    .map((n): Call => ({ name: `count ${n + 1}`, act: ({ store, key }) => store.countInbox(key, n + 1) })),
)

const facts = fc.oneof(
  fc.tuple(id, id).map(([factId, digest]): Call => ({
    name: `put ${factId} ${digest}`,
    async act({ store, key, acceptedAt }) {
      const present = await store.putInbox(key, eventRow(factId, { digest, acceptedAt }))
      return present && [present.factId, present.digest]
    },
  })),
  fc.uniqueArray(fc.nat(4), { minLength: 1 }).map((seqs): Call => ({
    name: `outcomes ${seqs.join()}`,
    act: ({ store, key }) =>
      store.putOutcomes(
        key,
        seqs.map((seq) => outcomeRow(seq, '1')),
      ),
  })),
  fc
    .array(
      fc.oneof(
        id,
        fc.nat(4).map((seq) => `t:1.${seq}`),
      ),
      { maxLength: 4 },
    )
    .map((ids): Call => ({
      name: `delete ${ids.join()}`,
      act: ({ store, key }) => store.deleteInbox(key, ids),
    })),
)

const projections = fc.oneof(
  fc
    .record({
      episode: fc.nat(5),
      status: fc.constantFrom(
        'RUNNING' as const,
        'RUNNING' as const,
        'SUSPENDED' as const,
        'COMPLETED' as const,
      ),
      customStatus: maybe(id),
    })
    .map(({ episode: given, status, customStatus }): Call => ({
      name: `project ${given} ${status} ${customStatus}`,
      async act(subject) {
        const { store, key, newest } = subject
        // The end is the newest episode, and no other comes after it.
        const episode = status === 'COMPLETED' ? newest : Math.min(given, newest)
        const custom = customStatus === undefined ? {} : { customStatus }
        await store.projectStatus(key, { episode, status, lastUpdatedAt: 2_000 + episode, ...custom })
        subject.hasEnded ||= status === 'COMPLETED'
      },
    })),
  fc.boolean().map((isStalled): Call => ({
    name: `stall ${isStalled}`,
    async act({ store, key }) {
      const reason = isStalled ? { errorType: 'E', message: 'm' } : undefined
      // What clearing does where there is no stall is not said.
      if (reason || (await store.getInstance(key.instanceId))?.stalled)
        await store.setStalled(key, reason, 2_000)
    },
  })),
  maybe(id).map((replaces): Call => ({
    name: `start over ${replaces}`,
    act: ({ store, key }) => store.createInstance(rowOf({ ...key, incarnation: 'other' }), replaces),
  })),
)

const calls = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: appends },
    { weight: 3, arbitrary: reads },
    { weight: 3, arbitrary: facts },
    { weight: 2, arbitrary: projections },
  ),
  { maxLength: 40 },
)

describeOnTables('DynamoDB against plain maps', () => {
  const open = useTables()

  test('any order of calls has the same answers', async () => {
    const { another } = await open()
    let runs = 0
    await fc.assert(
      fc.asyncProperty(calls, fc.boolean(), async (list, isCold) => {
        const key = { instanceId: `order-${++runs}`, incarnation: 'life' }
        const here: Subject = { store: another(), key, newest: 0, hasEnded: false, acceptedAt: 0 }
        const there: Subject = { store: new MemoryStore(), key, newest: 0, hasEnded: false, acceptedAt: 0 }
        for (const { store } of [here, there]) await store.createInstance(rowOf(key))
        for (const { name, act } of list) {
          // Another process knows nothing of what this one has put or read.
          const subject = isCold ? { ...here, store: another() } : here
          expect([name, await act(subject)]).toEqual([name, await act(there)])
          here.newest = there.newest
          here.hasEnded = there.hasEnded
          // Between processes, time alone tells the order.
          if (isCold) for (const each of [here, there]) each.acceptedAt++
        }
        expect(await recordOf(here)).toEqual(await recordOf(there))
        expect(await here.store.getInstance(key.instanceId)).toEqual(
          await there.store.getInstance(key.instanceId),
        )
      }),
      { numRuns: numRuns(60) },
    )
  })
})
