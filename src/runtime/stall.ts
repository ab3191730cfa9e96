// The end of a stall. Whoever stalls an instance lets go of messages: their facts lie in the inbox, and what they guarded is guarded by the
// mark. So a mark is taken off only when nothing waits that such a message might carry into an episode.

import { isTerminal } from '../workflow/status.ts'
import type { LiveInstance } from './live-instance.ts'
import { isAhead, isNew } from './own-facts.ts'
import type { Ports } from './ports.ts'
import type { InboxRow, Stall } from './rows.ts'

/** True when no late append of a message that was let go can land any more. */
export function isSettled({ state, inbox, obstacle }: LiveInstance): boolean {
  if (isTerminal(state.status)) return true
  if (obstacle || state.unopened || state.inline.size > 0) return false
  return ![...inbox.values()].some(waitsFor(state))
}

/**
 * Takes the mark off that was seen, unless somebody has let go of messages since.
 * @returns the mark that is left: its end is still somebody's affair
 */
export async function endStall(ports: Ports, { state, shown }: LiveInstance): Promise<Stall | undefined> {
  const { key, n, status } = state
  let stall = shown.stalled
  for (let round = 1; stall && round <= 3; round++) {
    const { episodes, inbox, stalled } = await ports.store.read(key, n)
    if (episodes.length > 0 || (!isTerminal(status) && inbox.some(waitsFor(state)))) return stall
    const isEnded = await ports.store.setStalled(key, undefined, ports.clock.now(), stall.mark)
    stall = isEnded ? undefined : stalled
  }
  return stall
}

function waitsFor(state: LiveInstance['state']): (row: InboxRow) => boolean {
  return ({ factId, event }) => isNew(state, factId, event) || isAhead(state, event)
}
