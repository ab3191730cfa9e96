// Lets go of instances whose time is over, a few at a time, so that no group of writes becomes long.

import type { Clock } from '../runtime/ports.ts'
import { keptMs, leastKeptMs, type Retention } from '../runtime/retention.ts'
import type { Logger } from '../workflow/logger.ts'
import type { TerminalStatus } from '../workflow/status.ts'
import type { LocalStore } from './store.ts'

/** Between two looks: at most so much later than its time an instance goes. */
const [shortestPeriodMs, longestPeriodMs] = [1_000, 15 * 60_000]
/** As long as DynamoDB keeps them, see `src/aws/dynamodb/lives.ts`. */
const graveMs = 15 * 24 * 3_600_000
const atOnce = 100

/** Ended instances that go when their last change is as old as this, and tombstones when their purge is. */
export type Ages = ReadonlyMap<TerminalStatus | 'PURGED', number>

interface RetentionParts {
  readonly store: Pick<LocalStore, 'removeOlder'>
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Ms for which a row of what has ended is kept at least. @throws TenutoError `INVALID_DURATION`, `INVALID_ARGUMENT` */
export function keepsEndedMs(retention: Retention): number {
  return leastKeptMs(retention, graveMs)
}

/** @throws TenutoError `INVALID_DURATION`, `INVALID_ARGUMENT` */
export function agesOf(retention: Retention): Ages {
  const ages = (['COMPLETED', 'FAILED', 'TERMINATED'] as const).flatMap((status) => {
    const ms = keptMs(retention, status)
    return ms === undefined ? [] : [[status, ms] as const]
  })
  return new Map<TerminalStatus | 'PURGED', number>([...ages, ['PURGED', graveMs]])
}

/** Looks again and again, until the signal is aborted. */
export async function retain(ages: Ages, { store, clock, logger, signal }: RetentionParts): Promise<void> {
  // Nobody should wait for much longer than the time that was asked for.
  const periodMs = Math.min(longestPeriodMs, Math.max(shortestPeriodMs, Math.min(...ages.values())))
  while (!signal.aborted) {
    try {
      let removed = atOnce
      while (removed === atOnce && !signal.aborted) {
        removed = await store.removeOlder(ages, clock.now(), atOnce)
      }
    } catch (error) {
      if (!signal.aborted)
        logger.warn('Instances whose time is over could not be removed; tried again later.', { error })
    }
    await clock.sleep(periodMs, signal)
  }
}
