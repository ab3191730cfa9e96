// Some limits, so low that small worlds meet them. They are set for the whole process while a world runs: worlds run one at a time.

import { limits } from '../../src/workflow/limits.ts'

type Limits = { -readonly [K in keyof typeof limits]: number }

/** Not among them: `consumedEventIds`, beyond which events may be applied twice, and the limits that refuse or fail. */
const low: Partial<Limits> = {
  generationsPerTurn: 2,
  directFanIn: 2,
  lostRaces: 1,
  generationBurst: 1,
  liveWeight: 60,
}

export async function withLowLimits<T>(run: () => Promise<T>): Promise<T> {
  const before: Limits = { ...limits }
  Object.assign(limits, low)
  try {
    return await run()
  } finally {
    Object.assign(limits, before)
  }
}
