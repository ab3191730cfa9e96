// Query: a page of a range of keys, in their order.

import { notImplemented } from '../service-error.ts'
import { invalid } from './errors.ts'
import { type ExpressionInput, Expressions } from './expressions.ts'
import type { DynamoFaults } from './faults.ts'
import { afterAll, type Index, type StandInTable } from './tables.ts'
import { bytesOf, type Item } from './values.ts'

export interface QueryInput extends ExpressionInput {
  readonly TableName?: string
  readonly ReturnConsumedCapacity?: string
  readonly IndexName?: string
  readonly ConsistentRead?: boolean
  readonly ScanIndexForward?: boolean
  readonly Limit?: number
  readonly Select?: string
  readonly ExclusiveStartKey?: Item
}

const pageBytes = 1024 * 1024

export function query(table: StandInTable, input: QueryInput, { pageItems }: DynamoFaults) {
  const { IndexName, ConsistentRead, ScanIndexForward = true, Limit = Infinity, Select } = input
  if (IndexName !== undefined && ConsistentRead)
    throw invalid('Consistent reads are not supported on global secondary indexes')
  if (Limit < 1) throw invalid('Limit must be greater than or equal to 1')
  if (Select !== undefined && Select !== 'COUNT') throw notImplemented(`Select ${Select}`)
  const expressions = new Expressions(input)
  const { sorted, keys, index } = table.source(IndexName)
  const { partition, from, to } = expressions.range(input.KeyConditionExpression ?? '', keys)
  const range = {
    from,
    to: index && to !== undefined ? afterAll(to) : to,
    after: afterOf(table, index, input.ExclusiveStartKey),
    backwards: !ScanIndexForward,
  }
  const atMost = Math.min(Limit, pageItems?.() ?? Infinity)
  const seen: Item[] = []
  let [bytes, isCut] = [0, false]
  for (const { item } of sorted.range(partition, range)) {
    const more = bytesOf(item)
    isCut = seen.length >= atMost || (seen.length > 0 && bytes + more > pageBytes)
    if (isCut) break
    seen.push(item)
    bytes += more
  }
  // A page that its limit has filled does not know that nothing follows.
  const last = isCut || seen.length >= atMost ? seen.at(-1) : undefined
  const found = seen.filter((item) => expressions.holds(input.FilterExpression, item))
  return {
    ...(Select === undefined && {
      Items: found.map((item) => expressions.projected(input.ProjectionExpression, item)),
    }),
    Count: found.length,
    ScannedCount: seen.length,
    ...(last && { LastEvaluatedKey: keyOf(table, index, last) }),
  }
}

function afterOf(table: StandInTable, index: Index | undefined, start: Item | undefined): string | undefined {
  if (!start) return undefined
  return index ? index.orderOf(start) : table.place(start, true)[1]
}

function keyOf({ keys }: StandInTable, index: Index | undefined, item: Item): Item {
  const names = [keys.hash, keys.range, ...(index ? [index.keys.hash, index.keys.range] : [])]
  return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : [])))
}
