// The children of an instance that has ended, and theirs: as far as the histories that are still there tell.

import { isTerminal } from '../workflow/status.ts'
import type { Episode, InstanceKey } from './episode.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import { projectionOf } from './projection.ts'
import type { InstanceRow } from './rows.ts'

const readsAtOnce = 20

type Life = InstanceKey & Pick<InstanceRow, 'status' | 'purgedAt'>
type Descendant = Pick<InstanceRow, 'instanceId' | 'incarnation' | 'status' | 'lastUpdatedAt'>

/** A descendant that has not ended; undefined when there is none. Reads the history of the instance and of each ended descendant. */
export async function liveDescendant(ports: Ports, ended: InstanceKey): Promise<Descendant | undefined> {
  for (let generation: readonly InstanceKey[] = [ended]; generation.length > 0;) {
    const children: Descendant[] = []
    await eachInParallel(generation, readsAtOnce, async (parent) => {
      children.push(...(await childrenOf(ports, parent)))
    })
    for (const child of children) if (!isOver(await caughtUp(ports, child))) return child
    generation = children
  }
  return undefined
}

/** The row as its history has it: an instance may have ended whose host was lost before it could show it. */
export async function caughtUp<R extends Life>({ store }: Ports, row: R): Promise<R> {
  if (isOver(row)) return row
  const { episodes } = await store.read(row)
  const last = episodes.at(-1)
  if (!last || !isTerminal(last.status)) return row
  const projection = projectionOf(last)
  await store.projectStatus(row, projection)
  return { ...row, ...projection }
}

export function isOver({ status, purgedAt }: Life): boolean {
  return isTerminal(status) || purgedAt !== undefined
}

/** The children that are still there, without their payloads. */
export async function childrenOf(ports: Ports, parent: InstanceKey): Promise<readonly Descendant[]> {
  const episodes = await ports.store.readHistory(parent)
  const ids = episodes.flatMap(({ commands }) =>
    commands.flatMap((command) => (command.kind === 'createChild' ? command.instanceId : [])),
  )
  const lives = new Set([parent.incarnation, ...rewoundLives(episodes)])
  const found: Descendant[] = []
  await eachInParallel([...new Set(ids)], readsAtOnce, async (instanceId) => {
    const row = await ports.store.getInstance(instanceId, 'row')
    if (!row?.parent || !lives.has(row.parent.incarnation) || row.purgedAt !== undefined) return
    const { incarnation, status, lastUpdatedAt } = row
    found.push({ instanceId, incarnation, status, lastUpdatedAt })
  })
  return found
}

/** Lives of the same id that this one has gone on with: their children are its children. */
function rewoundLives(episodes: readonly Episode[]): readonly string[] {
  const starts = episodes.flatMap(({ events, continuedAsNew }) => [
    ...events.filter((event) => event.kind === 'executionStarted'),
    ...(continuedAsNew ? [continuedAsNew.started] : []),
  ])
  return starts.flatMap(({ past }) =>
    past?.kind === 'rewind' ? [past.incarnation, ...(past.before ?? [])] : [],
  )
}
