// The operations that the adapters use, each from its input on the wire to its output. Whatever else is asked for is refused, loudly.

import type { Operations } from '../request-handler.ts'
import { notImplemented } from '../service-error.ts'
import { ConditionFailed, invalid } from './errors.ts'
import { Expressions, type ExpressionInput } from './expressions.ts'
import type { DynamoFaults } from './faults.ts'
import { query, type QueryInput } from './query.ts'
import type { CreateInput, StandInTable, Tables } from './tables.ts'
import type { Item } from './values.ts'

interface TableInput {
  readonly TableName?: string
  readonly ReturnConsumedCapacity?: string
}

interface WriteInput extends TableInput, ExpressionInput {
  readonly Key?: Item
  readonly Item?: Item
  readonly ReturnValues?: string
  readonly ReturnValuesOnConditionCheckFailure?: string
}

interface GetInput extends TableInput {
  readonly Key?: Item
}

interface Write {
  readonly PutRequest?: { readonly Item: Item }
  readonly DeleteRequest?: { readonly Key: Item }
}

interface Reads {
  readonly Keys: readonly Item[]
  readonly ConsistentRead?: boolean
}

interface Batch<T> {
  readonly RequestItems?: Readonly<Record<string, T>>
  readonly ReturnConsumedCapacity?: string
}

const most = { writes: 25, reads: 100 }

/** Members of inputs that are understood, or change nothing: nobody is told what a request costs. Any other may change what it means. */
const known: Readonly<Record<string, ReadonlySet<string>>> = {
  GetItem: new Set(['TableName', 'ReturnConsumedCapacity', 'Key', 'ConsistentRead']),
  PutItem: writing('Item'),
  UpdateItem: writing('Key', 'UpdateExpression'),
  Query: new Set([
    'TableName',
    'ReturnConsumedCapacity',
    'IndexName',
    'ConsistentRead',
    'KeyConditionExpression',
    'FilterExpression',
    'ProjectionExpression',
    'ExpressionAttributeNames',
    'ExpressionAttributeValues',
    'ScanIndexForward',
    'Limit',
    'Select',
    'ExclusiveStartKey',
  ]),
  BatchWriteItem: new Set(['RequestItems', 'ReturnConsumedCapacity']),
  BatchGetItem: new Set(['RequestItems', 'ReturnConsumedCapacity']),
}

export function dynamoOperations(tables: Tables, faults: DynamoFaults): Operations {
  const operations: Operations = {
    CreateTable: (input: CreateInput) => ({
      TableDescription: { TableName: tables.create(input).name, TableStatus: 'ACTIVE' },
    }),
    GetItem({ Key = {}, TableName }: GetInput) {
      const item = tables.get(TableName).get(Key)
      return item ? { Item: item } : {}
    },
    PutItem(input: WriteInput) {
      return write(tables.get(input.TableName), input, input.Item ?? {}, () => input.Item ?? {})
    },
    UpdateItem(input: WriteInput) {
      const { Key = {}, UpdateExpression = '' } = input
      return write(tables.get(input.TableName), input, Key, (before, expressions) =>
        expressions.updated(UpdateExpression, before ?? Key),
      )
    },
    Query: (input: QueryInput) => query(tables.get(input.TableName), input, faults),
    BatchWriteItem: (input: Batch<readonly Write[]>) => writeBatch(tables, input, faults),
    BatchGetItem: (input: Batch<Reads>) => readBatch(tables, input, faults),
  }
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      (input: never) => {
        refuseUnknown(name, input)
        return run(input)
      },
    ]),
  )
}

function write(
  table: StandInTable,
  input: WriteInput,
  key: Item,
  change: (before: Item | undefined, expressions: Expressions) => Item,
) {
  const expressions = new Expressions(input)
  const [hash, range] = [key[table.keys.hash], key[table.keys.range]]
  const before = hash && range && table.get({ [table.keys.hash]: hash, [table.keys.range]: range })
  if (!expressions.holds(input.ConditionExpression, before ?? {}))
    throw new ConditionFailed(input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? before : undefined)
  const after = change(before, expressions)
  table.put(after)
  return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {}
}

function writeBatch(tables: Tables, input: Batch<readonly Write[]>, { leavesWrite }: DynamoFaults) {
  const [name, writes] = onlyTable(input, (each) => each.length, most.writes)
  const table = tables.get(name)
  const places = writes.map((each) => placeOf(table, each))
  if (new Set(places).size < places.length) throw invalid('Provided list of item keys contains duplicates')
  const left = leave(writes, leavesWrite)
  for (const { PutRequest, DeleteRequest } of writes.filter((each) => !left.includes(each))) {
    if (PutRequest) table.put(PutRequest.Item)
    else table.delete(DeleteRequest?.Key ?? {})
  }
  const rest = left.length > 0 ? { [name]: left } : {}
  return { UnprocessedItems: rest }
}

function readBatch(tables: Tables, input: Batch<Reads>, { leavesRead }: DynamoFaults) {
  const [name, reads] = onlyTable(input, ({ Keys }) => Keys.length, most.reads)
  const table = tables.get(name)
  const places = reads.Keys.map((key) => table.place(key, true).join('\u0000'))
  if (new Set(places).size < places.length) throw invalid('Provided list of item keys contains duplicates')
  const left = leave(reads.Keys, leavesRead)
  const found = reads.Keys.filter((key) => !left.includes(key))
    .map((key) => table.get(key))
    .filter((item) => item !== undefined)
  const rest = left.length > 0 ? { [name]: { ...reads, Keys: left } } : {}
  return { Responses: { [name]: found }, UnprocessedKeys: rest }
}

/** DynamoDB does at least one of them, or says that it is throttled. */
function leave<T>(all: readonly T[], leaves: (() => boolean) | undefined): readonly T[] {
  if (!leaves || all.length < 2) return []
  const left = all.filter(() => leaves())
  return left.length === all.length ? left.slice(1) : left
}

function onlyTable<T>(
  { RequestItems = {} }: Batch<T>,
  count: (all: T) => number,
  atMost: number,
): [string, T] {
  const [[name, all] = [], ...more] = Object.entries(RequestItems)
  if (name === undefined || all === undefined || count(all) === 0)
    throw invalid('The batch request list cannot be empty')
  if (more.length > 0) throw notImplemented('a batch over several tables')
  if (count(all) > atMost) throw invalid(`Too many items requested for the batch call: ${count(all)}`)
  return [name, all]
}

function placeOf(table: StandInTable, { PutRequest, DeleteRequest }: Write): string {
  const place = PutRequest ? table.place(PutRequest.Item, false) : table.place(DeleteRequest?.Key ?? {}, true)
  return place.join('\u0000')
}

function writing(...more: readonly string[]): ReadonlySet<string> {
  return new Set([
    'TableName',
    'ReturnConsumedCapacity',
    'ConditionExpression',
    'ExpressionAttributeNames',
    'ExpressionAttributeValues',
    'ReturnValues',
    'ReturnValuesOnConditionCheckFailure',
    ...more,
  ])
}

function refuseUnknown(operation: string, input: object): void {
  const members = known[operation]
  const unknown = Object.keys(input).filter((name) => members && !members.has(name))
  if (unknown.length > 0) throw notImplemented(`${unknown.join()} of ${operation}`)
}
