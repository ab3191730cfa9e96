// Items as DynamoDB takes them: attributes written and read, and what they weigh.

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { TenutoError } from '../../workflow/errors.ts'
import { escapeText, type ItemKey, unescapeText } from '../keys.ts'

export type Item = Record<string, AttributeValue>

export function keyOf({ pk, sk }: ItemKey): { readonly pk: AttributeValue; readonly sk: AttributeValue } {
  return { pk: { S: pk }, sk: { S: sk } }
}

/** Text of others: it comes back as it was, whatever it holds. */
export function text(value: string): AttributeValue {
  return { S: escapeText(value) }
}

/** Names and values of others. */
export function texts(values: Readonly<Record<string, string>>): AttributeValue {
  return {
    M: Object.fromEntries(Object.entries(values).map(([name, value]) => [escapeText(name), text(value)])),
  }
}

export function textsIn(item: Item, name: string): Record<string, string> | undefined {
  const entries = item[name]?.M && Object.entries(item[name].M)
  return (
    entries && Object.fromEntries(entries.map(([key, { S = '' }]) => [unescapeText(key), unescapeText(S)]))
  )
}

export function number(value: number): AttributeValue {
  return { N: String(value) }
}

export function isPresent(item: Item, name: string): boolean {
  return item[name] !== undefined
}

export function stringOf(item: Item, name: string): string {
  return stringIn(item, name) ?? missing(item, name)
}

export function stringIn(item: Item, name: string): string | undefined {
  return item[name]?.S
}

export function textOf(item: Item, name: string): string {
  return unescapeText(stringOf(item, name))
}

export function textIn(item: Item, name: string): string | undefined {
  const value = stringIn(item, name)
  return value === undefined ? undefined : unescapeText(value)
}

export function numberOf(item: Item, name: string): number {
  return numberIn(item, name) ?? missing(item, name)
}

export function numberIn(item: Item, name: string): number | undefined {
  const value = item[name]?.N
  return value === undefined ? undefined : Number(value)
}

/** Items live on for a while, up to days, after their time has come. */
export function isExpired(item: Item, nowMs: number): boolean {
  const ttl = numberIn(item, 'ttl')
  return ttl !== undefined && ttl * 1000 <= nowMs
}

/** The value of a `ttl`. */
export function expiry(atMs: number): AttributeValue {
  return number(Math.ceil(atMs / 1000))
}

/** Bytes as DynamoDB counts them. */
export function bytesOf(item: Item): number {
  let bytes = 0
  for (const [name, value] of Object.entries(item)) {
    bytes += Buffer.byteLength(name) + bytesOfValue(value)
  }
  return bytes
}

function bytesOfValue({ S, N, B, M }: AttributeValue): number {
  // A map has three bytes of its own, and one for each of its entries.
  if (M !== undefined) return 3 + Object.keys(M).length + bytesOf(M)
  if (S !== undefined) return Buffer.byteLength(S)
  if (B !== undefined) return B.byteLength
  // Two digits a byte and one for the exponent; `BOOL` has one.
  return N === undefined ? 1 : Math.ceil(N.length / 2) + 1
}

function missing(item: Item, name: string): never {
  const at = `${item['pk']?.S} / ${item['sk']?.S}`
  throw new TenutoError('STORAGE_FAILED', `The item at ${at} lacks the attribute '${name}'.`)
}
