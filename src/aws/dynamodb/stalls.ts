// Stalls: shown by the row, and told to whoever reads the history by a mark that lies behind it. The mark is set first and taken off last,
// so that the row never shows a stall that no reader of the history hears of.

import type { InstanceKey } from '../../runtime/episode.ts'
import type { Stall } from '../../runtime/rows.ts'
import { type Place, placeOf, stallKey } from '../keys.ts'
import { putOf, writeAll } from './batch.ts'
import { isRunning, keyOfRow } from './conditions.ts'
import { isPresent, type Item, number, stringIn } from './items.ts'
import { listKey, statusOf } from './rows.ts'
import type { Table } from './table.ts'

/** Rounds of a write that has to know what is there, and may be overtaken. */
const rounds = 5

export async function setStalled(
  table: Table,
  key: InstanceKey,
  stall: Stall | undefined,
  at: number,
  replaces?: string,
): Promise<boolean> {
  if (!stall) return clear(table, key, at, replaces)
  const place = placeOf(key)
  const { mark = '' } = stall
  const attributes = { stalled: { S: JSON.stringify(stall) }, mark: { S: mark } }
  if (!(await putMark(table, place, attributes, replaces))) {
    await showPresent(table, key, at, replaces)
    return false
  }
  const set = { ...attributes, lastUpdatedAt: number(at), ...listKey(place, 'STALLED') }
  const { kind } = await table.update(keyOfRow(key.instanceId), { set }, isRunning(key))
  if (kind === 'refused') await removeMark(table, place, mark)
  return kind === 'written'
}

async function putMark(table: Table, place: Place, attributes: Item, replaces?: string): Promise<boolean> {
  if (replaces === undefined) {
    await writeAll(table, [putOf(stallKey(place), attributes)])
    return true
  }
  const result = await table.put(stallKey(place), attributes, isMarked(replaces))
  // One's own, if an earlier attempt was taken and its answer lost.
  return result.kind === 'written' || stringIn(result.item ?? {}, 'mark') === attributes['mark']?.S
}

/**
 * The row may show a stall that has been replaced, or is over: a request that was given up arrived late. Who goes by it would be refused
 * for ever, so it is made to show what the mark says. @param replaces what the caller takes for the present one
 */
async function showPresent(table: Table, key: InstanceKey, at: number, replaces = ''): Promise<void> {
  const place = placeOf(key)
  const mark = await table.get(stallKey(place))
  if (!mark || stringIn(mark, 'mark') === replaces) return
  const { stalled, mark: present } = mark
  if (!stalled || !present) return void (await clearRow(table, key, at, replaces))
  const set = { stalled, mark: present, lastUpdatedAt: number(at), ...listKey(place, 'STALLED') }
  const isShown = isRunning(key, ' AND #mark = :shown', { ':shown': { S: replaces } })
  await table.update(keyOfRow(key.instanceId), { set }, isShown)
}

async function clear(table: Table, key: InstanceKey, at: number, replaces?: string): Promise<boolean> {
  if (!(await clearRow(table, key, at, replaces))) return false
  return removeMark(table, placeOf(key), replaces)
}

/** @returns false when it shows another stall */
async function clearRow(table: Table, key: InstanceKey, at: number, replaces?: string): Promise<boolean> {
  const row = keyOfRow(key.instanceId)
  // Lists are to show the status below, which must be known.
  for (let round = 1; round <= rounds; round++) {
    const item = await table.get(row)
    if (!item || !isPresent(item, 'stalled')) break
    if (replaces !== undefined && stringIn(item, 'mark') !== replaces) return false
    const below = statusOf(item)
    const set = { lastUpdatedAt: number(at), ...listKey(placeOf(key), below) }
    const change = { set, remove: ['stalled', 'mark'] }
    const values = { ':below': { S: below }, ':mark': item['mark'] ?? { S: '' } }
    const condition = isRunning(key, ' AND #status = :below AND #mark = :mark', values)
    const result = await table.update(row, change, condition)
    if (result.kind === 'written') break
  }
  return true
}

/** What is left of it says nothing. @returns false when there is another one */
async function removeMark(table: Table, place: Place, mark?: string): Promise<boolean> {
  if (mark === undefined) {
    await writeAll(table, [putOf(stallKey(place), {})])
    return true
  }
  const change = { set: { mark: { S: '' } }, remove: ['stalled'] }
  const result = await table.update(stallKey(place), change, isMarked(mark))
  return result.kind === 'written' || !isPresent(result.item ?? {}, 'stalled')
}

function isMarked(mark: string) {
  return { text: '#mark = :present', values: { ':present': { S: mark } } }
}
