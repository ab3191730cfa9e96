// The requests for single items and ranges of them: each repeated as long as it makes sense, counted, and told of in this project's words.

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { ItemKey, KeyRange } from '../keys.ts'
import { type Item, keyOf } from './items.ts'
import { type OnDynamoRequest, recordOf, type Usage } from './request-record.ts'
import { retry, type RetryPolicy } from './retry.ts'

export interface TableOptions {
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly tableName: string
  readonly policy: RetryPolicy
  readonly onRequest?: OnDynamoRequest | undefined
}

/** What must hold for a write. In it, and wherever an expression stands, `#name` is the attribute of that name. */
export interface Condition {
  readonly text: string
  readonly values?: Item
}

export interface Written {
  readonly kind: 'written'
  /** What was there. */
  readonly previous: Item | undefined
}

/** A write that its condition forbade, or that an earlier attempt had done already. */
export interface Refused {
  readonly kind: 'refused'
  /** What is there. */
  readonly item: Item | undefined
  /** An earlier attempt of this very write may have put what is there. */
  readonly isRepeat: boolean
}

export interface Change {
  readonly set: Item
  readonly remove?: readonly string[]
}

export interface RangeQuery extends KeyRange {
  readonly backwards?: boolean
  /** Items of the first page, of the second, and so on; after that as many as fit 1 MB. */
  readonly limits?: readonly number[]
  /** Default: all attributes. */
  readonly attributes?: readonly string[]
}

export class Table {
  readonly name: string
  readonly client: TableOptions['client']
  /** Asks DynamoDB what a request cost, if anybody wants to know. */
  readonly counting: { readonly ReturnConsumedCapacity?: 'TOTAL' }
  readonly #policy: RetryPolicy
  readonly #onRequest: OnDynamoRequest | undefined

  constructor({ client, tableName, policy, onRequest }: TableOptions) {
    this.name = tableName
    this.client = client
    this.counting = onRequest ? { ReturnConsumedCapacity: 'TOTAL' } : {}
    this.#policy = policy
    this.#onRequest = onRequest
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    const command = new GetItemCommand({ ...this.#common(), Key: keyOf(key), ConsistentRead: true })
    return this.attempt(`read ${nameOf(key)}`, async (attempt) => {
      const { Item: item, ConsumedCapacity: capacity } = await this.client.send(command)
      this.record('GetItem', attempt, { kind: 'read', items: item ? [item] : [], capacity })
      return item
    })
  }

  async put(key: ItemKey, attributes: Item, condition: Condition): Promise<Written | Refused> {
    const item = { ...keyOf(key), ...attributes }
    const input = {
      ...this.#common(),
      ...conditional(condition),
      Item: item,
      ReturnValues: 'ALL_OLD',
    } as const
    const command = new PutItemCommand(input)
    return this.#write('PutItem', key, item, () => this.client.send(command))
  }

  async update(key: ItemKey, { set, remove = [] }: Change, condition: Condition): Promise<Written | Refused> {
    const assignments = Object.keys(set).map((name) => `#${name} = :new_${name}`)
    const removals = remove.length > 0 ? ` REMOVE ${remove.map((name) => `#${name}`).join(', ')}` : ''
    const update = `SET ${assignments.join(', ')}${removals}`
    const values = Object.fromEntries(Object.entries(set).map(([name, value]) => [`:new_${name}`, value]))
    const command = new UpdateItemCommand({
      ...this.#common(),
      ...conditional({ text: condition.text, values: { ...condition.values, ...values } }, update),
      Key: keyOf(key),
      UpdateExpression: update,
      ReturnValues: 'ALL_OLD',
    })
    return this.#write('UpdateItem', key, set, () => this.client.send(command))
  }

  /** The pages of a range, read strongly. A page may be empty. */
  async *pages(query: RangeQuery): AsyncGenerator<Item[], void, undefined> {
    const { pk, from, to, backwards = false, limits = [], attributes } = query
    let start: Item | undefined
    for (let page = 0; page === 0 || start; page++) {
      const limit = limits[page]
      const { Items = [], LastEvaluatedKey } = await this.query({
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
        ScanIndexForward: !backwards,
        ...(attributes && projection(attributes)),
        ...(limit !== undefined && { Limit: limit }),
        ...(start && { ExclusiveStartKey: start }),
      })
      yield Items
      start = LastEvaluatedKey
    }
  }

  async query(input: Omit<QueryCommandInput, 'TableName'>): Promise<QueryCommandOutput> {
    const command = new QueryCommand({ ...this.#common(), ...input })
    return this.attempt('query the table', async (attempt) => {
      const output = await this.client.send(command)
      const { Items: items = [], ConsumedCapacity: capacity } = output
      this.record('Query', attempt, { kind: 'read', items, capacity })
      return output
    })
  }

  attempt<T>(doing: string, act: (attempt: number, isRepeat: boolean) => Promise<T>): Promise<T> {
    return retry(this.#policy, doing, act)
  }

  record(operation: string, attempt: number, usage: Usage): void {
    this.#onRequest?.(recordOf(operation, attempt, usage))
  }

  #common(): { readonly TableName: string; readonly ReturnConsumedCapacity?: 'TOTAL' } {
    return { TableName: this.name, ...this.counting }
  }

  async #write(
    operation: string,
    key: ItemKey,
    item: Item,
    send: () => Promise<{ Attributes?: Item | undefined; ConsumedCapacity?: Usage['capacity'] }>,
  ): Promise<Written | Refused> {
    return this.attempt(`write ${nameOf(key)}`, async (attempt, isRepeat) => {
      try {
        const { Attributes: previous, ConsumedCapacity: capacity } = await send()
        this.record(operation, attempt, { kind: 'write', items: [item], capacity, previous })
        return { kind: 'written', previous }
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        const { Item: previous, $metadata } = error
        this.record(operation, attempt, { kind: 'write', items: [item], previous })
        // A client with retries of its own has repeated it unseen.
        return { kind: 'refused', item: previous, isRepeat: isRepeat || ($metadata.attempts ?? 1) > 1 }
      }
    })
  }
}

function conditional({ text, values = {} }: Condition, update = '') {
  return {
    ConditionExpression: text,
    ...namesIn(`${text} ${update}`),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    // What is in the way costs no read.
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const
}

function projection(attributes: readonly string[]) {
  const text = attributes.map((name) => `#${name}`).join(', ')
  return { ProjectionExpression: text, ...namesIn(text) }
}

/** So that no attribute can be a reserved word. */
function namesIn(expression: string): { readonly ExpressionAttributeNames?: Record<string, string> } {
  const names = [...expression.matchAll(/#(\w+)/g)].map(([placeholder, name = '']) => [placeholder, name])
  return names.length > 0
    ? { ExpressionAttributeNames: Object.fromEntries(names) as Record<string, string> }
    : {}
}

function nameOf({ pk, sk }: ItemKey): string {
  return `${sk} of ${pk.length > 80 ? `${pk.slice(0, 80)}…` : pk}`
}
