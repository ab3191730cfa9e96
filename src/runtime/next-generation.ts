// The record by which a generation ends and the next begins.

import type { Outcome } from '../engine/commands.ts'
import { type EventRaised, type ExecutionStarted, factIdOf, type HistoryEvent } from '../engine/events.ts'
import { currentFlags } from '../engine/flags.ts'
import type { ContinuedAsNew } from './episode.ts'
import { consumedFacts } from './instance-state.ts'
import type { LiveInstance } from './live-instance.ts'
import { carrierMark } from './own-facts.ts'
import { aheadMs } from './pace.ts'
import { startOf } from './start-event.ts'
import type { TurnRequest } from './turn.ts'

export function nextGeneration(
  live: LiveInstance,
  { by, ownFactId, now }: TurnRequest,
  outcome: Extract<Outcome, { kind: 'continuedAsNew' }>,
  events: readonly HistoryEvent[],
  unheard: readonly EventRaised[],
): ContinuedAsNew {
  const { state } = live
  const begun = events.find((event) => event.kind === 'executionStarted')
  const previous = state.started ?? begun ?? startOf(live.row)
  const { input: _, trace: __, seed: _seed, past, ...same } = previous
  const started: ExecutionStarted = {
    ...same,
    generation: state.generation + 1,
    // By it the children of the lives before are found.
    ...(past?.kind === 'rewind' && { past }),
    ...(outcome.input !== undefined && { input: outcome.input }),
    flags: currentFlags,
  }
  const n = state.n + 1
  const external = events.filter((event) => event.kind !== 'executionStarted' && !('seq' in event))
  const facts = external.map((event) => [factIdOf(event), n] as const)
  // A carrier is found by its fact, unless the generation ended before it came to that.
  const isFound = ownFactId === undefined || events.some((event) => factIdOf(event) === ownFactId)
  const consumed = consumedFacts(state, isFound ? facts : [...facts, [carrierMark(by), n]])
  const ahead = aheadMs(state, now, facts)
  const pace = ahead > 0 ? { aheadMs: ahead } : {}
  return { started, events: [...outcome.unread, ...unheard], consumed, ...pace }
}
