// Facts of the inbox as items, and the traces that consumed ones leave.

import type { InboxRow } from '../../runtime/rows.ts'
import { factIdIn, factKey, type Place } from '../keys.ts'
import type { Bodies, Packed } from './bodies.ts'
import { expiry, type Item, number, numberIn, numberOf, stringOf, text, textIn, textOf } from './items.ts'

export interface Fact {
  readonly row: InboxRow
  /** Tells facts of this process apart that were accepted at the same time. */
  readonly order: number
}

/** @param nonce tells a put whose answer was lost from somebody else's */
export async function packFact(bodies: Bodies, place: Place, fact: Fact, nonce?: string): Promise<Packed> {
  const { row, order } = fact
  const { attributes, ...more } = await bodies.pack(place, 'body', JSON.stringify(row.event))
  return {
    attributes: {
      ...common(place, row),
      ...(order > 0 && { order: number(order) }),
      ...(nonce !== undefined && { nonce: { S: nonce } }),
      ...attributes,
    },
    ...more,
  }
}

export async function unpackFact(bodies: Bodies, place: Place, item: Item): Promise<Fact> {
  const json = (await bodies.load(place, item, 'body')) ?? stringOf(item, 'body')
  const event = JSON.parse(json) as InboxRow['event']
  const factId = factIdIn(stringOf(item, 'sk')) ?? textOf(item, 'factId')
  const digest = textIn(item, 'digest')
  return {
    row: { factId, event, acceptedAt: numberOf(item, 'acceptedAt'), ...(digest !== undefined && { digest }) },
    order: numberIn(item, 'order') ?? 0,
  }
}

/** What is kept of a consumed fact. */
export function withoutPayload(row: InboxRow): InboxRow {
  const kept = JSON.stringify(row.event, ['kind', 'id', 'name', 'generation', 'seq'])
  return { ...row, event: JSON.parse(kept) as InboxRow['event'] }
}

export function packTrace(place: Place, row: InboxRow, untilMs: number): Item {
  return { ...common(place, row), body: { S: JSON.stringify(row.event) }, ttl: expiry(untilMs) }
}

export function compareFacts(a: Fact, b: Fact): number {
  return a.row.acceptedAt - b.row.acceptedAt || a.order - b.order || (a.row.factId < b.row.factId ? -1 : 1)
}

function common(place: Place, { factId, acceptedAt, digest }: InboxRow): Item {
  const isTooLong = factIdIn(factKey(place, factId).sk) === undefined
  return {
    acceptedAt: number(acceptedAt),
    ...(digest !== undefined && { digest: text(digest) }),
    ...(isTooLong && { factId: text(factId) }),
  }
}
