// The real clock. Waiting holds over what setTimeout does not: more than 24 days, and a machine that was asleep.
import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../runtime/ports.ts'

/** The longest single wait: a jump of the wall clock is noticed this late at most. */
const longestWaitMs = 60_000

export const systemClock: Clock = {
  now: () => Date.now(),

  /** Ends when the time has passed by the monotonic clock or by the wall clock, whichever is first: only the latter runs during sleep. */
  async sleep(ms, signal) {
    const wallEnd = Date.now() + ms
    const end = performance.now() + ms
    for (;;) {
      const rest = Math.min(wallEnd - Date.now(), end - performance.now())
      if (!(rest > 0) || signal?.aborted) return
      await setTimeout(Math.min(Math.ceil(rest), longestWaitMs), undefined, { signal }).catch(() => {})
    }
  },
}
