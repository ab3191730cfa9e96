// Purging: the row becomes a tombstone, at once and for good; then what is left of the life goes. A purge that is repeated goes on where
// an earlier one stopped.

import type { InstanceKey } from '../../runtime/episode.ts'
import { isTerminal } from '../../workflow/status.ts'
import { placeOf } from '../keys.ts'
import { refsIn } from './bodies.ts'
import { keyOfRow, mayBePurged } from './conditions.ts'
import { livesOf } from './instances.ts'
import { type Item, number, textOf } from './items.ts'
import type { Lives } from './lives.ts'
import { statusOf } from './rows.ts'
import type { Table } from './table.ts'

/** The names of what lies outside the row stay, so that a repetition finds it. */
const payloads = ['input', 'past', 'shown', 'stalled', 'mark', 'tags', 'listKey', 'listOrder']

export async function purge(table: Table, lives: Lives, key: InstanceKey, at: number): Promise<boolean> {
  const change = { set: { purgedAt: number(at), ttl: lives.graveEnd() }, remove: payloads }
  const result = await table.update(keyOfRow(key.instanceId), change, mayBePurged(key))
  const row = result.kind === 'written' ? result.previous : result.item
  if (!row || (result.kind === 'refused' && !isPurgedLife(row, key))) return false
  for (const incarnation of livesOf(row)) {
    await lives.clear(placeOf({ ...key, incarnation }), refsIn(row))
  }
  return true
}

/** Refused for that it was purged before. */
function isPurgedLife(row: Item, { incarnation }: InstanceKey): boolean {
  return textOf(row, 'incarnation') === incarnation && isTerminal(statusOf(row))
}
