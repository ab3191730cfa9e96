// Where things lie in the table: one partition an instance id, and in it, by sort key
//
//   row                        the row of the id's present life
//   <life>#e#<number>          an episode, or the stub that keeps the number of a purged one taken
//   <life>#f#<fact id>         a fact that waits in the inbox: right behind the episodes, so that one query reads both
//   <life>#fs                  the mark of a stall: behind both, so that the query reads it after the episodes
//   <life>#p#<id>#<number>     a part of something that is too large for one item
//   <life>#t#<fact id>         the trace that a consumed fact leaves
//   <life>#a#<gen>.<seq>       what runs of an activity leave for those that come after them
//
// Ids are other people's text. Two different ones never share a key: what could be mistaken for a separator is escaped, and so are the
// halves of surrogate pairs, which are no Unicode and which DynamoDB refuses; what is too long for a key is its SHA-256.

import { createHash } from 'node:crypto'
import type { InstanceKey } from '../runtime/episode.ts'
import type { CallKey } from '../runtime/rows.ts'
import { assert } from '../workflow/errors.ts'

/** Bytes that an id may have in a key. DynamoDB allows 2,048 for a partition key and 1,024 for a whole sort key. */
const keyBytes = { instanceId: 1_024, incarnation: 64, factId: 768 } as const

const numberDigits = 10
const partDigits = 4

/** One life of an instance, as keys name it. */
export interface Place {
  readonly instanceId: string
  readonly pk: string
  readonly life: string
}

export interface ItemKey {
  readonly pk: string
  readonly sk: string
}

export const rowKey = 'row'

export function placeOf({ instanceId, incarnation }: InstanceKey): Place {
  return { instanceId, pk: partitionKey(instanceId), life: toKeyText(incarnation, keyBytes.incarnation) }
}

export function partitionKey(instanceId: string): string {
  return toKeyText(instanceId, keyBytes.instanceId)
}

export function episodeKey({ pk, life }: Place, n: number): ItemKey {
  return { pk, sk: `${life}#e#${padded(n, numberDigits)}` }
}

export function factKey({ pk, life }: Place, factId: string): ItemKey {
  return { pk, sk: `${life}#f#${toKeyText(factId, keyBytes.factId)}` }
}

export function stallKey({ pk, life }: Place): ItemKey {
  return { pk, sk: `${life}#fs` }
}

export function traceKey({ pk, life }: Place, factId: string): ItemKey {
  return { pk, sk: `${life}#t#${toKeyText(factId, keyBytes.factId)}` }
}

export function attemptKey({ pk, life }: Place, { generation, firstSeq }: CallKey): ItemKey {
  return { pk, sk: `${life}#a#${generation}.${firstSeq}` }
}

export function partKey({ pk, life }: Place, id: string, at: number): ItemKey {
  return { pk, sk: `${life}#p#${id}#${padded(at, partDigits)}` }
}

/** Both ends of a range of sort keys, inclusive. No key ends as these do, so they cut between two kinds. */
export interface KeyRange {
  readonly pk: string
  readonly from: string
  readonly to: string
}

export function episodesAndInbox(place: Place, after = 0): KeyRange {
  return { pk: place.pk, from: episodeKey(place, after + 1).sk, to: `${place.life}#g` }
}

export function episodes(place: Place): KeyRange {
  return { pk: place.pk, from: `${place.life}#e#`, to: `${place.life}#f` }
}

export function inbox(place: Place): KeyRange {
  return { pk: place.pk, from: `${place.life}#f#`, to: `${place.life}#f$` }
}

export function wholeLife({ pk, life }: Place): KeyRange {
  return { pk, from: `${life}#`, to: `${life}$` }
}

/** The number in the key of an episode; undefined for any other key. */
export function episodeNumberIn(sk: string): number | undefined {
  const [, kind, n] = sk.split('#')
  return kind === 'e' ? Number(n) : undefined
}

/** The id in the key of a fact or a trace; undefined when it was too long, and for any other key. */
export function factIdIn(sk: string): string | undefined {
  const [, kind, id = ''] = sk.split('#')
  return kind === 'f' || kind === 't' ? fromKeyText(id) : undefined
}

/** An id as part of a key. Injective, up to collisions of SHA-256. */
export function toKeyText(id: string, maxBytes: number): string {
  if (id === '') return '%e'
  const escaped = escapeText(id)
  if (Buffer.byteLength(escaped) <= maxBytes) return escaped
  return `%h${createHash('sha256').update(id, 'utf16le').digest('base64url')}`
}

/** The id of a part of a key; undefined when it was too long. */
export function fromKeyText(text: string): string | undefined {
  if (text === '%e') return ''
  return text.startsWith('%h') ? undefined : unescapeText(text)
}

/** Text that DynamoDB gives back as it was, whatever it holds; most text is left as it is. */
export function escapeText(text: string): string {
  return text.replaceAll(/[%#]|\p{Surrogate}/gu, (unit) =>
    unit === '%' || unit === '#'
      ? `%${unit.charCodeAt(0).toString(16)}`
      : `%u${unit.charCodeAt(0).toString(16)}`,
  )
}

export function unescapeText(text: string): string {
  return text.replaceAll(/%u([0-9a-f]{4})|%(2[35])/g, (_, surrogate?: string, ascii?: string) =>
    String.fromCharCode(Number.parseInt(surrogate ?? ascii ?? '', 16)),
  )
}

function padded(n: number, digits: number): string {
  const text = String(n).padStart(digits, '0')
  assert(Number.isSafeInteger(n) && n >= 0 && text.length === digits, `${n} has no place in a sort key`)
  return text
}
