// The checker of `npm run crash` finds what it is there to find: each kind of loss, doubling and going back, and nothing where all is well.

import { expect, test } from 'vitest'
import {
  isAbandoned,
  problemsOf,
  problemsOfEffects,
  problemsOfHistory,
  problemsOfLedger,
  problemsOfStatuses,
} from '../../scripts/crash/checker.ts'
import { type Instance, Journal, type Seen } from '../../scripts/crash/journal.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import { episodeOf } from '../conformance/samples.ts'

const entry = (text: string, isAccepted = true, client = 1) => ({ text, client, isAccepted })
const seen = (status: string, more: Partial<Seen> = {}): Seen => ({
  client: 1,
  status,
  customStatus: '',
  output: '',
  ...more,
})
const effect = (what: string, key = what) => ({ instanceId: 'i', key, what })

test('accepted ⊆ applied ⊆ attempted, each once, and those of a client in their order', () => {
  const entries = [entry('a'), entry('b', false), entry('c'), entry('x', true, 2)]
  expect(problemsOfLedger(entries, ['a', 'x', 'c'])).toEqual([])
  expect(problemsOfLedger(entries, ['b', 'a', 'c', 'x'])).toEqual([])
  expect(problemsOfLedger(entries, ['a', 'x'])).toEqual(['c was lost'])
  expect(problemsOfLedger(entries, ['a', 'x', 'c', 'y'])).toEqual(['y was never sent'])
  expect(problemsOfLedger(entries, ['a', 'x', 'c', 'a'])).toEqual(['a was applied twice'])
  expect(problemsOfLedger(entries, ['c', 'x', 'a'])).toEqual([
    'the entries of client 1 are out of order: 2 0',
  ])
})

test('no status goes back, for the same client', () => {
  const done = seen('COMPLETED', { output: '1' })
  expect(problemsOfStatuses({ seen: [seen('PENDING'), seen('RUNNING'), done, done] })).toEqual([])
  expect(problemsOfStatuses({ seen: [done, seen('RUNNING', { client: 2 }), done] })).toEqual([])
  for (const [before, now] of [
    [seen('RUNNING'), seen('PENDING')],
    [done, seen('RUNNING')],
    [done, seen('TERMINATED', { output: '1' })],
    [done, seen('COMPLETED', { output: '2' })],
    [seen('RUNNING', { customStatus: '2' }), seen('RUNNING', { customStatus: '1' })],
  ] as const) {
    expect(problemsOfStatuses({ seen: [before, now] })).toHaveLength(1)
  }
})

test('an effect may come again under its key, and under no other', () => {
  expect(problemsOfEffects([effect('a'), effect('a'), effect('b')])).toEqual([])
  expect(problemsOfEffects([effect('a', 'one'), effect('a', 'two')])).toEqual(['i a was done by two calls'])
})

test('a history is one line, with each fact once, and ends with its end', () => {
  const fact: Episode['events'][number] = { kind: 'eventRaised', id: 'e', name: 'n' }
  expect(problemsOfHistory({ episodes: [episodeOf(4, { events: [fact] }), episodeOf(5)] })).toEqual([])
  expect(problemsOfHistory({ episodes: [episodeOf(4), episodeOf(6)] })).toEqual(['episode 6 follows 4'])
  const twice = [episodeOf(1, { events: [fact] }), episodeOf(2, { events: [fact] })]
  expect(problemsOfHistory({ episodes: twice })).toEqual(['the fact e stands twice'])
  const more = [episodeOf(1, { status: 'COMPLETED' }), episodeOf(2)]
  expect(problemsOfHistory({ episodes: more })).toEqual(['episode 2 follows the end'])
})

test('an instance that was accepted is there, and has come to the one right end', () => {
  const output = '["0","leaf","retried"]'
  const effects = ['0', 'leaf', 'retried'].map((what) => effect(what))
  const history = { instanceID: 'i', workflowName: 'batch', episodes: [episodeOf(1)] }
  const batch = (more: Partial<Instance> = {}): Instance => ({
    ...new Journal().add('i', 'batch', 1),
    isAccepted: true,
    ...more,
  })
  const found = (instance: Instance, last: Seen | undefined, done = effects) =>
    problemsOf(instance, { last, history }, done)
  const end = seen('COMPLETED', { output })
  expect(found(batch(), end)).toEqual([])
  expect(found(batch(), undefined)).toEqual(['i is gone'])
  expect(found(batch({ isAccepted: false }), undefined, [])).toEqual([])
  expect(found(batch({ isAccepted: false }), undefined)).toEqual(['i is gone'])
  expect(found(batch(), end, effects.slice(1))).toEqual(['i: no effect of 0'])
  expect(found(batch({ size: 2 }), end)).toHaveLength(1)
  expect(found(batch(), seen('RUNNING'))).toEqual(['i: it has come to RUNNING: '])
  expect(found(batch(), seen('TERMINATED'))).toHaveLength(1)
  expect(found(batch({ termination: 'attempted' }), seen('TERMINATED'))).toEqual([])
  expect(problemsOf(batch(), { last: end, history: undefined }, effects)).toEqual(['i: it has no history'])
})

test('only a start that was not accepted may stay where it is, and only before its first turn', () => {
  const history = { instanceID: 'i', workflowName: 'batch', episodes: [] }
  const begun = { ...history, episodes: [episodeOf(1)] }
  const batch = new Journal().add('i', 'batch', 1)
  const last = seen('PENDING')
  expect(isAbandoned(batch, { last, history })).toBe(true)
  expect(isAbandoned(batch, { last, history: begun })).toBe(false)
  expect(isAbandoned(batch, { last: seen('RUNNING'), history })).toBe(false)
  expect(isAbandoned({ ...batch, isAccepted: true }, { last, history })).toBe(false)
})
