// By what a start is known when it is made again.

import type { InstanceKey } from './episode.ts'

/** The key of a workflow that another one has started: which of its commands has asked for it. */
export function detachedKey(
  { instanceId, incarnation }: InstanceKey,
  generation: number,
  seq: number,
): string {
  return `d:${instanceId}/${incarnation}/${generation}.${seq}`
}
