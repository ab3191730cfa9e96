// The row of a life that begins, whoever asks for it: a start, a parent, another workflow, a restart, a rerun; and what rings for it.

import { startFactId } from '../engine/events.ts'
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
