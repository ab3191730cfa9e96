// Reads an instance for messages that are at hand: what was read before will do, or everything that the messages name must be there; and
// when that life is over, what they name must not stay.

import { startFactId } from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { mayHaveForgotten } from './instance-state.ts'
import type { LiveInstance } from './live-instance.ts'
import { type AdvanceHost, load } from './load.ts'
import { missingRow, namedRows, type Work } from './own-facts.ts'

/**
 * What was read before the activity ran will do while it is what is in memory: if it is stale by now, the commit is lost. Where siblings
 * are under way that is likely, and a read is cheaper than a lost race.
 */
export function readBefore({ instances }: AdvanceHost, { key, read }: Work): LiveInstance | undefined {
  if (!read || instances.get(key) !== read) return undefined
  const activities = [...read.state.outstanding.values()].filter(({ kind }) => kind === 'scheduleTask')
  return activities.length <= 1 ? read : undefined
}

export function isNudged({ deliveries }: Work): boolean {
  return deliveries.some(({ message }) => message.kind === 'nudge')
}

/** Reads what is new, and again when the read was torn; in the end the message is left for later, never acknowledged. */
export async function loadWhole(host: AdvanceHost, work: Work): Promise<LiveInstance | undefined> {
  for (let tries = 1; ; tries++) {
    const live = await load(host, work.key, isNudged(work))
    if (!live) return undefined
    const missing = missingRow(work, live)
    if (missing === undefined) return live
    if (tries === 3) {
      if (live && mayHaveForgotten(live.state)) return live
      const message = `Row '${missing}' of instance ${work.key.instanceId} is in neither inbox nor history yet.`
      throw new TenutoError('STORAGE_FAILED', message)
    }
  }
}

/** This life is over: what came too late to go with it goes now. */
export async function deleteLateRows({ ports }: AdvanceHost, work: Work): Promise<void> {
  const late = namedRows(work).filter((factId) => factId !== startFactId)
  if (late.length > 0) await ports.store.deleteInbox(work.key, late)
}
