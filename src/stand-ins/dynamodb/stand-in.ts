// DynamoDB in this process, for the real SDK client: what the adapters ask of it, and nothing else. It is checked against dynoxide, which
// does more and lives in a process of its own.

import type { Clock } from '../../runtime/ports.ts'
import { type ClientConfig, createClientConfig } from '../request-handler.ts'
import type { DynamoFaults } from './faults.ts'
import { dynamoOperations } from './operations.ts'
import { dynamoProtocol } from './protocol.ts'
import { type StandInTable, Tables } from './tables.ts'

export interface DynamoStandInOptions {
  /** For the lag of indexes. */
  readonly clock: Clock
  /** Default: none. It may be changed while the stand-in runs. */
  readonly faults?: DynamoFaults
  readonly region?: string
}

export interface DynamoStandIn {
  /** For `new DynamoDBClient(…)`; any number of clients may share it. */
  readonly clientConfig: ClientConfig
  /** The table of this name; throws when there is none. */
  table(name: string): StandInTable
}

export function createDynamoStandIn(options: DynamoStandInOptions): DynamoStandIn {
  const { clock, faults = {}, region = 'us-east-1' } = options
  const tables = new Tables({ clock, faults })
  return {
    clientConfig: createClientConfig(region, dynamoProtocol, dynamoOperations(tables, faults), faults),
    table: (name) => tables.get(name),
  }
}
