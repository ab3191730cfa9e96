// The rows of instances in memory. Whoever asks for one whose time is over lets go of it: nobody could tell the difference.

import type { Clock } from '../runtime/ports.ts'
import { keptMs, leastKeptMs, type Retention } from '../runtime/retention.ts'
import type { InstanceRow } from '../runtime/rows.ts'
import { isTerminal } from '../workflow/status.ts'

/** How long instances are kept after their end, and by which clock. */
export interface Kept {
  readonly retention: Retention
  readonly clock: Pick<Clock, 'now'>
}

export class MemoryRows {
  readonly keepsEndedMs: number
  readonly #rows = new Map<string, InstanceRow>()
  readonly #kept: Kept | undefined
  readonly #onGone: (row: InstanceRow) => void

  /**
   * @param kept left out: until they are purged
   * @param onGone told of each that goes because its time is over
   * @throws TenutoError `INVALID_DURATION`, `INVALID_ARGUMENT` for a retention that is none
   */
  constructor(kept: Kept | undefined, onGone: (row: InstanceRow) => void) {
    this.#kept = kept
    this.#onGone = onGone
    this.keepsEndedMs = leastKeptMs(kept?.retention ?? {}, Number.POSITIVE_INFINITY)
  }

  get(instanceId: string): InstanceRow | undefined {
    const row = this.#rows.get(instanceId)
    if (!row || !this.#isOver(row)) return row
    this.#rows.delete(instanceId)
    this.#onGone(row)
    return undefined
  }

  set(row: InstanceRow): void {
    this.#rows.set(row.instanceId, row)
  }

  all(): readonly InstanceRow[] {
    return [...this.#rows.keys()].map((instanceId) => this.get(instanceId)).filter((row) => row !== undefined)
  }

  #isOver({ status, purgedAt, lastUpdatedAt }: InstanceRow): boolean {
    if (!this.#kept || !isTerminal(status) || purgedAt !== undefined) return false
    const ms = keptMs(this.#kept.retention, status)
    // In the moment of its end it is still seen, or nobody could wait for it.
    return ms !== undefined && this.#kept.clock.now() > lastUpdatedAt + ms
  }
}
