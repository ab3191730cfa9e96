// A store on a table of its own, a clock that does not wait, and a look at what is asked of DynamoDB.

import { type DynamoDBClient, type DynamoDBClientConfig, QueryCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import {
  createDynamoStore,
  type DynamoRequest,
  type DynamoStoreOptions,
} from '../../../src/aws/dynamodb/index.ts'
import type { Item } from '../../../src/aws/dynamodb/items.ts'
import { partitionKey } from '../../../src/aws/keys.ts'
import type { Clock, Store } from '../../../src/runtime/ports.ts'
import { currentServer, type TableServer } from '../../support/dynoxide.ts'
import { type RecordingLogger, recordingLogger } from '../../support/recording-logger.ts'

/** Sleeping moves it, and nothing else does. */
export interface TestClock extends Clock {
  advance(ms: number): void
  readonly slept: readonly number[]
}

export interface Bench {
  readonly store: Store
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: TestClock
  readonly logger: RecordingLogger
  /** All requests so far that were not taken yet. */
  readonly takeRequests: () => readonly DynamoRequest[]
  /** A further client of the same server. */
  readonly connect: (config?: DynamoDBClientConfig) => DynamoDBClient
  /** A further store on the same table: another process. */
  readonly another: (options?: Partial<DynamoStoreOptions>) => Store
  /** All items of an instance id, as they lie in the table. */
  readonly items: (instanceId: string) => Promise<readonly Item[]>
}

/** Registers a server for the tests of a file. @returns what opens a store in a test */
export function useTables(): (options?: Partial<DynamoStoreOptions>) => Promise<Bench> {
  const start = currentServer()
  let server: TableServer | undefined
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server?.close())
  return async (options = {}) => {
    if (!server) throw new Error('no server')
    return openBench(server, options)
  }
}

async function openBench(server: TableServer, options: Partial<DynamoStoreOptions>): Promise<Bench> {
  const connect = (config?: DynamoDBClientConfig): DynamoDBClient => {
    const made = server.client(config)
    onTestFinished(() => made.destroy())
    return made
  }
  const client = connect()
  const tableName = await server.createTable()
  const clock = testClock()
  const logger = recordingLogger()
  let requests: DynamoRequest[] = []
  const another = (more: Partial<DynamoStoreOptions> = {}): Store =>
    createDynamoStore({
      client,
      tableName,
      clock,
      logger,
      random: () => 0.5,
      onRequest: (request) => requests.push(request),
      ...options,
      ...more,
    })
  return {
    store: another(),
    client,
    tableName,
    clock,
    logger,
    connect,
    another,
    takeRequests() {
      const taken = requests
      requests = []
      return taken
    },
    items: (instanceId) => itemsOf(server, tableName, instanceId),
  }
}

async function itemsOf(server: TableServer, tableName: string, instanceId: string): Promise<Item[]> {
  const client = server.client()
  const items: Item[] = []
  let start: Item | undefined
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partitionKey(instanceId) } },
        ...(start && { ExclusiveStartKey: start }),
      }),
    )
    items.push(...Items)
    start = LastEvaluatedKey
  } while (start)
  client.destroy()
  return items
}

export function testClock(from = Date.UTC(2027, 0, 1)): TestClock {
  let now = from
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    advance: (ms) => void (now += ms),
    async sleep(ms) {
      slept.push(ms)
      now += ms
    },
  }
}
