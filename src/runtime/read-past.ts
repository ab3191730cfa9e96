// Reads what a life that has failed leaves to the one that begins in its place.

import type { Command } from '../engine/commands.ts'
import type { InstanceKey } from './episode.ts'
import { lastGeneration, type Past, pastWithoutFailures } from './past.ts'
import type { Ports } from './ports.ts'

/** @returns undefined when its history is not there any more; `undone` when what it had done was undone, so that there is nothing to go on from */
export async function pastToRewind(
  ports: Ports,
  { instanceId, incarnation }: InstanceKey,
): Promise<Past | 'undone' | undefined> {
  const { episodes } = await ports.store.read({ instanceId, incarnation })
  const generation = lastGeneration(episodes)
  if (!generation) return undefined
  if (episodes.some(({ commands }) => commands.some(isUndoing))) return 'undone'
  const { past, generation: number } = generation.started
  const before = past?.kind === 'rewind' ? [past.incarnation, ...(past.before ?? [])] : []
  return pastWithoutFailures(generation, {
    kind: 'rewind',
    instanceId,
    incarnation,
    generation: number,
    ...(before.length > 0 && { before }),
  })
}

function isUndoing(command: Command): boolean {
  return command.kind === 'scheduleTask' && command.rollbackOf !== undefined
}
