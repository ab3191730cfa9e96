// Ends that no workflow code has a say in: a termination of what cannot run or has not begun, a history that has grown too long, a
// workflow that nobody knows.

import { TenutoError } from '../workflow/errors.ts'
import { failureOf } from '../workflow/failure.ts'
import { limits } from '../workflow/limits.ts'
import type { Episode } from './episode.ts'
import type { LiveInstance } from './live-instance.ts'
import { startOf } from './start-event.ts'
import type { TurnRequest } from './turn.ts'

type End = Omit<Episode, 'n' | 'at'>

/** The end that the next episode is, whatever the code would do; mostly there is none. */
export function endWithoutCode(live: LiveInstance, request: TurnRequest): End | undefined {
  return terminationOf(live, request) ?? tooLongOf(live, request)
}

/**
 * What cannot run, or has not begun (a scheduled start, a new generation), is terminated without asking any code: it might end by
 * itself, or continue as new for ever, before it hears of it.
 */
function terminationOf(live: LiveInstance, { facts, by, nonce }: TurnRequest): End | undefined {
  const { state, shown, row } = live
  const begun = state.n > 0 && !state.unopened
  if (begun && !live.obstacle && !shown.stalled) return undefined
  const last = facts.findIndex(({ kind }) => kind === 'executionTerminated')
  const fact = facts[last]
  if (fact?.kind !== 'executionTerminated') return undefined
  const events = [...(state.n === 0 ? [startOf(row)] : []), ...facts.slice(0, last + 1)]
  const output = fact.output === undefined ? {} : { output: fact.output }
  return { generation: state.generation, nonce, by, events, commands: [], status: 'TERMINATED', ...output }
}

/** A generation that takes more and more, and never comes to an end, ends here. */
function tooLongOf({ state }: LiveInstance, { facts, by, nonce }: TurnRequest): End | undefined {
  if (state.unopened || state.known.size + facts.length <= limits.generationFacts) return undefined
  const error = new TenutoError(
    'HISTORY_TOO_LONG',
    `Generation ${state.generation} of instance ${state.key.instanceId} has taken ${state.known.size} facts; the limit is ${limits.generationFacts}. Continue as new from time to time, or split the work into children.`,
  )
  const failed = { commands: [], status: 'FAILED', failure: failureOf(error) } as const
  return { generation: state.generation, nonce, by, events: facts, ...failed }
}

/** As with Dapr, an instance of an unknown workflow is accepted and fails at its first turn. */
export function notRegistered(live: LiveInstance, request: TurnRequest, at: number): Episode {
  const error = new TenutoError(
    'WORKFLOW_NOT_REGISTERED',
    `No workflow '${live.row.name}' is registered in this app.`,
  )
  const { by, nonce } = request
  const events = [startOf(live.row)]
  return {
    n: 1,
    generation: 1,
    nonce,
    by,
    at,
    events,
    commands: [],
    status: 'FAILED',
    failure: failureOf(error),
  }
}
