// One request to DynamoDB, as budgets count it.

import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import { bytesOf, type Item } from './items.ts'

/** A request that was answered, be it with a refusal. */
export interface DynamoRequest {
  readonly service: 'dynamodb'
  readonly operation: string
  /** From 1; above 1 it is a repetition of what was throttled, or of what nobody knows whether it was done. */
  readonly attempt: number
  /** Items sent, or read. */
  readonly items: number
  /** Of the items sent or read, as DynamoDB counts them. */
  readonly bytes: number
  readonly readUnits: number
  readonly writeUnits: number
}

export type OnDynamoRequest = (request: DynamoRequest) => void

/** What an answer tells of its cost. Units that DynamoDB does not state are computed from the bytes. */
export interface Usage {
  readonly kind: 'read' | 'write'
  readonly items: readonly Item[]
  readonly capacity?: ConsumedCapacity | readonly ConsumedCapacity[] | undefined
  /** An item that was there before and is larger than the new one costs more. */
  readonly previous?: Item | undefined
}

export function recordOf(operation: string, attempt: number, usage: Usage): DynamoRequest {
  const { kind, items, capacity, previous } = usage
  const sizes = items.map(bytesOf)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const stated = capacity === undefined ? undefined : unitsOf(capacity)
  const computed =
    kind === 'read'
      ? Math.ceil(bytes / 4_096)
      : sizes.reduce(
          (sum, size) => sum + Math.ceil(Math.max(size, previous ? bytesOf(previous) : 0) / 1_024),
          0,
        )
  const units = stated ?? Math.max(1, computed)
  const [readUnits, writeUnits] = kind === 'read' ? [units, 0] : [0, units]
  return { service: 'dynamodb', operation, attempt, items: items.length, bytes, readUnits, writeUnits }
}

function unitsOf(capacity: ConsumedCapacity | readonly ConsumedCapacity[]): number | undefined {
  const all = [capacity].flat() as readonly ConsumedCapacity[]
  return all.length === 0 ? undefined : all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
}
