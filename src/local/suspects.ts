// Messages that were due at two starts of the process which followed a kill. One of them may be what kills
// it: its workflow code never ends, or its activity exhausts the memory. They are handed over one after the
// other, each counted on the disk before, so that the count tells the culprit from those that merely were
// there.

import type { StoredMessage } from './message-table.ts'

/** How long a suspect runs alone; one that is still alive then is let run, and the next one follows. */
export const headStartMs = 1_000

/** Kills after which a message becomes a suspect. */
const suspectBoots = 2

/** Deliveries that a suspected workflow message gets; a turn kills quickly or not at all. */
const workflowAttempts = 3

export function isSuspect({ boots }: StoredMessage): boolean {
  return boots >= suspectBoots
}

/** No further delivery is of use. */
export function isDead(stored: StoredMessage, maxReceives: number): boolean {
  if (stored.receives >= maxReceives) return true
  const maxAttempts = stored.message.kind === 'activity' ? maxReceives : workflowAttempts
  return isSuspect(stored) && stored.attempts >= maxAttempts
}

export class Suspects {
  readonly #waiting: StoredMessage[] = []
  #current: number | undefined

  get length(): number {
    return this.#waiting.length
  }

  add(stored: StoredMessage): void {
    this.#waiting.push(stored)
  }

  /** The next one, if the one before has been let go of. */
  take(): StoredMessage | undefined {
    if (this.#current !== undefined) return undefined
    const next = this.#waiting.shift()
    this.#current = next?.id
    return next
  }

  /** The one that was taken has ended, or has had its head start. */
  release({ id }: StoredMessage): void {
    if (this.#current === id) this.#current = undefined
  }
}
