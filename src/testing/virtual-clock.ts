// A clock that stands still until it is told to go on: months pass in milliseconds, in the same order every time.

import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { windowsUnderWay } from '../engine/window.ts'
import type { Clock } from '../runtime/ports.ts'
import { Heap } from './heap.ts'

interface Appointment {
  readonly at: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

export class VirtualClock implements Clock {
  #now: number
  #order = 0
  readonly #appointments = new Heap<Appointment>(before)

  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const cancel = this.at(ms, resolve)
      const wake = (): void => {
        cancel()
        resolve()
      }
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  /** Runs something after a while; never, when that is infinite. @returns the function that calls it off. */
  at(delayMs: number, run: () => void): () => void {
    const appointment = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run, cancelled: false }
    this.#appointments.push(appointment)
    return () => {
      appointment.cancelled = true
    }
  }

  /** Goes to the next appointment and keeps it. @returns false when there is none before `untilMs`. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    for (let next = this.#appointments.peek(); next; next = this.#appointments.peek()) {
      if (!next.cancelled && (next.at > untilMs || next.at === Number.POSITIVE_INFINITY)) return false
      this.#appointments.pop()
      if (next.cancelled) continue
      this.#now = next.at
      next.run()
      return true
    }
    return false
  }

  /** Goes to a later moment and keeps no appointment: those before it are overdue then. */
  skipTo(ms: number): void {
    this.#now = Math.max(this.#now, ms)
  }

  /**
   * Lets time pass until `done` says so, nothing is left to happen, or the limit is reached; between two appointments everything that
   * can run runs. @returns whether `done` said so
   */
  async runUntil(done: () => boolean, limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const until = this.#now + limitMs
    for (;;) {
      await settle()
      if (done()) return true
      if (this.step(until)) continue
      if (Number.isFinite(until)) this.skipTo(until)
      return false
    }
  }
}

/** Waits until all code that does not wait for the clock has come to rest. */
export async function settle(): Promise<void> {
  do await nextMacrotask()
  while (windowsUnderWay() > 0)
}

function before(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
