// Reads an instance: the tail of its history when it is live in this process, all of its newest generation when it is not.

import type { TaskOutcome } from '../engine/events.ts'
import type { App } from '../workflow/app.ts'
import type { InstanceKey } from './episode.ts'
import { catchUp, type LiveInstance, type LiveInstances, newLiveInstance, toInbox } from './live-instance.ts'
import type { ActivityMessage } from './messages.ts'
import type { Ports } from './ports.ts'
import type { RunningActivities } from './running-activities.ts'

export interface AdvanceHost {
  /** Runs an inline activity. */
  readonly runInline: (message: ActivityMessage) => Promise<TaskOutcome>
  /** Ms since the epoch until which a handler that begins now may run: its leases end then. */
  readonly deadline: () => number
  readonly app: App
  readonly ports: Ports
  readonly instances: LiveInstances
  /** Activities that run in this process. */
  readonly running: RunningActivities
}

/**
 * The newest state of an instance; undefined when this life of it is over or never was.
 * @param tryAgain runs its code although turns of it have crashed
 */
export async function load(
  host: AdvanceHost,
  key: InstanceKey,
  tryAgain = false,
): Promise<LiveInstance | undefined> {
  const { ports, instances, app } = host
  const cached = instances.get(key)
  if (cached && !cached.obstacle) {
    const { episodes, inbox, stalled } = await ports.store.read(key, cached.state.n)
    // When older generations were trimmed in the meantime, all of them or some, the tail does not fit any more.
    const fits = episodes.every(({ n }, at) => n === cached.state.n + 1 + at)
    if (fits && !stalled) {
      cached.inbox = toInbox(inbox)
      await catchUp(cached, episodes, app, ports.logger)
      if (!cached.obstacle) return cached
    }
  }
  instances.drop(key)
  const record = await ports.store.read(key)
  // After the episodes: whoever stalls the instance marks its row first, then looks for episodes that it has to guard.
  const row = await ports.store.getInstance(key.instanceId, record.episodes.length === 0 ? 'start' : 'row')
  if (!row || row.incarnation !== key.incarnation || row.purgedAt !== undefined) return undefined
  const live = newLiveInstance(key, row)
  const stalled = row.stalled ?? record.stalled
  // Turns of it crash: its code may end this host too.
  if (stalled?.code === 'TURN_CRASHED' && !tryAgain) live.obstacle = stalled
  live.inbox = toInbox(record.inbox)
  await catchUp(live, record.episodes, app, ports.logger)
  live.shown = { ...live.shown, stalled, at: Math.max(row.lastUpdatedAt, record.episodes.at(-1)?.at ?? 0) }
  return live
}
