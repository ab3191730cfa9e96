// Ids of others in keys: whatever they hold, no two share a place, and DynamoDB takes them.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  episodeKey,
  episodeNumberIn,
  episodes,
  episodesAndInbox,
  escapeText,
  factIdIn,
  factKey,
  fromKeyText,
  inbox,
  type KeyRange,
  partitionKey,
  partKey,
  placeOf,
  rowKey,
  toKeyText,
  traceKey,
  unescapeText,
  wholeLife,
} from '../../../src/aws/keys.ts'
import { numRuns } from '../../support/property.ts'

const runs = { numRuns: numRuns(2_000) }

/** Text of any code units, with much of what keys themselves are made of. */
const unit = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('#', '%', '%23', '%25', '%e', '%h', '%ud800', 'e', 'f', '$', '0', 'row', '\0'),
  },
  { weight: 2, arbitrary: fc.nat(0xffff).map((code) => String.fromCharCode(code)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\uD83D\uDE00', '\uD83D', '\uDE00', 'é', 'e\u0301', '\u{10FFFF}', '\uFFFD'),
  },
)
const short = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''))
const anyText = fc.oneof(
  { weight: 6, arbitrary: short },
  {
    weight: 1,
    arbitrary: fc
      .tuple(short, fc.integer({ min: 1, max: 4_000 }))
      .map(([text, n]) => text.repeat(n).slice(0, 10_240)),
  },
)
const place = fc.record({ instanceId: anyText, incarnation: anyText })

test('text comes back from a key as it was, unless it was too long', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const key = toKeyText(text, 768)
      expect(fromKeyText(key)).toBe(key.startsWith('%h') ? undefined : text)
      expect(key.startsWith('%h')).toBe(Buffer.byteLength(escapeText(text)) > 768)
      expect(unescapeText(escapeText(text))).toBe(text)
    }),
    runs,
  )
})

test('two ids never share a key', () => {
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      expect(partitionKey(a) === partitionKey(b)).toBe(a === b)
      expect(toKeyText(a, 16) === toKeyText(b, 16)).toBe(a === b)
    }),
    runs,
  )
})

test('long ids that differ in their last character do not share a key', () => {
  const long = 'x'.repeat(10_239)
  const ids = ['a', 'b', '\uD800', '\uD801', '\uFFFD'].map((last) => long + last)
  expect(new Set(ids.map(partitionKey)).size).toBe(ids.length)
})

test('two things of one partition never share a sort key', () => {
  const thing = fc.oneof(
    fc.record({ at: fc.constant('episode' as const), incarnation: short, n: fc.nat(99) }),
    fc.record({ at: fc.constantFrom('fact' as const, 'trace' as const), incarnation: short, id: anyText }),
    fc.record({
      at: fc.constant('part' as const),
      incarnation: short,
      id: fc.stringMatching(/^[\w-]{16}$/),
      n: fc.nat(99),
    }),
  )
  const sortKeyOf = (it: typeof thing extends fc.Arbitrary<infer T> ? T : never): string => {
    const at = placeOf({ instanceId: 'i', incarnation: it.incarnation })
    if (it.at === 'episode') return episodeKey(at, it.n).sk
    if (it.at === 'part') return partKey(at, it.id, it.n).sk
    return (it.at === 'fact' ? factKey : traceKey)(at, it.id).sk
  }
  fc.assert(
    fc.property(thing, thing, (a, b) => {
      expect(sortKeyOf(a) === sortKeyOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      expect(sortKeyOf(a)).not.toBe(rowKey)
    }),
    runs,
  )
})

test('every key is well-formed, not empty, and within what DynamoDB allows', () => {
  fc.assert(
    fc.property(place, anyText, fc.nat(9_999_999_999), (at, id, n) => {
      const keys = [episodeKey(placeOf(at), n), factKey(placeOf(at), id), traceKey(placeOf(at), id)]
      for (const { pk, sk } of [...keys, partKey(placeOf(at), 'x'.repeat(16), 9_999)]) {
        for (const key of [pk, sk]) expect(key.isWellFormed() && key.length > 0).toBe(true)
        expect(Buffer.byteLength(pk)).toBeLessThanOrEqual(2_048)
        expect(Buffer.byteLength(sk)).toBeLessThanOrEqual(1_024)
      }
    }),
    runs,
  )
})

test('the ids of surrogate halves are not confused with each other', () => {
  const ids = ['\uD800', '\uDFFF', '\uD800\uD800', '\uD800\uDC00', '%ud800', '\uFFFD', '%25ud800']
  expect(new Set(ids.map(partitionKey)).size).toBe(ids.length)
})

test('an ordinary id is its own key', () => {
  expect(partitionKey('order-1_Überweisung')).toBe('order-1_Überweisung')
  expect(episodeKey(placeOf({ instanceId: 'order-1', incarnation: 'f00-ba' }), 12).sk).toBe(
    'f00-ba#e#0000000012',
  )
})

test('episodes lie in the order of their numbers', () => {
  const at = placeOf({ instanceId: 'i', incarnation: 'l' })
  fc.assert(
    fc.property(fc.nat(9_999_999_999), fc.nat(9_999_999_999), (a, b) => {
      expect(episodeKey(at, a).sk < episodeKey(at, b).sk).toBe(a < b)
      expect(episodeNumberIn(episodeKey(at, a).sk)).toBe(a)
    }),
    runs,
  )
  expect(() => episodeKey(at, 10_000_000_000)).toThrow('place')
})

test('a range holds what it is named after, of its own life, and nothing else', () => {
  const isIn = ({ pk, from, to }: KeyRange, key: { pk: string; sk: string }): boolean =>
    key.pk === pk && compareBytes(from, key.sk) <= 0 && compareBytes(key.sk, to) <= 0
  fc.assert(
    fc.property(short, short, anyText, fc.integer({ min: 1, max: 999 }), (life, other, id, n) => {
      const here = placeOf({ instanceId: 'i', incarnation: life })
      const there = placeOf({ instanceId: 'i', incarnation: other })
      const isHere = life === other
      const [episode, fact, trace] = [episodeKey(there, n), factKey(there, id), traceKey(there, id)]
      const part = partKey(there, 'x'.repeat(16), n)
      expect([episode, fact, trace, part].map((key) => isIn(episodes(here), key))).toEqual([
        isHere,
        false,
        false,
        false,
      ])
      expect([episode, fact, trace, part].map((key) => isIn(inbox(here), key))).toEqual([
        false,
        isHere,
        false,
        false,
      ])
      expect([episode, fact, trace, part].map((key) => isIn(wholeLife(here), key))).toEqual([
        isHere,
        isHere,
        isHere,
        isHere,
      ])
      const tail = (after: number): boolean[] =>
        [episode, fact, trace, part].map((key) => isIn(episodesAndInbox(here, after), key))
      expect(tail(n - 1)).toEqual([isHere, isHere, false, false])
      expect(tail(n)).toEqual([false, isHere, false, false])
      expect(isIn(wholeLife(here), { pk: 'i', sk: rowKey })).toBe(false)
    }),
    runs,
  )
})

test('the id of a fact is read from its key', () => {
  const at = placeOf({ instanceId: 'i', incarnation: 'l' })
  expect(factIdIn(factKey(at, 'e:#%\uD800').sk)).toBe('e:#%\uD800')
  expect(factIdIn(traceKey(at, '').sk)).toBe('')
  expect(factIdIn(factKey(at, 'e'.repeat(769)).sk)).toBeUndefined()
  expect(factIdIn(episodeKey(at, 1).sk)).toBeUndefined()
})

/** DynamoDB sorts by the bytes of UTF-8. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
