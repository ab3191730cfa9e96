// Reads what a life that has failed leaves to the one that begins in its place.

import type { InstanceKey } from './episode.ts'
import { lastGeneration, type Past, pastWithoutFailures } from './past.ts'
import type { Ports } from './ports.ts'

/** @returns undefined when its history is not there any more */
export async function pastToRewind(
  ports: Ports,
  { instanceId, incarnation }: InstanceKey,
): Promise<Past | undefined> {
  const { episodes } = await ports.store.read({ instanceId, incarnation })
  const generation = lastGeneration(episodes)
  if (!generation) return undefined
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
