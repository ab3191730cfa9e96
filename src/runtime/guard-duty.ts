// Guard duty (R9): a message that comes again re-dispatches what the episodes with its token asked for. An episode may have been
// committed by a host that died before it could dispatch; its carrier, which nobody can have acknowledged, makes up for that.

import { isTaskOutcome } from '../engine/events.ts'
import { dispatch } from './dispatch.ts'
import type { Episode } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import { type LiveInstance, mayHaveLostCarriers } from './live-instance.ts'
import type { Claims } from './own-facts.ts'
import type { Ports } from './ports.ts'
import { projectionOf } from './projection.ts'

export interface GuardOrder {
  /** Tokens of the messages that the handler holds, and up to which episode each needs no guard. */
  readonly tokens: ReadonlyMap<string, number>
  /** A nudge answers for every episode of the current generation. */
  readonly nudged: boolean
  /** Carriers were lost: nothing is known of what was dispatched, in any generation. */
  readonly inDoubt: boolean
  /** A message of an older generation is among them: its episodes are to be looked for in what is left of the past. */
  readonly older: boolean
  /** Numbers of episodes that are dispatched; the new ones are added. */
  readonly dispatched: Set<number>
}

/** What the next guard duty must look at beside the carriers of the current generation. */
export function guardFor(
  { older, nudged }: Claims,
  live: LiveInstance,
): Pick<GuardOrder, 'older' | 'nudged'> {
  // Who guards all that is in doubt guards this too, and better.
  return { older, nudged: nudged !== undefined && !mayHaveLostCarriers(live) }
}

/** @returns the episodes that were dispatched again */
export async function guardDuty(
  ports: Ports,
  state: InstanceState,
  order: GuardOrder,
): Promise<readonly Episode[]> {
  const isGuarded = (n: number, by: string): boolean => n > (order.tokens.get(by) ?? Number.POSITIVE_INFINITY)
  const isOwed = ({ n, by }: Episode): boolean =>
    !order.dispatched.has(n) && (order.inDoubt || order.nudged || isGuarded(n, by))
  const older =
    order.inDoubt ||
    (order.older && [...order.tokens.values()].some((dispatchedTo) => dispatchedTo < state.openedBy))
  const carried = [...order.tokens.keys()].some((token) =>
    state.carriers.get(token)?.some((n) => !order.dispatched.has(n) && isGuarded(n, token)),
  )
  if (!older && !order.nudged && !carried) return []
  const history = older ? await ports.store.readHistory(state.key) : await readGeneration(ports, state)
  const episodes = history.filter(({ n }) => n <= state.n)
  const owed = episodes.filter(isOwed)
  const mode = order.nudged && !order.inDoubt ? 'nudge' : 'again'
  const answered = answeredIn(owed.length > 0 ? episodes : [])
  for (const episode of owed) {
    order.dispatched.add(episode.n)
    await dispatch(ports, state, {
      episode,
      mode,
      answered: answered.get(episode.generation) ?? new Set(),
      unsure: order.nudged || order.inDoubt,
    })
  }
  // The newest of them shows what the others would; a row that shows a later episode stays as it is.
  const newest = owed.at(-1)
  if (newest) await ports.store.projectStatus(state.key, projectionOf(newest))
  return owed
}

/** The generation that the state knows; it need not be the newest any more. */
async function readGeneration(
  { store }: Ports,
  { key, openedBy }: InstanceState,
): Promise<readonly Episode[]> {
  const { episodes } = await store.read(key)
  return episodes[0]?.n === Math.max(openedBy, 1) ? episodes : store.readHistory(key)
}

/** Sequence numbers that need nobody any more, by generation: they have an outcome, were cancelled, or somebody outside completes them. */
function answeredIn(history: readonly Episode[]): ReadonlyMap<number, ReadonlySet<number>> {
  const answered = new Map<number, Set<number>>()
  for (const { generation, events, commands } of history) {
    const seqs = answered.get(generation) ?? new Set()
    for (const { kind, seq } of commands) if (kind === 'cancelTask') seqs.add(seq)
    for (const event of events) {
      if (isTaskOutcome(event)) seqs.add(event.seq)
      else if (event.kind === 'activityDeferred') seqs.add(event.task)
    }
    answered.set(generation, seqs)
  }
  return answered
}
