// Rows of instances: read, and created once a life.

import type { RowDetail } from '../../runtime/ports.ts'
import type { InstanceRow } from '../../runtime/rows.ts'
import { isTerminal } from '../../workflow/status.ts'
import { placeOf } from '../keys.ts'
import { type Bodies, refsIn } from './bodies.ts'
import { keyOfRow, mayBeReplaced } from './conditions.ts'
import type { History } from './history.ts'
import { isExpired, type Item, text, textIn, textOf } from './items.ts'
import type { Lives } from './lives.ts'
import { packRow, unpackRow } from './rows.ts'
import type { Table } from './table.ts'

export interface InstanceOptions {
  readonly table: Table
  readonly bodies: Bodies
  readonly history: History
  readonly lives: Lives
  readonly now: () => number
}

export class Instances {
  readonly #options: InstanceOptions

  constructor(options: InstanceOptions) {
    this.#options = options
  }

  async get(instanceId: string, detail?: RowDetail): Promise<InstanceRow | undefined> {
    const { table, bodies, now } = this.#options
    const item = await table.get(keyOfRow(instanceId))
    if (!item || isExpired(item, now())) return undefined
    return detail === undefined ? this.#withNewest(item) : unpackRow(bodies, item, detail)
  }

  /** The new row is its own proof: incarnations are random, so a refusal that shows this one is the answer to an earlier attempt. */
  async create(row: InstanceRow, replaces?: string): Promise<InstanceRow | undefined> {
    const { table, bodies, now } = this.#options
    const { attributes, outside } = await packRow(bodies, row)
    for (const each of outside) await bodies.writeOutside(each)
    const item = { ...attributes, ...(replaces !== undefined && { replaces: text(replaces) }) }
    const result = await table.put(keyOfRow(row.instanceId), item, mayBeReplaced(replaces, now()))
    if (result.kind === 'written') {
      await this.#forgetReplaced(row, replaces, result.previous)
      return undefined
    }
    const present = result.item ?? {}
    if (result.isRepeat && textOf(present, 'incarnation') === row.incarnation) {
      await this.#forgetReplaced(row, replaces)
      return undefined
    }
    for (const each of outside) await bodies.discard(each, present)
    return this.#withNewest(present)
  }

  /** Nobody can name the older lives any more. Should this be cut short, a purge of the new life makes up for it. */
  async #forgetReplaced(
    { instanceId }: InstanceRow,
    replaces: string | undefined,
    previous?: Item,
  ): Promise<void> {
    const { lives } = this.#options
    const incarnations = new Set(previous ? livesOf(previous) : [])
    if (replaces !== undefined) incarnations.add(replaces)
    for (const incarnation of incarnations) {
      await lives.forget(placeOf({ instanceId, incarnation }), previous ? refsIn(previous) : [])
    }
  }

  /** The row, with what its newest episode tells. The row of an instance that has ended tells everything. */
  async #withNewest(item: Item): Promise<InstanceRow> {
    const { bodies, history } = this.#options
    const row = await unpackRow(bodies, item)
    if (row.purgedAt !== undefined || isTerminal(row.status)) return row
    const newest = await history.newest(placeOf(row))
    if (!newest) return row
    const { n, at, unreadEvents } = newest
    return {
      ...row,
      episode: n,
      lastUpdatedAt: Math.max(row.lastUpdatedAt, at),
      ...(unreadEvents !== undefined && { unreadEvents }),
    }
  }
}

/** Incarnations that a row answers for: its own, and the one that it replaced. */
export function livesOf(row: Item): readonly string[] {
  const replaces = textIn(row, 'replaces')
  return [textOf(row, 'incarnation'), ...(replaces === undefined ? [] : [replaces])]
}
