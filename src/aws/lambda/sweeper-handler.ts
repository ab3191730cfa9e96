// The function that is called every few minutes: it rings for what has waited too long, and counts what is stalled. Called with
// `{ "recoverStalled": true }`, as after a deploy, it tries what is stalled again.

import type { Ports } from '../../runtime/ports.ts'
import { recoverStalled } from '../../runtime/recover-stalled.ts'
import { sweep } from '../../runtime/sweeper.ts'
import { type HandlerOptions, lambdaHandler } from './compose.ts'
import type { LambdaHandler } from './events.ts'
import { timeForWorkMs } from './invocation.ts'

export interface SweeperOptions extends HandlerOptions {
  /** Minutes between two calls. Default: `TENUTO_SWEEP_MINUTES` of the environment, else 15. */
  readonly periodMinutes?: number
}

/** Instances counted at most: more than so many is one alarm all the same. */
const countedAtMost = 1_000

export function sweeperHandler(options: SweeperOptions = {}): LambdaHandler<unknown, void> {
  const { periodMinutes = Number(process.env['TENUTO_SWEEP_MINUTES'] ?? 15) } = options
  return lambdaHandler(options, ({ ports, metrics, invocation }) => {
    const walk = createWalk(ports, periodMinutes * 60_000)
    return async (event) => {
      const deadline = ports.clock.now() + timeForWorkMs(invocation.remainingTimeMs())
      try {
        if (asksForRecovery(event)) {
          ports.logger.info('Stalled instances are tried again.', { count: await recoverStalled(ports) })
        } else await walk(deadline)
      } finally {
        metrics.addMetric('StalledInstances', 'Count', await countStalled(ports, deadline))
      }
    }
  })
}

/** A walk that does not come to its end goes on in the next call of this container; the next walk then comes later. */
function createWalk(ports: Ports, leastPeriodMs: number): (deadline: number) => Promise<void> {
  let began: number | undefined
  let periodMs = leastPeriodMs
  let pageToken: string | undefined
  return async (deadline) => {
    if (pageToken === undefined) {
      const now = ports.clock.now()
      periodMs = Math.max(leastPeriodMs, now - (began ?? now))
      began = now
    }
    const report = await sweep(ports, { periodMs, deadline, ...(pageToken !== undefined && { pageToken }) })
    pageToken = report.pageToken
    const { seen, rung, nudged } = report
    if (pageToken !== undefined)
      ports.logger.warn('A sweep did not come to its end; the next one goes on.', { seen })
    if (rung > 0 || nudged > 0) ports.logger.info('Something had waited too long.', { seen, rung, nudged })
  }
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

function asksForRecovery(event: unknown): boolean {
  return (
    typeof event === 'object' && event !== null && 'recoverStalled' in event && event.recoverStalled === true
  )
}
