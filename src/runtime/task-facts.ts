// What facts about tasks mean for an instance as it is now: what is over, what came too late, what a timer comes to.

import {
  type ActivityDeferred,
  isTaskOutcome,
  parseTaskFactId,
  type TaskFailed,
  type TaskCompleted,
  type TimerFired,
} from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { failureOf } from '../workflow/failure.ts'
import type { InstanceState } from './instance-state.ts'
import type { TimerMessage } from './messages.ts'

/** What a handler has made of an activity that it ran. */
export type ActivityFact = TaskCompleted | TaskFailed | ActivityDeferred

/** What a timer that is due comes to: the time of an activity that is completed from outside is measured by one too. */
export function timerFact(
  { deferred }: InstanceState,
  { generation, seq }: TimerMessage,
): TimerFired | TaskFailed {
  if (!deferred.has(seq)) return { kind: 'timerFired', generation, seq }
  const error = new TenutoError('ACTIVITY_TIMEOUT', `Activity #${seq} was not completed within its timeout.`)
  const { nonRetriable: _, ...failure } = failureOf(error)
  return { kind: 'taskFailed', generation, seq, failure }
}

/** A task of a generation that is over. */
export function isStale(state: InstanceState, factId: string): boolean {
  const task = parseTaskFactId(factId)
  return task !== undefined && task.generation < state.generation
}

/** Whoever brings it may guard an episode of a generation that is over. */
export function isOfOlder(state: InstanceState, factId: string): boolean {
  const consumedBy = state.known.get(factId)
  return isStale(state, factId) || (consumedBy !== undefined && consumedBy <= state.openedBy)
}

export function tellsOf(event: ActivityFact, generation: number, seq: number): boolean {
  return event.generation === generation && (isTaskOutcome(event) ? event.seq : event.task) === seq
}

/** A task of the current generation that nobody waits for any more: it has an outcome, or is a timer that was cancelled. Its rows may be gone. */
export function isOvertaken(state: InstanceState, factId: string): boolean {
  const task = parseTaskFactId(factId)
  return task?.generation === state.generation && !state.outstanding.has(task.seq)
}
