// The clock of a function. Nothing sleeps longer than an invocation lasts, and no invocation ends while something sleeps.

import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../../runtime/ports.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(Math.max(0, ms), undefined, { signal }).catch(() => {}),
}
