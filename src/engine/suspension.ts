// While an instance is suspended its events wait here; resume lets them go, in order.

import type { EventRaised, HistoryEvent } from './events.ts'

export class Suspension {
  active = false
  readonly #heldBack: HistoryEvent[] = []

  /** Whether the code may have the event now. If not it waits for the resume; a further suspension is nothing to wait for. */
  admits(event: HistoryEvent): boolean {
    if (!this.active || event.kind === 'executionResumed' || event.kind === 'executionTerminated') return true
    if (event.kind !== 'executionSuspended') this.#heldBack.push(event)
    return false
  }

  /** The next event that waits. Nothing waits before the first suspension, nor after a resume has taken all. */
  release(): HistoryEvent | undefined {
    return this.#heldBack.shift()
  }

  /** External events that wait. */
  get raised(): EventRaised[] {
    return this.#heldBack.filter((event) => event.kind === 'eventRaised')
  }
}
