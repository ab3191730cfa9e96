// Payloads travel and rest as JSON text; this is the only place where values become text and text values.

import { TenutoError } from './errors.ts'
import { limits } from './limits.ts'

/** JSON text, or text that is no JSON and then stands for itself; undefined where there is no value. */
export type Payload = string | undefined

/**
 * The JSON text of a value; `undefined` stays undefined.
 * @throws TenutoError `PAYLOAD_NOT_SERIALIZABLE` (names `what`), `PAYLOAD_TOO_LARGE`.
 */
export function encodePayload(value: unknown, what: string): Payload {
  if (value === undefined) return undefined
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new TenutoError('PAYLOAD_NOT_SERIALIZABLE', `${what} cannot be written as JSON: ${reason}`, {
      cause: error,
    })
  }
  if (text === undefined) {
    throw new TenutoError(
      'PAYLOAD_NOT_SERIALIZABLE',
      `${what} cannot be written as JSON: it is a ${typeof value}.`,
    )
  }
  assertPayloadSize(text, what)
  return text
}

/** The value of a payload. Text that is no JSON is handed over as it is; empty text is no value. */
export function decodePayload(payload: Payload): unknown {
  if (payload === undefined || payload === '') return undefined
  try {
    return JSON.parse(payload)
  } catch {
    return payload
  }
}

/** @throws TenutoError `PAYLOAD_TOO_LARGE` with limit and actual size. */
export function assertPayloadSize(text: string, what: string): void {
  // A character is at most 3 bytes of UTF-8, so short texts need no count.
  if (text.length * 3 <= limits.payloadBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.payloadBytes) {
    throw new TenutoError(
      'PAYLOAD_TOO_LARGE',
      `${what} has ${bytes} bytes; the limit is ${limits.payloadBytes}.`,
    )
  }
}

/** @throws TenutoError `PAYLOAD_TOO_DEEP` when arrays and objects nest deeper than the limit. Text that is no JSON passes. */
export function assertPayloadDepth(text: string, what: string): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > limits.payloadDepth) {
        throw new TenutoError(
          'PAYLOAD_TOO_DEEP',
          `${what} is nested deeper than ${limits.payloadDepth} levels.`,
        )
      }
    } else if (code === 0x5d || code === 0x7d) depth--
  }
}

/** The type that a value has after its way through JSON: dates are strings, functions and symbols are gone, `toJSON` is obeyed. */
export type Jsonify<T> = unknown extends T
  ? T
  : T extends { toJSON(): infer J }
    ? Jsonify<J>
    : T extends string | number | boolean | null
      ? T
      : T extends undefined | void
        ? undefined
        : T extends bigint | symbol | ((...args: never[]) => unknown)
          ? never
          : T extends
                | Map<unknown, unknown>
                | Set<unknown>
                | WeakMap<object, unknown>
                | WeakSet<object>
                | RegExp
            ? Record<string, never>
            : T extends readonly unknown[]
              ? { -readonly [K in keyof T]: JsonifyElement<T[K]> }
              : T extends object
                ? JsonifyObject<T>
                : never

type JsonifyElement<T> = T extends undefined | symbol | ((...args: never[]) => unknown) ? null : Jsonify<T>

type JsonifyObject<T> = {
  [K in keyof T as IsDropped<K, T[K]> extends true ? never : K]: object extends Pick<T, K>
    ? Exclude<Jsonify<T[K]>, undefined>
    : Jsonify<T[K]>
}

type IsDropped<K, V> = K extends symbol
  ? true
  : [NonNullable<V>] extends [symbol | ((...args: never[]) => unknown)]
    ? [NonNullable<V>] extends [never]
      ? false
      : true
    : false
