// Lists: the index holds the rows by status, spread over partitions, and follows the table within moments. A page is the merge of the
// beginnings of its partitions.

import type { InstancePage, ListFilter } from '../../runtime/ports.ts'
import { TenutoError } from '../../workflow/errors.ts'
import type { RuntimeStatus } from '../../workflow/status.ts'
import { isExpired, type Item, stringOf } from './items.ts'
import { listPartition, unpackListed } from './rows.ts'
import { listIndex, listShards } from './schema.ts'
import type { Table } from './table.ts'

/** All that a row can show. */
const allStatuses: readonly RuntimeStatus[] = [
  'PENDING',
  'RUNNING',
  'SUSPENDED',
  'STALLED',
  'COMPLETED',
  'FAILED',
  'TERMINATED',
]

export async function list(table: Table, filter: ListFilter, nowMs: number): Promise<InstancePage> {
  const { statuses = allStatuses, limit, pageToken } = filter
  const after = pageToken === undefined ? '' : parsePageToken(pageToken)
  const partitions = [...new Set(statuses)].flatMap((status) =>
    Array.from({ length: listShards }, (_, shard) => listPartition(status, shard)),
  )
  // The rows of a page are spread over the shards; one that has more than its share is asked again.
  const pageSize = Math.max(10, Math.ceil((2 * (limit + 1)) / listShards))
  const streams = partitions.map((partition) => new Stream(table, { partition, after, pageSize, nowMs }))
  const rows: Item[] = []
  // One more than asked for tells whether there is a next page.
  while (rows.length <= limit) {
    const dry = streams.filter(({ isDry }) => isDry)
    await Promise.all(dry.map((stream) => stream.fill()))
    const row = oldest(streams)?.take()
    if (!row) break
    rows.push(row)
  }
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const isMore = rows.length > limit
  return {
    instances: page.map(unpackListed),
    ...(last && isMore && { pageToken: toPageToken(orderOf(last)) }),
  }
}

interface StreamOptions {
  readonly partition: string
  readonly after: string
  readonly pageSize: number
  readonly nowMs: number
}

/** The rows of one partition of the index, in their order. */
class Stream {
  readonly #table: Table
  readonly #options: StreamOptions
  #rows: Item[] = []
  #start: Item | undefined
  #isAtEnd = false

  constructor(table: Table, options: StreamOptions) {
    this.#table = table
    this.#options = options
  }

  /** There may be more, but it is not known what. */
  get isDry(): boolean {
    return this.#rows.length === 0 && !this.#isAtEnd
  }

  get head(): string | undefined {
    const [row] = this.#rows
    return row && orderOf(row)
  }

  take(): Item | undefined {
    return this.#rows.shift()
  }

  async fill(): Promise<void> {
    const { partition, after, pageSize, nowMs } = this.#options
    while (this.isDry) {
      const { Items = [], LastEvaluatedKey } = await this.#table.query({
        IndexName: listIndex,
        KeyConditionExpression: 'listKey = :partition AND listOrder > :after',
        ExpressionAttributeValues: { ':partition': { S: partition }, ':after': { S: after || ' ' } },
        Limit: pageSize,
        ...(this.#start && { ExclusiveStartKey: this.#start }),
      })
      this.#rows = Items.filter((item) => !isExpired(item, nowMs))
      this.#start = LastEvaluatedKey
      this.#isAtEnd = LastEvaluatedKey === undefined
    }
  }
}

function oldest(streams: readonly Stream[]): Stream | undefined {
  let found: Stream | undefined
  for (const stream of streams) {
    const { head } = stream
    if (head !== undefined && (found?.head === undefined || head < found.head)) found = stream
  }
  return found
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
  throw new TenutoError('INVALID_ARGUMENT', `'${token.slice(0, 80)}' is no page token.`)
}
