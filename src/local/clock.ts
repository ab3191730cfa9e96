// The real clock. Waiting holds over what setTimeout does not: more than 24 days, and a machine that was
// asleep.

import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../runtime/ports.ts'

/** What a clock is made of. */
export interface TimeSource {
  /** Ms since the epoch; may jump. */
  readonly wallNow: () => number
  /** Ms since whenever; never jumps, but stands still while the machine sleeps. */
  readonly monotonicNow: () => number
  /** A single wait of at most a minute; ends early when the signal is aborted. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<unknown>
}

/** The longest single wait: a jump of the wall clock is noticed this late at most. */
const longestWaitMs = 60_000

export function createClock({ wallNow, monotonicNow, wait }: TimeSource): Clock {
  return {
    now: wallNow,

    /**
     * Ends when the time has passed by one of the two clocks: the wall clock alone runs on while the machine
     * sleeps.
     */
    async sleep(ms, signal) {
      const wallEnd = wallNow() + ms
      const end = monotonicNow() + ms
      for (;;) {
        const rest = Math.min(wallEnd - wallNow(), end - monotonicNow())
        if (!(rest > 0) || signal?.aborted) return
        await wait(Math.min(Math.ceil(rest), longestWaitMs), signal)
      }
    },
  }
}

export const systemClock: Clock = createClock({
  wallNow: () => Date.now(),
  monotonicNow: () => performance.now(),
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {}),
})
