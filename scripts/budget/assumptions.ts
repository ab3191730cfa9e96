// What counting alone cannot tell, said once: how long things take and how large functions are. Requests are counted, and none of this
// changes what one of them costs; it decides who meets whom, and the GB-seconds of the functions.

import type { FunctionName } from '../stack/deployed-settings.ts'

/** Ms from a request of a function to its answer: medians of published measurements, rounded up; of Scheduler nobody has published any. */
export const latencyMs = { write: 8, batch: 9, read: 5, send: 8, scheduler: 40 } as const

/** Ms until a message that was sent reaches a function: the median of published measurements. */
export const deliveryMs = 16

/** The same measurements as ms by quantile, for messages that come one by one. */
const deliveryQuantiles = [
  [0, 8],
  [0.5, 16],
  [0.9, 34],
  [0.99, 105],
  [1, 200],
] as const

/** Delivery times as scattered as the published ones, the same in every run. */
export function scatteredDelivery(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const share = state / 2 ** 32
    const above = deliveryQuantiles.findIndex(([quantile]) => quantile > share)
    const [low, lowMs] = deliveryQuantiles[above - 1] ?? deliveryQuantiles[0]
    const [high, highMs] = deliveryQuantiles[above] ?? deliveryQuantiles[1]
    return Math.round(lowMs + ((share - low) / (high - low)) * (highMs - lowMs))
  }
}

/** Ms of an invocation beside waiting for answers. The code of activities comes on top: the counted ones take no time. */
export const ownWorkMs = 5

/** MB, as in serverless.yml. */
export const memoryMb: Readonly<Record<FunctionName, number>> = {
  orchestrator: 512,
  activity: 1024,
  deadLetter: 512,
  sweeper: 512,
  api: 512,
}

/** Bytes that one billed request to SQS may have. */
export const sqsRequestBytes = 64 * 1024

/** Bytes that storage bills for an item beside what it holds. */
export const itemOverheadBytes = 100

/** What is passed to each activity, and comes back. */
export const order = {
  orderId: 'o-1138',
  customer: 'c-99',
  lines: [{ sku: 'A-1', count: 2, price: 64.95 }],
  total: 129.9,
} as const

export const assumptions: readonly string[] = [
  `Lambda asks a queue in requests of up to 10 messages, gives each answer to one invocation, and deletes what that has done with one request. It always finds what waits; polls that find nothing are idle cost (docs/deploy.md).`,
  `A message reaches its function ${deliveryMs} ms after it was sent, so what was sent together comes together; where it says scattered, each comes by itself, after the published spread (half of them later than ${deliveryMs} ms, one in a hundred later than 105).`,
  `DynamoDB answers a read in ${latencyMs.read} ms, a write in ${latencyMs.write}, a batch in ${latencyMs.batch}; SQS a send in ${latencyMs.send}, Scheduler in ${latencyMs.scheduler}. The clock is virtual and requests are made one after the other: every run counts the same.`,
  `An invocation takes the time of its answers and ${ownWorkMs} ms; activities take none of their own. Functions have ${memoryMb.activity} MB for activities and ${memoryMb.orchestrator} MB for all else, as in serverless.yml.`,
  `An invocation goes to the container that was busy last, which remembers its instances. The time that a container takes to start is not counted.`,
  `Payloads are an order of ${JSON.stringify(order).length} bytes of JSON. Nothing is throttled, lost or delivered twice.`,
  `Storage is what is left in the table at the end, kept for a month with its backup; the total is without it.`,
]
