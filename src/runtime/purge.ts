// Purges an instance and, before it, what descends from it: so a purge that is cut short finds them again.

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import { existing } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

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

async function purge(ports: Ports, row: InstanceRow, recursive: boolean): Promise<boolean> {
  if (recursive) await purgeChildren(ports, row)
  return ports.store.purge(row, ports.clock.now())
}

/** Children that have not ended, because nobody waited for them, stay. */
async function purgeChildren(ports: Ports, parent: InstanceRow): Promise<void> {
  const history = await ports.store.readHistory(parent)
  const ids = history.flatMap(({ commands }) =>
    commands.flatMap((command) => (command.kind === 'createChild' ? [command.instanceId] : [])),
  )
  await eachInParallel([...new Set(ids)], childrenAtOnce, async (instanceId) => {
    const child = await ports.store.getInstance(instanceId, 'row')
    const isIts =
      child?.parent?.instanceId === parent.instanceId && child.parent.incarnation === parent.incarnation
    if (child && isIts && isTerminal(child.status) && child.purgedAt === undefined)
      await purge(ports, child, true)
  })
}
