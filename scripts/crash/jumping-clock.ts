// The real time, which can be moved on: half an hour of a queue's patience need not be waited for.

import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../../src/runtime/ports.ts'

export class JumpingClock implements Clock {
  #ahead = 0
  #jumped = new AbortController()

  now(): number {
    return Date.now() + this.#ahead
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.now() + ms
    const isCalledOff = (): boolean => signal?.aborted ?? false
    while (this.now() < until && !isCalledOff()) {
      const either = AbortSignal.any([this.#jumped.signal, ...(signal ? [signal] : [])])
      // A timer of Node's counts 31 bits; who is woken early looks again.
      const step = Math.min(until - this.now(), 2 ** 31 - 1)
      await setTimeout(step, undefined, { signal: either }).catch(() => {})
    }
  }

  /** Wakes everybody whose time has come by it. */
  jump(ms: number): void {
    this.#ahead += ms
    const before = this.#jumped
    this.#jumped = new AbortController()
    before.abort()
  }
}
