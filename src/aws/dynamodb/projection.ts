// What of an instance is seen from outside: changed only forwards, and never after the end.

import type { InstanceKey } from '../../runtime/episode.ts'
import { keptMs, type Retention } from '../../runtime/retention.ts'
import type { Projection } from '../../runtime/rows.ts'
import { isTerminal, type RuntimeStatus } from '../../workflow/status.ts'
import { type Place, placeOf } from '../keys.ts'
import { type Bodies, refName, refsIn } from './bodies.ts'
import { isRunning, keyOfRow } from './conditions.ts'
import { expiry, isPresent, type Item, number, stringIn } from './items.ts'
import type { Lives } from './lives.ts'
import { listKey, packShown } from './rows.ts'
import type { Change, Refused, Table, Written } from './table.ts'

export interface ProjectorOptions {
  readonly table: Table
  readonly bodies: Bodies
  readonly lives: Lives
  readonly now: () => number
  /** To mark what is kept for a while costs a write for each item of an instance. */
  readonly retention: Retention
}

/** Rounds of a write that has to know what is there, and may be overtaken. */
const rounds = 5

export class Projector {
  readonly #options: ProjectorOptions

  constructor(options: ProjectorOptions) {
    this.#options = options
  }

  async project(key: InstanceKey, projection: Projection): Promise<void> {
    const { bodies, lives } = this.#options
    const { status, episode, lastUpdatedAt } = projection
    const place = placeOf(key)
    const keptUntil = this.#keptUntil(status)
    if (keptUntil !== undefined) await lives.expire(place, keptUntil)
    const packed = await packShown(bodies, place, projection)
    for (const each of packed) await bodies.writeOutside(each)
    const shown = packed[0]?.attributes ?? {}
    const set: Item = {
      status: { S: status },
      episode: number(episode),
      lastUpdatedAt: number(lastUpdatedAt),
      ...(keptUntil !== undefined && { ttl: expiry(keptUntil) }),
      ...shown,
    }
    const remove = ['shown', refName('shown')].filter((name) => !(name in shown))
    const result = await this.#write(key, { set, remove }, status)
    if (result.kind === 'written') await this.#removeReplaced(place, result.previous, set)
    else for (const each of packed) await bodies.discard(each, result.item)
  }

  /** Where a stalled instance lies in the index does not change before its end: so there are two ways to write, and one is tried. */
  async #write(
    key: InstanceKey,
    { set, remove = [] }: Change,
    status: RuntimeStatus,
  ): Promise<Written | Refused> {
    const { table } = this.#options
    const row = keyOfRow(key.instanceId)
    const moved = { ...set, ...listKey(placeOf(key), status) }
    const isNewer = ' AND #episode <= :episode'
    const values: Item = { ':episode': set['episode'] ?? number(0) }
    if (isTerminal(status)) {
      const change = { set: moved, remove: [...remove, 'stalled', 'mark'] }
      return table.update(row, change, isRunning(key, isNewer, values))
    }
    let isStalled = false
    for (let round = 1; ; round++) {
      const change = { set: isStalled ? set : moved, remove }
      const stall = isStalled ? 'attribute_exists(#stalled)' : 'attribute_not_exists(#stalled)'
      const result = await table.update(row, change, isRunning(key, `${isNewer} AND ${stall}`, values))
      if (result.kind === 'written' || !result.item || round === rounds) return result
      if (isPresent(result.item, 'stalled') === isStalled) return result
      isStalled = !isStalled
    }
  }

  /** What the row showed before may have lain outside it. */
  async #removeReplaced(place: Place, previous: Item = {}, set: Item = {}): Promise<void> {
    const before = stringIn(previous, refName('shown'))
    if (before !== undefined && !refsIn(set).includes(before)) {
      await this.#options.bodies.removeOutside(place, [before])
    }
  }

  #keptUntil(status: RuntimeStatus): number | undefined {
    const { now, retention } = this.#options
    const ms = isTerminal(status) ? keptMs(retention, status) : undefined
    return ms === undefined ? undefined : now() + ms
  }
}
