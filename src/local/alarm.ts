// One sleep on the clock, for the earliest of all that is due later.

import type { Clock } from '../runtime/ports.ts'

export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #at = Number.POSITIVE_INFINITY
  #sleep = new AbortController()

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings once, at a time in the future; a time set before is forgotten. `Infinity`: never. */
  set(at: number): void {
    if (at === this.#at) return
    this.#sleep.abort()
    this.#at = at
    if (at !== Number.POSITIVE_INFINITY) void this.#wait(at, (this.#sleep = new AbortController()).signal)
  }

  async #wait(at: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(at - this.#clock.now(), signal)
    if (signal.aborted) return
    this.#at = Number.POSITIVE_INFINITY
    this.#ring()
  }
}
