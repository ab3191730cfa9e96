// Waiting on the injected clock for a time or for a call, whichever comes first. A call wakes by way of the clock too, so that whatever
// passes through a stand-in is a step of the clock, and nothing can go round for ever between two steps.

import type { Clock } from '../runtime/ports.ts'

export class WakeUp {
  readonly #clock: Clock
  readonly #sleepers = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves at a time (`Infinity`: never by itself), after the next `call`, or when the signal is aborted. */
  async until(at: number, signal?: AbortSignal): Promise<void> {
    const awake = new AbortController()
    const wake = (): void => awake.abort()
    this.#sleepers.add(wake)
    signal?.addEventListener('abort', wake, { once: true })
    try {
      if (signal?.aborted) return
      const ms = at - this.#clock.now()
      await (ms === Infinity ? ended(awake.signal) : this.#clock.sleep(Math.max(0, ms), awake.signal))
      if (awake.signal.aborted) await this.#clock.sleep(0, signal)
    } finally {
      this.#sleepers.delete(wake)
      signal?.removeEventListener('abort', wake)
    }
  }

  /** Wakes all who wait. */
  call(): void {
    for (const wake of this.#sleepers) wake()
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
