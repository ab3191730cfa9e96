// Attribute values as they travel: how they compare, what they weigh, and which of them there are here.

import { notImplemented } from '../service-error.ts'
import { invalid } from './errors.ts'

/** One of its members; bytes are base64. */
export interface Value {
  readonly S?: string
  readonly N?: string
  readonly B?: string
  readonly BOOL?: boolean
  readonly M?: Item
}

export type Item = Readonly<Record<string, Value>>

const itemBytes = 400 * 1024

/** UTF-8 order, which is that of keys. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  // Only where pairs of surrogates meet what comes after them does the order of UTF-16 differ.
  if (/[\uD800-\uFFFF]/.test(a) || /[\uD800-\uFFFF]/.test(b))
    return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : 1
}

/** undefined: they are not of one type, or of one that has no order. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S)
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N)
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(bytesIn(a.B), bytesIn(b.B))
  return undefined
}

export function isSame(a: Value, b: Value): boolean {
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL
  if (a.M === undefined) return compareValues(a, b) === 0
  const [mine, others] = [Object.entries(a.M), b.M]
  if (!others || mine.length !== Object.keys(others).length) return false
  return mine.every(([name, value]) => others[name] !== undefined && isSame(value, others[name]))
}

/** Bytes as DynamoDB counts them. */
export function bytesOf(item: Item): number {
  let bytes = 0
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + bytesOfValue(value)
  return bytes
}

function bytesOfValue({ S, N, B, M }: Value): number {
  if (S !== undefined) return Buffer.byteLength(S)
  if (B !== undefined) return bytesIn(B).length
  if (M !== undefined) return 3 + Object.keys(M).length + bytesOf(M)
  return N === undefined ? 1 : Math.ceil(N.length / 2) + 1
}

/** @throws `ValidationException` for what DynamoDB refuses; a loud error for types that nobody here uses */
export function checkItem(item: Item): void {
  for (const value of Object.values(item)) checkValue(value)
  if (bytesOf(item) > itemBytes) throw invalid('Item size has exceeded the maximum allowed size')
}

function checkValue(value: Value): void {
  const [[type, content] = [], ...more] = Object.entries(value) as [keyof Value, unknown][]
  if (more.length > 0) throw invalid('Supplied AttributeValue has more than one datatypes set')
  if (type === 'M') return checkNames(content as Item)
  if (type === 'N' && !/^-?\d+(?:\.\d+)?$/.test(String(content)))
    throw invalid('The parameter cannot be converted to a numeric value')
  if (type === undefined || !['S', 'N', 'B', 'BOOL'].includes(type))
    throw notImplemented(`attribute values of type ${type}`)
}

function checkNames(map: Item): void {
  for (const value of Object.values(map)) checkValue(value)
}

function bytesIn(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}
