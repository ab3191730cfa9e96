// The row of a life that begins, whoever asks for it: a start, a parent, another workflow, a restart, a rerun; and what rings for it.

import { startFactId } from '../engine/events.ts'
import type { InstanceKey } from './episode.ts'
import { doorbell, type Doorbell, type TimerMessage } from './messages.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

type Given = Omit<InstanceRow, 'incarnation' | 'status' | 'createdAt' | 'lastUpdatedAt' | 'episode'>

export function newLife({ clock, newId }: Ports, given: Given): InstanceRow {
  const now = clock.now()
  return { ...given, incarnation: newId(), status: 'PENDING', createdAt: now, lastUpdatedAt: now, episode: 0 }
}

/** What rings for the first turn of an instance. */
export function startMessage(ports: Ports, row: InstanceRow): Doorbell | TimerMessage {
  const { instanceId, incarnation, startAt } = row
  const key = { instanceId, incarnation }
  if (startAt === undefined || startAt <= ports.clock.now())
    return doorbell(key, ports.newId(), [startFactId])
  return { v: 1, ...key, token: ports.newId(), kind: 'timer', generation: 0, seq: 0, dueAt: startAt }
}

export async function ringStart(ports: Ports, row: InstanceRow): Promise<void> {
  const message = startMessage(ports, row)
  if (message.kind === 'timer') await ports.timers.schedule([message])
  else await ports.queue.send([message])
}

/**
 * Whoever made its row may have died before it rang: one that is in somebody's way is rung for once more, so that it is not in the way for
 * ever. (A sweeper rings for all of them.)
 */
export async function ringIfNotBegun(ports: Ports, { instanceId, incarnation }: InstanceKey): Promise<void> {
  const row = await ports.store.getInstance(instanceId, 'row')
  if (row?.incarnation !== incarnation || row.episode > 0 || row.status !== 'PENDING') return
  await ringStart(ports, row)
}
