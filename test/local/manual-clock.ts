// A clock that stands still until it is moved.

import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/runtime/ports.ts'

export interface ManualClock extends Clock {
  /** Moves on, waking each sleeper at its own time, and lets what they set off run. */
  advance(ms: number): Promise<void>
  /** Jumps without waking anybody, as a wall clock does that is set anew. */
  jump(ms: number): void
  /** Those who sleep now, by the time at which they wake. */
  readonly sleepers: readonly number[]
}

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start
  const sleepers = new Set<Sleeper>()
  const firstUntil = (end: number) =>
    [...sleepers].filter(({ until }) => until <= end).toSorted((a, b) => a.until - b.until)[0]

  return {
    now: () => now,
    get sleepers() {
      return [...sleepers].map(({ until }) => until).toSorted((a, b) => a - b)
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + Math.max(0, ms), wake }
        function wake() {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        if (signal?.aborted || ms <= 0) return resolve()
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake)
      }),
    async advance(ms) {
      const end = now + ms
      for (let next = firstUntil(end); next; next = firstUntil(end)) {
        now = Math.max(now, next.until)
        next.wake()
        await setImmediate()
      }
      now = end
    },
    jump(ms) {
      now += ms
    },
  }
}
