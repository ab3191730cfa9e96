// Messages as text: whatever goes in comes out, in characters that no queue refuses; whatever else comes is refused without a throw.

import fc from 'fast-check'
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

test('a message with a field less, a field more, or a field of another type is refused', () => {
  const optional = new Set(['input', 'timeoutMs', 'wide', 'dispatchedTo'])
  const change = fc.record({
    message: anyMessage,
    at: fc.nat(),
    wrong: fc.constantFrom({}, [], null, '', -1, 1.5),
  })
  fc.assert(
    fc.property(change, ({ message, at, wrong }) => {
      const fields = Object.keys(message)
      const field = fields[at % fields.length] ?? ''
      const less = Object.fromEntries(Object.entries(message).filter(([key]) => key !== field))
      expect(decodeMessage(JSON.stringify({ ...message, unheardOf: true }))).toBeUndefined()
      if (!optional.has(field)) expect(decodeMessage(JSON.stringify(less))).toBeUndefined()
      const isFine = (field === 'input' && wrong === '') || (field === 'dueAt' && typeof wrong === 'number')
      const isNumber = field === 'timeoutMs' && typeof wrong === 'number'
      if (!isFine && !isNumber) {
        expect(decodeMessage(JSON.stringify({ ...message, [field]: wrong }))).toBeUndefined()
      }
    }),
    { numRuns: numRuns(1_000) },
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
    bytes: fc.integer({ min: 900_000, max: 1_200_000 }),
  })
  fc.assert(
    fc.property(sizes, ({ unit, bytes }) => {
      const perUnit =
        encodeMessage({ ...activity, input: unit }).length - encodeMessage({ ...activity, input: '' }).length
      const message: Message = { ...activity, input: unit.repeat(Math.ceil(bytes / perUnit)) }
      expect(fitsQueue(message)).toBe(encodeMessage(message).length <= sqsLimits.messageBytes)
    }),
    { numRuns: numRuns(30) },
  )
  expect(fitsQueue({ ...activity, input: 'x'.repeat(100_000) })).toBe(true)
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
