// The store port on one DynamoDB table. Nothing here needs a transaction: what must be decided is decided by one conditional write of one
// item, and everything else may be done twice.

import { randomBytes } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock, Store } from '../../runtime/ports.ts'
import { leastKeptMs, type Retention } from '../../runtime/retention.ts'
import type { Logger } from '../../workflow/logger.ts'
import { getAttempt, putAttempt } from './attempts.ts'
import { type BlobOptions, Bodies } from './bodies.ts'
import { History } from './history.ts'
import { Inbox } from './inbox.ts'
import { Instances } from './instances.ts'
import { list } from './list.ts'
import { graveMs, Lives } from './lives.ts'
import { Projector } from './projection.ts'
import { purge } from './purge.ts'
import type { OnDynamoRequest } from './request-record.ts'
import type { RetryPolicy } from './retry.ts'
import { setStalled } from './stalls.ts'
import { Table } from './table.ts'
import { trim } from './trim.ts'

export type { BlobStore } from '../blobs.ts'
export type { BlobOptions } from './bodies.ts'
export type { Retention } from '../../runtime/retention.ts'
export type { DynamoRequest, OnDynamoRequest } from './request-record.ts'
export { createTableInput, listIndex, listShards, tableSchema, ttlAttribute } from './schema.ts'

export interface DynamoStoreOptions {
  /**
   * Its own retries are best left off (`maxAttempts: 1`), and its requests given an end (`requestTimeout` with `throwOnRequestTimeout`):
   * the store repeats what failed, within a budget, and counts what it asks. A client that repeats by itself does no harm.
   */
  readonly client: Pick<DynamoDBClient, 'send'>
  readonly tableName: string
  readonly clock: Clock
  readonly logger: Logger
  /** Ms that the host has left. */
  readonly remainingTimeMs?: () => number
  /** Ms for which a request is repeated. Default 10,000. */
  readonly retryBudgetMs?: number
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
  /** Ids that nobody else makes, safe in keys. Default: random ones. */
  readonly newId?: () => string
  /** Hears of every request that was answered. DynamoDB is asked for its units only when this is set. */
  readonly onRequest?: OnDynamoRequest
  /** Keeps large payloads elsewhere. Default: in parts, in the table. */
  readonly blobs?: BlobOptions
  /** Default: what has ended is kept until it is purged. */
  readonly retention?: Retention
}

export function createDynamoStore(options: DynamoStoreOptions): Store {
  const { client, tableName, clock, logger, onRequest, retention = {}, newId = randomId } = options
  const now = (): number => clock.now()
  const table = new Table({ client, tableName, policy: policyOf(options), onRequest })
  const bodies = new Bodies(table, newId, options.blobs)
  const inbox = new Inbox({ table, bodies, clock, logger, newId })
  const history = new History(table, bodies, inbox)
  const lives = new Lives({ table, bodies, now, logger })
  const instances = new Instances({ table, bodies, history, lives, now })
  const projector = new Projector({ table, bodies, lives, now, retention })
  return {
    keepsEndedMs: leastKeptMs(retention, graveMs),
    getInstance: (instanceId, detail) => instances.get(instanceId, detail),
    createInstance: (row, replaces) => instances.create(row, replaces),
    read: (key, after) => history.read(key, after),
    readHistory: (key) => history.readAll(key),
    appendEpisode: (key, episode) => history.append(key, episode),
    // What was answered is durable.
    settled: async () => {},
    projectStatus: (key, projection) => projector.project(key, projection),
    setStalled: (key, stall, at, replaces) => setStalled(table, key, stall, at, replaces),
    putInbox: (key, row) => inbox.put(key, row),
    putOutcomes: (key, rows) => inbox.putAll(key, rows),
    deleteInbox: (key, factIds) => inbox.delete(key, factIds),
    getAttempt: (key, call) => getAttempt(table, key, call, now()),
    putAttempt: (key, row, replaces) => putAttempt(table, key, row, { now: now(), replaces }),
    countInbox: (key, atMost) => inbox.count(key, atMost),
    trimHistory: (key, before) => trim({ table, bodies, now }, key, before),
    purge: (key, at) => purge(table, lives, key, at),
    list: (filter) => list(table, filter, now()),
  }
}

function randomId(): string {
  return randomBytes(9).toString('base64url')
}

function policyOf(options: DynamoStoreOptions): RetryPolicy {
  const { clock, logger, remainingTimeMs, retryBudgetMs = 10_000, random = Math.random } = options
  return { clock, logger, retryBudgetMs, random, ...(remainingTimeMs && { remainingTimeMs }) }
}
