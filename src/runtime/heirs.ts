// The children of a rewound parent: one that had failed is rewound like it (or begins anew, if it had undone what it did), and one that had completed is not run again.

import type { InstanceState } from './instance-state.ts'
import type { Ports } from './ports.ts'
import { pastToRewind } from './read-past.ts'
import type { InstanceRow } from './rows.ts'

/**
 * What takes the place of an instance that has ended, when a child is to have its id.
 * @param row the child, as it would be if there was nothing before it
 * @returns the row to put; the present one if it has completed for this very call, in the life before
 */
export async function heirOf(
  ports: Ports,
  { started }: InstanceState,
  present: InstanceRow,
  row: InstanceRow,
): Promise<InstanceRow> {
  const past = started?.past
  const [before, now] = [present.parent, row.parent]
  const isSameCall =
    past?.kind === 'rewind' &&
    started?.generation === past.generation &&
    present.purgedAt === undefined &&
    before?.incarnation === past.incarnation &&
    before.generation === past.generation &&
    before.seq === now?.seq &&
    present.name === row.name &&
    present.input === row.input
  if (!isSameCall) return row
  if (present.status === 'COMPLETED') return present
  const own = present.status === 'FAILED' ? await pastToRewind(ports, present) : undefined
  return own && own !== 'undone' ? { ...row, past: own } : row
}
