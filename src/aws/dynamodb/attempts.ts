// What runs of activities leave for those that come after them: one item a call, which lives longer than any message.

import type { InstanceKey } from '../../runtime/episode.ts'
import type { AttemptRow, CallKey } from '../../runtime/rows.ts'
import { attemptKey, placeOf } from '../keys.ts'
import { isFree } from './conditions.ts'
import { expiry, isExpired, type Item, number, numberIn, numberOf, text, textIn, textOf } from './items.ts'
import type { Condition, Table } from './table.ts'

/** SQS keeps a message for 14 days at most. */
const keptMs = 15 * 24 * 3_600_000

export async function getAttempt(
  table: Table,
  key: InstanceKey,
  call: CallKey,
  now: number,
): Promise<AttemptRow | undefined> {
  const item = await table.get(attemptKey(placeOf(key), call))
  return item && !isExpired(item, now) ? unpack(item, call) : undefined
}

export async function putAttempt(
  table: Table,
  key: InstanceKey,
  row: AttemptRow,
  { now, replaces }: { readonly now: number; readonly replaces?: string | undefined },
): Promise<AttemptRow | undefined> {
  const { seq, nonce, until, details } = row
  const attributes = {
    seq: number(seq),
    nonce: text(nonce),
    ttl: expiry(now + keptMs),
    ...(until !== undefined && { until: number(until) }),
    ...(details !== undefined && { details: text(details) }),
  }
  const condition = mayBePut(row, now, replaces)
  const result = await table.put(attemptKey(placeOf(key), row), attributes, condition)
  return result.kind === 'refused' && result.item ? unpack(result.item, row) : undefined
}

/** The rule of `mayReplace`. */
function mayBePut({ seq, nonce }: AttemptRow, now: number, replaces?: string): Condition {
  const values = {
    ':seq': number(seq),
    ':nonce': text(nonce),
    ':now': number(Math.floor(now / 1000)),
  }
  const rule = `${isFree.text} OR #ttl <= :now OR #seq < :seq OR #nonce = :nonce`
  if (replaces === undefined) return { text: rule, values }
  return { text: `${rule} OR #nonce = :replaces`, values: { ...values, ':replaces': text(replaces) } }
}

function unpack(item: Item, { generation, firstSeq }: CallKey): AttemptRow {
  const [until, details] = [numberIn(item, 'until'), textIn(item, 'details')]
  return {
    generation,
    firstSeq,
    seq: numberOf(item, 'seq'),
    nonce: textOf(item, 'nonce'),
    ...(until !== undefined && { until }),
    ...(details !== undefined && { details }),
  }
}
