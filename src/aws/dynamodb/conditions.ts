// What must hold for a row to be changed.

import type { InstanceKey } from '../../runtime/episode.ts'
import { type ItemKey, partitionKey, rowKey } from '../keys.ts'
import { type Item, number, text } from './items.ts'
import type { Condition } from './table.ts'

export function keyOfRow(instanceId: string): ItemKey {
  return { pk: partitionKey(instanceId), sk: rowKey }
}

export const isFree: Condition = { text: 'attribute_not_exists(#pk)' }

const endStatuses = {
  ':completed': { S: 'COMPLETED' },
  ':failed': { S: 'FAILED' },
  ':terminated': { S: 'TERMINATED' },
}
const hasEnded = '#status IN (:completed, :failed, :terminated)'

/** No row, or one whose time is over, or the one of the incarnation that is named. */
export function mayBeReplaced(replaces: string | undefined, nowMs: number): Condition {
  const free = `${isFree.text} OR #ttl <= :now`
  const values = { ':now': number(Math.floor(nowMs / 1000)) }
  if (replaces === undefined) return { text: free, values }
  return { text: `${free} OR #incarnation = :replaces`, values: { ...values, ':replaces': text(replaces) } }
}

/** The life is the present one and has not ended. */
export function isRunning({ incarnation }: InstanceKey, more = '', values: Item = {}): Condition {
  return {
    text: `#incarnation = :life AND attribute_not_exists(#purgedAt) AND NOT (${hasEnded})${more}`,
    values: { ...endStatuses, ':life': text(incarnation), ...values },
  }
}

/** The life is the present one, has ended, and is not purged yet. */
export function mayBePurged({ incarnation }: InstanceKey): Condition {
  return {
    text: `#incarnation = :life AND attribute_not_exists(#purgedAt) AND ${hasEnded}`,
    values: { ...endStatuses, ':life': text(incarnation) },
  }
}
