// The children of an instance that has ended, and theirs: as far as the histories that are still there tell.

import { isTerminal } from '../workflow/status.ts'
import type { InstanceKey } from './episode.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

const readsAtOnce = 20

/** A descendant that has not ended; undefined when there is none. Reads the history of the instance and of each ended descendant. */
export async function liveDescendant(ports: Ports, ended: InstanceRow): Promise<InstanceRow | undefined> {
  for (let generation: readonly InstanceRow[] = [ended]; generation.length > 0;) {
    const children: InstanceRow[] = []
    await eachInParallel(generation, readsAtOnce, async (parent) => {
      children.push(...(await childrenOf(ports, parent)))
    })
    const live = children.find(({ status }) => !isTerminal(status))
    if (live) return live
    generation = children
  }
  return undefined
}

async function childrenOf(ports: Ports, parent: InstanceKey): Promise<readonly InstanceRow[]> {
  const episodes = await ports.store.readHistory(parent)
  const ids = episodes.flatMap(({ commands }) =>
    commands.flatMap((command) => (command.kind === 'createChild' ? command.instanceId : [])),
  )
  const rows: InstanceRow[] = []
  await eachInParallel([...new Set(ids)], readsAtOnce, async (instanceId) => {
    const row = await ports.store.getInstance(instanceId, 'row')
    if (row?.parent?.incarnation === parent.incarnation && row.purgedAt === undefined) rows.push(row)
  })
  return rows
}
