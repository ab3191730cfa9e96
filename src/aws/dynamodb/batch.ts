// Many items in few requests. DynamoDB may leave out any of them, with status 200; what was left out is asked for again.

import { BatchGetItemCommand, BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb'
import type { ItemKey } from '../keys.ts'
import { type Item, keyOf } from './items.ts'
import { Unfinished } from './retry.ts'
import { sizes } from './sizes.ts'
import type { Change, Condition, Table } from './table.ts'

const parallelBatches = 4
const parallelUpdates = 25

export function putOf(key: ItemKey, attributes: Item): WriteRequest {
  return { PutRequest: { Item: { ...keyOf(key), ...attributes } } }
}

export function deleteOf(key: ItemKey): WriteRequest {
  return { DeleteRequest: { Key: keyOf(key) } }
}

/** Puts and deletes without conditions; not atomic. No key may occur twice. */
export async function writeAll(table: Table, writes: readonly WriteRequest[]): Promise<void> {
  await eachBatch(writes, sizes.writesAtOnce, parallelBatches, (batch) => writeBatch(table, batch))
}

/** The same change to many items, where the condition holds: no batch takes conditions. Costs as many units as a batch. */
export async function updateAll(
  table: Table,
  keys: readonly ItemKey[],
  change: Change,
  condition: Condition,
): Promise<void> {
  await eachBatch(keys, 1, parallelUpdates, async ([key]) => {
    if (key) await table.update(key, change, condition)
  })
}

/** Those items that exist, in no particular order, read strongly. */
export async function readAll(table: Table, keys: readonly ItemKey[]): Promise<readonly Item[]> {
  const found: Item[] = []
  await eachBatch(keys, sizes.readsAtOnce, parallelBatches, async (batch) => {
    found.push(...(await readBatch(table, batch.map(keyOf))))
  })
  return found
}

async function writeBatch(table: Table, batch: readonly WriteRequest[]): Promise<void> {
  let rest = [...batch]
  await table.attempt('write items', async (attempt) => {
    const command = new BatchWriteItemCommand({ RequestItems: { [table.name]: rest }, ...table.counting })
    const { UnprocessedItems, ConsumedCapacity: capacity } = await table.client.send(command)
    table.record('BatchWriteItem', attempt, { kind: 'write', items: rest.map(itemOf), capacity })
    rest = UnprocessedItems?.[table.name] ?? []
    if (rest.length > 0) throw new Unfinished(`${rest.length} items were not written`)
  })
}

async function readBatch(table: Table, batch: readonly Item[]): Promise<readonly Item[]> {
  const found: Item[] = []
  let rest = [...batch]
  await table.attempt('read items', async (attempt) => {
    const request = { [table.name]: { Keys: rest, ConsistentRead: true } }
    const command = new BatchGetItemCommand({ RequestItems: request, ...table.counting })
    const { Responses, UnprocessedKeys, ConsumedCapacity: capacity } = await table.client.send(command)
    const items = Responses?.[table.name] ?? []
    table.record('BatchGetItem', attempt, { kind: 'read', items, capacity })
    found.push(...items)
    rest = UnprocessedKeys?.[table.name]?.Keys ?? []
    if (rest.length > 0) throw new Unfinished(`${rest.length} items were not read`)
  })
  return found
}

/** After a failure nothing new is begun; and nothing is under way any more when it is reported. */
async function eachBatch<T>(
  all: readonly T[],
  size: number,
  parallel: number,
  act: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  )
  for (let at = 0; at < batches.length; at += parallel) {
    const results = await Promise.allSettled(batches.slice(at, at + parallel).map(act))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
}

function itemOf({ PutRequest, DeleteRequest }: WriteRequest): Item {
  return PutRequest?.Item ?? DeleteRequest?.Key ?? {}
}
