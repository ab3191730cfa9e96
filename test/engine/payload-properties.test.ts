// Payloads: what goes through JSON comes back as JSON gives it back, and text from outside is never lost.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTenutoError } from '../../src/workflow/errors.ts'
import { limits } from '../../src/workflow/limits.ts'
import { assertPayloadDepth, decodePayload, encodePayload } from '../../src/workflow/payload.ts'
import { numRuns } from '../support/property.ts'

test('a JSON value comes back equal', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(decodePayload(encodePayload(value, 'it'))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: numRuns(1000) },
  )
})

test('any value is either refused with its code, absent, or the same after a second way through', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
      }),
      (value) => {
        let text: string | undefined
        try {
          text = encodePayload(value, 'it')
        } catch (error) {
          expect(isTenutoError(error, 'PAYLOAD_NOT_SERIALIZABLE')).toBe(true)
          return
        }
        expect(text === undefined).toBe(value === undefined)
        expect(encodePayload(decodePayload(text), 'it')).toBe(text)
      },
    ),
    { numRuns: numRuns(1000) },
  )
})

test('text from outside is its JSON value, or stands for itself; only empty text is no value', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      let parsed: unknown = text === '' ? undefined : text
      try {
        parsed = JSON.parse(text)
      } catch {
        // stands for itself
      }
      expect(decodePayload(text)).toEqual(parsed)
    }),
    { numRuns: numRuns(1000) },
  )
})

describe('depth', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner)))
      : 0
  const passes = (text: string): boolean => {
    try {
      assertPayloadDepth(text, 'it')
      return true
    } catch (error) {
      expect(isTenutoError(error, 'PAYLOAD_TOO_DEEP')).toBe(true)
      return false
    }
  }
  const wrapped = (value: unknown, levels: number): string =>
    `${'[{"k":'.repeat(levels / 2)}${JSON.stringify(value)}${'}]'.repeat(levels / 2)}`

  test('is counted as a parser would, whatever brackets stand in texts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), (value) => {
        const inner = depthOf(value)
        const around = limits.payloadDepth - inner - ((limits.payloadDepth - inner) % 2)
        expect(passes(wrapped(value, around))).toBe(true)
        expect(passes(wrapped(value, around + 2))).toBe(false)
      }),
      { numRuns: numRuns(500) },
    )
  })

  test('text that is no JSON passes when it has no brackets to count', () => {
    expect(passes('hello "world')).toBe(true)
    expect(passes('')).toBe(true)
  })
})
