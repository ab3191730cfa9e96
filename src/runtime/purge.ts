// Purges an instance and, before it, what descends from it: so a purge that is cut short finds them again.

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { caughtUp, childrenOf } from './descendants.ts'
import { endByForce } from './end-by-force.ts'
import type { InstanceKey } from './episode.ts'
import { existing } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import { lastDuty } from './last-duty.ts'
import type { PurgeOptions } from './management.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

const childrenAtOnce = 10

type Purgeable = Pick<InstanceRow, 'instanceId' | 'incarnation' | 'status' | 'lastUpdatedAt'>

export async function purgeInstance(
  ports: Ports,
  instanceId: string,
  { recursive = true, force = false }: PurgeOptions,
): Promise<void> {
  const row = await existing(ports, instanceId)
  const mayBePurged = force || isTerminal(row.status)
  if (!mayBePurged || !(await purge(ports, row, { recursive, force }))) {
    throw new TenutoError(
      'ERR_PURGE_WORKFLOW',
      `Instance '${instanceId}' is ${viewOf(row).status}; only one that has ended can be purged, unless by force.`,
    )
  }
}

/** @returns whether it was done: it had ended, or has now by force, and its id lives no other life */
export async function purge(
  ports: Ports,
  { instanceId, incarnation, status, lastUpdatedAt }: Purgeable,
  { recursive, force }: Required<PurgeOptions>,
): Promise<boolean> {
  const key = { instanceId, incarnation }
  const hasEnded = isTerminal(status)
  if (force && !hasEnded) {
    const row = await ports.store.getInstance(instanceId)
    const isPresent = row?.incarnation === incarnation && row.purgedAt === undefined
    if (isPresent && !isTerminal(row.status)) await endByForce(ports, row, recursive)
  }
  if (hasEnded || force)
    await lastDuty(ports, { ...key, lastUpdatedAt: hasEnded ? lastUpdatedAt : ports.clock.now() })
  if (recursive) await purgeChildren(ports, key, force)
  return ports.store.purge(key, ports.clock.now())
}

/** Children that have not ended, because nobody waited for them, stay, unless they are ended by force. */
async function purgeChildren(ports: Ports, parent: InstanceKey, force: boolean): Promise<void> {
  const children = await childrenOf(ports, parent)
  await eachInParallel(children, childrenAtOnce, async (child) => {
    // The parent may have heard of its end, and ended itself, before its row shows it.
    const present = force ? child : await caughtUp(ports, child)
    if (force || isTerminal(present.status)) await purge(ports, present, { recursive: true, force })
  })
}
