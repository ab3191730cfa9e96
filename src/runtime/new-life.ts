// The row of a life that begins, whoever asks for it: a start, a parent, another workflow, a restart, a rerun.

import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

type Given = Omit<InstanceRow, 'incarnation' | 'status' | 'createdAt' | 'lastUpdatedAt' | 'episode'>

export function newLife({ clock, newId }: Ports, given: Given): InstanceRow {
  const now = clock.now()
  return { ...given, incarnation: newId(), status: 'PENDING', createdAt: now, lastUpdatedAt: now, episode: 0 }
}
