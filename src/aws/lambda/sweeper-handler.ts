// The function that is called every few minutes: it rings for what has waited too long, and counts what is stalled.

import type { Ports } from '../../runtime/ports.ts'
import { type HandlerOptions, lambdaHandler } from './compose.ts'
import type { LambdaHandler } from './events.ts'
import { timeForWorkMs } from './invocation.ts'

/** @param budget `deadline`: ms since the epoch, by the clock of the ports */
export type Sweep = (ports: Ports, budget: { readonly deadline: number }) => Promise<unknown>

/** Instances counted at most: more than so many is one alarm all the same. */
const countedAtMost = 1_000

export function sweeperHandler(sweep: Sweep, options: HandlerOptions = {}): LambdaHandler<unknown, void> {
  return lambdaHandler(options, ({ ports, metrics, invocation }) => async () => {
    const deadline = ports.clock.now() + timeForWorkMs(invocation.remainingTimeMs())
    try {
      await sweep(ports, { deadline })
    } finally {
      metrics.addMetric('StalledInstances', 'Count', await countStalled(ports, deadline))
    }
  })
}

async function countStalled({ store, clock }: Ports, deadline: number): Promise<number> {
  let count = 0
  let pageToken: string | undefined
  do {
    const limit = countedAtMost - count
    const page = await store.list({ statuses: ['STALLED'], limit, ...(pageToken && { pageToken }) })
    count += page.instances.length
    pageToken = page.pageToken
  } while (pageToken && count < countedAtMost && clock.now() < deadline)
  return count
}
