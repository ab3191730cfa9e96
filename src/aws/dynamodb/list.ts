// Lists: the index holds the rows by status, spread over partitions, and follows the table within moments. A page is the merge of the
// beginnings of its partitions. What a filter lets through may lie far apart, so a page ends also when it has looked at enough rows: then
// it is short, and the next one goes on where all of its partitions have been seen.

import { noPageToken } from '../../runtime/page-token.ts'
import type { InstancePage, ListFilter } from '../../runtime/ports.ts'
import type { RuntimeStatus } from '../../workflow/status.ts'
import { type Item, stringOf } from './items.ts'
import { orderRange, rowFilter } from './list-filter.ts'
import { listPartition, unpackListed } from './rows.ts'
import { listShards } from './schema.ts'
import { Stream } from './stream.ts'
import type { Table } from './table.ts'

/** Rows at which one page looks before it ends, about: some 3 MB of the index, or 400 units of reading. */
const usuallySeen = 10_000

/**
 * All that a row can show, in the order in which it does. So are the partitions read: an instance that goes on meanwhile is found where it
 * was, or where it is then, or in both.
 */
const stages: readonly (readonly RuntimeStatus[])[] = [
  ['PENDING'],
  ['RUNNING', 'SUSPENDED', 'STALLED'],
  ['COMPLETED', 'FAILED', 'TERMINATED'],
]

export async function list(
  table: Table,
  filter: ListFilter,
  nowMs: number,
  seenAtMost = usuallySeen,
): Promise<InstancePage> {
  const { statuses = stages.flat(), limit, pageToken, newestFirst = false } = filter
  const range = orderRange(filter)
  const after = pageToken === undefined ? undefined : parsePageToken(pageToken)
  if (after !== undefined) range[newestFirst ? 'to' : 'from'] = after
  if (range.from > range.to) return { instances: [] }
  const condition = rowFilter(filter)
  // The rows of a page are spread over the shards; one that has more than its share is asked again.
  const share = Math.ceil((2 * (limit + 1)) / listShards)
  const pageSize = Math.max(condition ? 100 : 10, share)
  const streams = [...new Set(statuses)].flatMap((status) =>
    Array.from({ length: listShards }, (_, shard) => {
      const partition = listPartition(status, shard)
      const stage = stages.findIndex((each) => each.includes(status))
      return new Stream(table, { partition, stage, range, after, condition, newestFirst, pageSize, nowMs })
    }),
  )
  return merge(streams, seenAtMost, filter)
}

async function merge(
  streams: readonly Stream[],
  seenAtMost: number,
  { limit, newestFirst = false }: ListFilter,
): Promise<InstancePage> {
  const isBefore = (a: string, b: string): boolean => (newestFirst ? a > b : a < b)
  const firstOf = (orders: readonly string[]): string | undefined =>
    orders.reduce<string | undefined>(
      (first, each) => (first && isBefore(first, each) ? first : each),
      undefined,
    )
  const rows: Item[] = []
  let horizon: string | undefined
  // One more than asked for tells whether there is a next page.
  while (rows.length <= limit) {
    const dry = streams.filter(({ isDry }) => isDry)
    if (dry.length > 0 && streams.reduce((sum, { seen }) => sum + seen, 0) < seenAtMost) {
      for (const at of stages.keys()) {
        await Promise.all(dry.filter(({ stage }) => stage === at).map((stream) => stream.fill()))
      }
      continue
    }
    // Up to here every partition has been seen; without a bound, to its end.
    horizon = firstOf(dry.flatMap(({ frontier }) => frontier ?? []))
    const next = firstOf(streams.flatMap(({ head }) => head ?? []))
    if (next === undefined || (horizon !== undefined && isBefore(horizon, next))) break
    // It is in two places when it went on meanwhile; where it is now stands last.
    const row = streams
      .filter(({ head }) => head === next)
      .map((stream) => stream.take())
      .at(-1)
    if (row) rows.push(row)
  }
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const end = rows.length > limit && last ? orderOf(last) : horizon
  return { instances: page.map(unpackListed), ...(end !== undefined && { pageToken: toPageToken(end) }) }
}

function orderOf(row: Item): string {
  return stringOf(row, 'listOrder')
}

function toPageToken(order: string): string {
  return Buffer.from(order).toString('base64url')
}

function parsePageToken(token: string): string {
  const order = Buffer.from(token, 'base64url').toString()
  if (/^\d{16}#[\w-]{16}$/.test(order)) return order
  throw noPageToken(token)
}
