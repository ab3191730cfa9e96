// The end of an instance whose code is not asked, whatever runs it or waits for it: one episode, written from outside, that ends the line.
// Nobody commits after it. It is guarded like any other: by the doorbell that is sent before it is written.

import { factIdOf } from '../engine/events.ts'
import { isTerminal } from '../workflow/status.ts'
import { dispatch } from './dispatch.ts'
import type { Episode } from './episode.ts'
import { absorb, emptyState, type InstanceState } from './instance-state.ts'
import { doorbell } from './messages.ts'
import type { Ports } from './ports.ts'
import { projectionOf } from './projection.ts'
import type { InstanceRow } from './rows.ts'
import { startOf } from './start-event.ts'

type Termination = Extract<Episode['events'][number], { kind: 'executionTerminated' }>

/** Ends an instance, tells its parent and, unless it is told not to, its children. When it resolves, the row shows the end. */
export async function endByForce(ports: Ports, row: InstanceRow, recursive: boolean): Promise<void> {
  const { instanceId, incarnation } = row
  const fact: Termination = {
    kind: 'executionTerminated',
    id: `c:${ports.newId()}`,
    ...(!recursive && { recursive }),
  }
  const by = ports.newId()
  await ports.store.putInbox(row, { factId: fact.id, event: fact, acceptedAt: ports.clock.now() })
  await ports.queue.send([doorbell(row, by, [fact.id])])
  for (;;) {
    const { episodes } = await ports.store.read({ instanceId, incarnation })
    const state = emptyState({ instanceId, incarnation })
    for (const episode of episodes) absorb(state, episode)
    const last = episodes.at(-1)
    // Somebody else has ended it, and may have told nobody yet: after the purge nobody could.
    if (last && isTerminal(last.status)) return spread(ports, state, last)
    // A host may have taken it up, and undo what there is to undo: then it is told once more, and ends here all the same.
    const told = state.known.has(fact.id) ? { ...fact, id: `c:${ports.newId()}` } : fact
    const end = endOf(ports, row, state, told, by)
    const { kind } = await ports.store.appendEpisode(state.key, end)
    if (kind === 'gone') return
    if (kind === 'lost') continue
    absorb(state, end)
    return spread(ports, state, end)
  }
}

function endOf(ports: Ports, row: InstanceRow, state: InstanceState, fact: Termination, by: string): Episode {
  return {
    n: state.n + 1,
    generation: state.generation,
    nonce: ports.newId(),
    by,
    at: Math.max(state.at, ports.clock.now()),
    events: [...(state.n === 0 ? [startOf(row)] : []), fact],
    commands: [],
    status: 'TERMINATED',
  }
}

/** R8, as after any other commit. */
async function spread(ports: Ports, state: InstanceState, episode: Episode): Promise<void> {
  await dispatch(ports, state, { episode, mode: 'again' })
  await ports.store.projectStatus(state.key, projectionOf(episode))
  await ports.store.deleteInbox(state.key, episode.events.map(factIdOf))
}
