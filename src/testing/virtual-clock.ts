// A clock that stands still until it is told to go on: months pass in milliseconds, in the same order every time.
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { windowsUnderWay } from '../engine/window.ts'
import type { Clock } from '../runtime/ports.ts'

interface Appointment {
  readonly at: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

export class VirtualClock implements Clock {
  #now: number
  #order = 0
  /** A binary heap by time, then by order of entry. */
  readonly #heap: Appointment[] = []

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
      signal?.addEventListener('abort', () => (cancel(), resolve()), { once: true })
    })
  }

  /** Runs something after a while. @returns the function that calls it off. */
  at(delayMs: number, run: () => void): () => void {
    const appointment = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run, cancelled: false }
    push(this.#heap, appointment)
    return () => {
      appointment.cancelled = true
    }
  }

  /** Goes to the next appointment and keeps it. @returns false when there is none before `untilMs`. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    for (let next = this.#heap[0]; next; next = this.#heap[0]) {
      if (!next.cancelled && next.at > untilMs) return false
      pop(this.#heap)
      if (next.cancelled) continue
      this.#now = next.at
      next.run()
      return true
    }
    return false
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
      if (!this.step(until)) return false
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

function push(heap: Appointment[], item: Appointment): void {
  let at = heap.length
  heap.push(item)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(item, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = item
}

function pop(heap: Appointment[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
}
