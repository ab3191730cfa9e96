// Some limits, so low that small worlds meet them. They are set for the whole process while a world runs: worlds run one at a time.

import { sizes } from '../../src/aws/dynamodb/sizes.ts'
import { sqsLimits } from '../../src/aws/sqs/limits.ts'
import { limits } from '../../src/workflow/limits.ts'
import type { Conditions } from './conditions.ts'

type Numbers<T> = { [K in keyof T]?: number }

/** Not among them: `consumedEventIds`, beyond which events may be applied twice, and the limits that refuse or fail. */
const low: Numbers<typeof limits> = {
  generationsPerTurn: 2,
  directFanIn: 2,
  lostRaces: 1,
  generationBurst: 1,
  liveWeight: 60,
}

/** Those of the adapters: an episode is kept in parts, and few things go into a request. */
const smallSizes: Numbers<typeof sizes> = {
  plainBytes: 200,
  partBytes: 120,
  rowBodyBytes: 60,
  writesAtOnce: 2,
  readsAtOnce: 2,
}
const smallRequests: Numbers<typeof sqsLimits> = { batchEntries: 2, messageBytes: 2_000, parallelRequests: 1 }

export async function withLowLimits<T>({ lowLimits, aws }: Conditions, run: () => Promise<T>): Promise<T> {
  const restore = [
    ...(lowLimits ? [lower(limits, low)] : []),
    ...(aws.smallItems ? [lower(sizes, smallSizes), lower(sqsLimits, smallRequests)] : []),
  ]
  try {
    return await run()
  } finally {
    for (const each of restore) each()
  }
}

/** @returns what puts back all that was there */
function lower<T extends object>(all: T, some: Numbers<T>): () => void {
  const before = { ...all }
  Object.assign(all, some)
  return () => void Object.assign(all, before)
}
