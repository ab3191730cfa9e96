// The guard against runaway workflows: one that continues as new again and again, and that nothing from outside drives, is held to one
// generation a second once it is far ahead of that. Its messages are its own, so no platform would ever stop it.

import { limits } from '../workflow/limits.ts'
import type { InstanceState } from './instance-state.ts'

const paceMs = 1_000

/**
 * How far the instance is ahead when its generation ends at `now`. A generation that took an event which no workflow sent counts nothing.
 * @param more external facts of the generation that the state does not have yet
 */
export function aheadMs(
  state: InstanceState,
  now: number,
  more: readonly (readonly [factId: string, episode: number])[],
): number {
  const isDriven = [...state.consumed, ...more].some(([id, n]) => n > state.openedBy && id.startsWith('e:'))
  const elapsed = state.openedAt === 0 ? 0 : Math.max(0, now - state.openedAt)
  return Math.max(0, state.aheadMs + (isDriven ? 0 : paceMs) - elapsed)
}

/** Ms until a generation that waits to be opened may be. */
export function msUntilOpen({ unopened }: InstanceState, now: number): number {
  if (!unopened) return 0
  const { aheadMs: ahead = 0 } = unopened.continuedAsNew
  return Math.max(0, unopened.at + ahead - limits.generationBurst * paceMs - now)
}
