// Purges an instance and, before it, what descends from it: so a purge that is cut short finds them again.

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { childrenOf } from './descendants.ts'
import type { InstanceKey } from './episode.ts'
import { existing } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'

const childrenAtOnce = 10

export async function purgeInstance(ports: Ports, instanceId: string, recursive: boolean): Promise<void> {
  const row = await existing(ports, instanceId)
  if (!isTerminal(row.status) || !(await purge(ports, row, recursive))) {
    throw new TenutoError(
      'ERR_PURGE_WORKFLOW',
      `Instance '${instanceId}' is ${viewOf(row).status}; only one that has ended can be purged.`,
    )
  }
}

/** @returns whether it was done: it had ended, and its id lives no other life */
export async function purge(ports: Ports, row: InstanceKey, recursive: boolean): Promise<boolean> {
  if (recursive) await purgeChildren(ports, row)
  return ports.store.purge(row, ports.clock.now())
}

/** Children that have not ended, because nobody waited for them, stay. */
async function purgeChildren(ports: Ports, parent: InstanceKey): Promise<void> {
  const ended = (await childrenOf(ports, parent)).filter(({ status }) => isTerminal(status))
  await eachInParallel(ended, childrenAtOnce, async (child) => {
    await purge(ports, child, true)
  })
}
