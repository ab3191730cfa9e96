// Messages as text: whatever goes in comes out, in characters that no queue refuses; whatever else comes is refused without a throw.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage, fitsQueue } from '../../../src/aws/sqs/codec.ts'
import { sqsLimits } from '../../../src/aws/sqs/limits.ts'
import type { ActivityMessage, Message } from '../../../src/runtime/messages.ts'
import { numRuns } from '../../support/property.ts'
import { anyMessage } from './arbitrary-messages.ts'

const activity: ActivityMessage = {
  v: 1,
  kind: 'activity',
  token: 't',
  instanceId: 'i',
  incarnation: 'c',
  generation: 1,
  seq: 1,
  name: 'charge',
  attempt: 1,
  firstSeq: 1,
}

test('a message comes back as it was', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message)
    }),
    { numRuns: numRuns(1_000) },
  )
})

test('the text of a message is printable ASCII, so that its length is its size', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(encodeMessage(message)).toMatch(/^[\u0020-\u007E]+$/)
    }),
    { numRuns: numRuns(1_000) },
  )
})

test('no text makes the decoder throw, and none is taken for a message by chance', () => {
  const anyJson = fc.json({ maxDepth: 4 })
  const anything = fc.oneof(fc.string({ unit: 'binary' }), anyJson)
  fc.assert(
    fc.property(anything, (text) => {
      expect(decodeMessage(text)).toBeUndefined()
    }),
    { numRuns: numRuns(1_000) },
  )
})

/** A message and one of its fields. */
function messageAndField(isChosen: (field: string) => boolean) {
  return anyMessage.chain((message) =>
    fc.record({
      message: fc.constant(message),
      field: fc.constantFrom(...Object.keys(message).filter((field) => isChosen(field))),
    }),
  )
}

test('a message that lacks a field is refused', () => {
  const optional = new Set(['input', 'inputInHistory', 'timeoutMs', 'wide', 'dispatchedTo'])
  fc.assert(
    fc.property(
      messageAndField((field) => !optional.has(field)),
      ({ message, field }) => {
        const fields = Object.entries(message).filter(([name]) => name !== field)
        expect(decodeMessage(JSON.stringify(Object.fromEntries(fields)))).toBeUndefined()
      },
    ),
    { numRuns: numRuns(500) },
  )
})

test('a message with a field that is not known is refused, for it may mean something else', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decodeMessage(JSON.stringify({ ...message, unheardOf: true }))).toBeUndefined()
    }),
    { numRuns: numRuns(500) },
  )
})

test('a message with a field of another type is refused', () => {
  const wrong = fc.constantFrom({}, [], [1], null)
  fc.assert(
    fc.property(
      messageAndField(() => true),
      wrong,
      ({ message, field }, value) => {
        expect(decodeMessage(JSON.stringify({ ...message, [field]: value }))).toBeUndefined()
      },
    ),
    { numRuns: numRuns(500) },
  )
})

test('a number that counts is whole and not negative', () => {
  const counts = new Set(['generation', 'seq', 'episode', 'attempt', 'firstSeq', 'dispatchedTo'])
  fc.assert(
    fc.property(
      messageAndField((field) => counts.has(field) || field === 'v'),
      fc.constantFrom(-1, 1.5, 2 ** 60, '1'),
      ({ message, field }, value) => {
        expect(decodeMessage(JSON.stringify({ ...message, [field]: value }))).toBeUndefined()
      },
    ),
    { numRuns: numRuns(500) },
  )
})

test.each([
  ['a later version', JSON.stringify({ ...activity, v: 2 })],
  ['a version as text', JSON.stringify({ ...activity, v: '1' })],
  ['an unknown kind', JSON.stringify({ ...activity, kind: 'reminder' })],
  ['a kind that every object has', JSON.stringify({ ...activity, kind: 'constructor' })],
  ['a prototype', JSON.stringify(activity).replace('{', '{"__proto__":{"wide":true},')],
  [
    'a doorbell that names nothing',
    '{"v":1,"kind":"doorbell","token":"t","instanceId":"i","incarnation":"c","factIds":[]}',
  ],
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['JSON that is no object', '[1]'],
  ['null', 'null'],
  ['very deep JSON', '['.repeat(500_000)],
  ['an envelope of SNS', '{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:x","Message":"{}"}'],
])('%s is no message', (_, text) => {
  expect(decodeMessage(text)).toBeUndefined()
})

test('whether a message fits is what its text says, whatever its input is made of', () => {
  const sizes = fc.record({
    unit: fc.constantFrom('x', '"', '\\', 'é', '\u{1F600}', '\u0001', '\uD800'),
    bytes: fc.integer({ min: 5_000, max: 15_000 }),
  })
  fc.assert(
    fc.property(sizes, ({ unit, bytes }) => {
      const perUnit =
        encodeMessage({ ...activity, input: unit }).length - encodeMessage({ ...activity, input: '' }).length
      const message: Message = { ...activity, input: unit.repeat(Math.ceil(bytes / perUnit)) }
      expect(fitsQueue(message, 10_000)).toBe(encodeMessage(message).length <= 10_000)
    }),
    { numRuns: numRuns(300) },
  )
  const large = { ...activity, input: 'x'.repeat(sqsLimits.messageBytes) }
  expect([fitsQueue({ ...activity, input: 'x'.repeat(100_000) }), fitsQueue(large)]).toEqual([true, false])
})

test('the quick answer reckons with every text of a message', () => {
  const long = '\u{1F600}'.repeat(400)
  const ids = Array.from({ length: 50 }, () => long)
  const texts = { instanceId: long, incarnation: long, token: long }
  for (const message of [
    { ...activity, ...texts, name: long },
    { v: 1, kind: 'doorbell', ...texts, factIds: ids } as const,
  ]) {
    const bytes = encodeMessage(message).length
    expect([fitsQueue(message, bytes), fitsQueue(message, bytes - 1)]).toEqual([true, false])
  }
})
