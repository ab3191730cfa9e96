// Guard duty (R9): a message that comes again re-dispatches what the episodes with its token asked for. An episode may have been
// committed by a host that died before it could dispatch; its carrier, which nobody can have acknowledged, makes up for that.

import { isTaskOutcome } from '../engine/events.ts'
import { isTerminal } from '../workflow/status.ts'
import { dispatch } from './dispatch.ts'
import type { Episode } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import type { Ports } from './ports.ts'
import { projectionOf } from './projection.ts'

export interface GuardOrder {
  /** Tokens of the messages that the handler holds. */
  readonly tokens: ReadonlySet<string>
  /** A nudge answers for every episode. */
  readonly nudged: boolean
  /** A message of an older generation is among them: its episodes are to be looked for in what is left of the past. */
  readonly older: boolean
  /** Numbers of episodes that are dispatched; the new ones are added. */
  readonly dispatched: Set<number>
}

export async function guardDuty(ports: Ports, state: InstanceState, order: GuardOrder): Promise<void> {
  const unseen = ({ n, by }: Episode): boolean =>
    !order.dispatched.has(n) && (order.tokens.has(by) || order.nudged)
  const carried = [...order.tokens].flatMap((token) => state.carriers.get(token) ?? [])
  if (!order.older && !order.nudged && carried.every((n) => order.dispatched.has(n))) return
  const history = order.older
    ? await ports.store.readHistory(state.key)
    : (await ports.store.read(state.key)).episodes
  const episodes = history.filter(({ n }) => n <= state.n)
  for (const episode of episodes.filter(unseen)) {
    order.dispatched.add(episode.n)
    const mode = order.nudged ? 'nudge' : 'again'
    await dispatch(ports, state, { episode, mode, answered: answeredIn(episodes, episode.generation) })
    if (isTerminal(episode.status)) await ports.store.projectStatus(state.key, projectionOf(episode))
  }
}

function answeredIn(history: readonly Episode[], generation: number): ReadonlySet<number> {
  const answered = new Set<number>()
  for (const episode of history) {
    if (episode.generation !== generation) continue
    for (const event of episode.events) if (isTaskOutcome(event)) answered.add(event.seq)
  }
  return answered
}
