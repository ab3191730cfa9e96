// Rows of instances as items.

import { createHash } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { ParentLink } from '../../engine/events.ts'
import type { RowDetail } from '../../runtime/ports.ts'
import { type InstanceRow, type Projection, shownStatus } from '../../runtime/rows.ts'
import type { RuntimeStatus } from '../../workflow/status.ts'
import { fromKeyText, type Place, placeOf } from '../keys.ts'
import type { Bodies, Packed } from './bodies.ts'
import {
  type Item,
  number,
  numberIn,
  numberOf,
  stringIn,
  stringOf,
  text,
  textIn,
  textOf,
  texts,
  textsIn,
} from './items.ts'
import { listShards } from './schema.ts'
import { sizes } from './sizes.ts'

/** What of a row is written once, and is never looked for. */
type Start = Pick<InstanceRow, 'startKey' | 'againKey' | 'formerStartKeys' | 'trace' | 'rerunOf' | 'retryOf'>
/** What of a row changes with its episodes. */
type Shown = Pick<InstanceRow, 'customStatus' | 'output' | 'failure'>

export interface PackedRow {
  readonly attributes: Item
  /** What must be written before the row. */
  readonly outside: readonly Packed[]
}

export async function packRow(bodies: Bodies, row: InstanceRow): Promise<PackedRow> {
  const place = placeOf(row)
  const { parent, tags, startKey, againKey, formerStartKeys, trace, rerunOf, retryOf, past } = row
  const { input, startAt, stalled, purgedAt } = row
  const start: Start = {
    ...(startKey !== undefined && { startKey }),
    ...(againKey !== undefined && { againKey }),
    ...(trace !== undefined && { trace }),
    ...(formerStartKeys && { formerStartKeys }),
    ...(rerunOf && { rerunOf }),
    ...(retryOf && { retryOf }),
  }
  const packed = [
    ...(isEmpty(start) ? [] : [await bodies.pack(place, 'start', JSON.stringify(start), sizes.rowBodyBytes)]),
    ...(input === undefined ? [] : [await bodies.pack(place, 'input', input, sizes.rowBodyBytes)]),
    // Outside, unless it is short: the row is written again with every change of its status.
    ...(past ? [await bodies.pack(place, 'past', JSON.stringify(past), 0)] : []),
    ...(await packShown(bodies, place, row)),
  ]
  const isTooLong = fromKeyText(place.pk) === undefined
  const attributes: Item = {
    incarnation: text(row.incarnation),
    name: text(row.name),
    status: { S: row.status },
    createdAt: number(row.createdAt),
    lastUpdatedAt: number(row.lastUpdatedAt),
    episode: number(row.episode),
    startDigest: text(row.startDigest),
    ...(startAt !== undefined && { startAt: number(startAt) }),
    ...(parent && { parent: packParent(parent) }),
    ...(tags && { tags: texts(tags) }),
    ...(stalled && { stalled: { S: JSON.stringify(stalled) }, mark: { S: stalled.mark ?? '' } }),
    ...(purgedAt === undefined
      ? { ...listKey(place, shownStatus(row)), ...listOrder(place, row.createdAt) }
      : { purgedAt: number(purgedAt) }),
    ...(isTooLong && { instanceId: text(row.instanceId) }),
  }
  return {
    attributes: Object.assign(attributes, ...packed.map((each) => each.attributes)) as Item,
    outside: packed,
  }
}

/** The body of what an episode changes; none when there is nothing to show. */
export async function packShown(
  bodies: Bodies,
  place: Place,
  { customStatus, output, failure }: Shown | Projection,
): Promise<readonly Packed[]> {
  const shown: Shown = {
    ...(customStatus !== undefined && { customStatus }),
    ...(output !== undefined && { output }),
    ...(failure && { failure }),
  }
  return isEmpty(shown) ? [] : [await bodies.pack(place, 'shown', JSON.stringify(shown), sizes.rowBodyBytes)]
}

/** A tombstone's payloads are not looked at. */
export async function unpackRow(bodies: Bodies, item: Item, detail?: RowDetail): Promise<InstanceRow> {
  const row = unpackListed(item)
  const place = placeOf(row)
  const purgedAt = numberIn(item, 'purgedAt')
  const start = parseObject<Start>(await bodies.load(place, item, 'start'))
  if (purgedAt !== undefined) return { ...row, ...start, purgedAt }
  const [input, shown] = await Promise.all([
    bodies.load(place, item, 'input'),
    bodies.load(place, item, 'shown'),
  ])
  const past = detail === 'start' ? await bodies.load(place, item, 'past') : undefined
  const stalled = stringIn(item, 'stalled')
  return {
    ...row,
    ...(past !== undefined && { past: JSON.parse(past) as NonNullable<InstanceRow['past']> }),
    ...start,
    ...(input !== undefined && { input }),
    ...parseObject<Shown>(shown),
    ...(stalled !== undefined && { stalled: JSON.parse(stalled) as NonNullable<InstanceRow['stalled']> }),
  }
}

/** A row as the index has it: without payloads. */
export function unpackListed(item: Item): InstanceRow {
  const startAt = numberIn(item, 'startAt')
  const parent = item['parent']?.M
  const tags = textsIn(item, 'tags')
  return {
    instanceId: textIn(item, 'instanceId') ?? fromKeyText(stringOf(item, 'pk')) ?? '',
    incarnation: textOf(item, 'incarnation'),
    name: textOf(item, 'name'),
    status: stringOf(item, 'status') as RuntimeStatus,
    createdAt: numberOf(item, 'createdAt'),
    lastUpdatedAt: numberOf(item, 'lastUpdatedAt'),
    ...(startAt !== undefined && { startAt }),
    ...(parent && { parent: unpackParent(parent) }),
    ...(tags && { tags }),
    startDigest: textOf(item, 'startDigest'),
    episode: numberOf(item, 'episode'),
  }
}

function packParent({ instanceId, incarnation, generation, seq, depth }: ParentLink): AttributeValue {
  const numbers = { generation: number(generation), seq: number(seq), depth: number(depth) }
  return { M: { instanceId: text(instanceId), incarnation: text(incarnation), ...numbers } }
}

function unpackParent(link: Item): ParentLink {
  return {
    instanceId: textOf(link, 'instanceId'),
    incarnation: textOf(link, 'incarnation'),
    generation: numberOf(link, 'generation'),
    seq: numberOf(link, 'seq'),
    depth: numberOf(link, 'depth'),
  }
}

export function statusOf(item: Item): RuntimeStatus {
  return stringOf(item, 'status') as RuntimeStatus
}

/** The partition of the index in which the row lies while it shows this status. */
export function listKey(place: Place, status: RuntimeStatus): Item {
  return { listKey: { S: listPartition(status, (digestOf(place)[0] ?? 0) % listShards) } }
}

export function listPartition(status: RuntimeStatus, shard: number): string {
  return `${status}#${shard}`
}

/** By age; rows of one millisecond are told apart by their ids. */
function listOrder(place: Place, createdAt: number): Item {
  const id = digestOf(place).toString('base64url').slice(0, 16)
  return { listOrder: { S: `${orderAt(createdAt)}#${id}` } }
}

/** A time in the order of a list, to the millisecond. */
export function orderAt(ms: number): string {
  return String(Math.trunc(ms)).padStart(16, '0')
}

function digestOf({ pk }: Place): Buffer {
  return createHash('sha256').update(pk).digest()
}

function parseObject<T extends object>(json: string | undefined): Partial<T> {
  return json === undefined ? {} : (JSON.parse(json) as T)
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0
}
