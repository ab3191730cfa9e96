// Computes the next episode of an instance from the facts that have come. Changes nothing but the live execution in memory; the one
// place that writes is `advance.ts`.

import type { Command } from '../engine/commands.ts'
import type { EventRaised, HistoryEvent } from '../engine/events.ts'
import { Execution } from '../engine/execution.ts'
import type { TurnResult } from '../engine/turn.ts'
import type { App } from '../workflow/app.ts'
import { limits } from '../workflow/limits.ts'
import type { Logger } from '../workflow/logger.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import { endWithoutCode, notRegistered } from './ends.ts'
import type { Episode, Lease } from './episode.ts'
import { createExecution, diverged, type LiveInstance, openingEvents } from './live-instance.ts'
import { nextGeneration } from './next-generation.ts'
import { startOf } from './start-event.ts'
import { takeUp } from './take-up.ts'

export interface TurnRequest {
  /** New facts, in the order in which the code shall see them. */
  readonly facts: readonly HistoryEvent[]
  readonly by: string
  /** The fact for which the holder of `by` may commit; absent when it opens a generation that it guards. */
  readonly ownFactId?: string
  readonly nonce: string
  readonly now: number
  /** What was computed before and goes into the same commit. */
  readonly before?: Episode
  /** Whoever asks for the turn runs the inline activities that it asks for, until then. */
  readonly lease: Pick<Lease, 'runner' | 'until'>
}

/** @returns the episode to commit; undefined when the code does not fit the history, and then `live.obstacle` says why. */
export async function nextEpisode(
  live: LiveInstance,
  request: TurnRequest,
  app: App,
  logger: Logger,
): Promise<Episode | undefined> {
  const { state } = live
  const opening = state.n === 0 ? [startOf(live.row, app.latestVersion(live.row.name))] : openingEvents(state)
  const events = [...opening, ...request.facts]
  // What a continue-as-new record holds already is not written again.
  const recordedBefore = state.n === 0 ? 0 : opening.length
  const at = Math.max(state.at, request.now)
  const end = request.before ? undefined : endWithoutCode(live, request)
  if (end) return { ...end, n: state.n + 1, at }
  if (state.n === 0) live.execution = firstExecution(live, app, logger)
  else live.execution ??= createExecution(live, app, logger)
  const { execution } = live
  const { past } = live.row
  if (!execution) return state.n === 0 && !past ? notRegistered(live, request, at) : undefined
  if (state.n === 0 && past) {
    const { result, unheard, times, done, ...taken } = await takeUp(execution, past, request.facts, at)
    const episode = toEpisode(live, request, at, taken.events, [...result.heldBack, ...unheard], result)
    return { ...episode, eventTimes: times, ...(done.length > 0 && { done }) }
  }
  const result = await execution.run([{ at, events }])
  if (result.divergence) {
    diverged(live, result.divergence)
    return undefined
  }
  const consumed = events.slice(recordedBefore, Math.max(recordedBefore, result.consumed))
  const unheard = [
    ...result.heldBack,
    ...opening.slice(result.consumed).filter((event) => event.kind === 'eventRaised'),
  ]
  return toEpisode(live, request, at, consumed, unheard, result)
}

function firstExecution(live: LiveInstance, app: App, logger: Logger): Execution | undefined {
  // There is a history that its code has to fit.
  if (live.row.past) return createExecution(live, app, logger, startOf(live.row))
  const version = app.latestVersion(live.row.name)
  const workflow = app.workflow(live.row.name, version)
  return workflow && new Execution(app, workflow.run, startOf(live.row, version), logger)
}

function toEpisode(
  live: LiveInstance,
  request: TurnRequest,
  at: number,
  events: readonly HistoryEvent[],
  unheard: readonly EventRaised[],
  result: TurnResult,
): Episode {
  const { state } = live
  const { outcome, customStatus } = result
  const { before } = request
  const commands = [...(before?.commands ?? []), ...result.commands]
  const patches = [...(before?.patches ?? []), ...(result.patches ?? [])]
  const unread = live.execution?.unreadEvents ?? 0
  return {
    n: state.n + 1,
    generation: state.generation,
    nonce: request.nonce,
    by: request.by,
    at,
    events: [...(before?.events ?? []), ...events],
    commands,
    status: statusAfter(result),
    ...(customStatus !== undefined && outcome?.kind !== 'continuedAsNew' && { customStatus }),
    ...(outcome && 'output' in outcome && outcome.output !== undefined && { output: outcome.output }),
    ...(outcome && 'failure' in outcome && { failure: outcome.failure }),
    ...(isWide(live, [...(before?.events ?? []), ...events], result) && { wide: true }),
    ...(leavesInline(live, [...(before?.events ?? []), ...events], { ...result, commands }) && {
      lease: { ...request.lease, by: request.by },
    }),
    ...(patches.length > 0 && { patches }),
    ...(unread > 0 && !outcome && { unreadEvents: unread }),
    ...(outcome?.kind === 'continuedAsNew' && {
      continuedAsNew: nextGeneration(live, request, outcome, events, unheard),
    }),
  }
}

function statusAfter({ outcome, suspended }: TurnResult): RuntimeStatus {
  switch (outcome?.kind) {
    case 'completed':
      return 'COMPLETED'
    case 'failed':
      return 'FAILED'
    case 'terminated':
      return 'TERMINATED'
    case 'continuedAsNew':
    case undefined:
      return suspended ? 'SUSPENDED' : 'RUNNING'
    default:
      return outcome satisfies never
  }
}

/** True when so many activities are outstanding that their hosts would lose races to each other. */
function isWide(live: LiveInstance, events: readonly HistoryEvent[], result: TurnResult): boolean {
  const queued = (command: Command) => command.kind === 'scheduleTask' && !command.inline
  let activities = result.commands.filter(queued).length
  if (activities === 0) return false
  // An activity of this very turn is answered in it only where the turn takes up a past.
  if (live.state.n === 0 && live.row.past) activities -= countAnswered(events, result.commands.filter(queued))
  for (const command of live.state.outstanding.values()) if (queued(command)) activities++
  return activities > limits.directFanIn
}

function countAnswered(events: readonly HistoryEvent[], commands: readonly Command[]): number {
  const answered = new Set(events.map((event) => ('seq' in event ? event.seq : undefined)))
  return commands.filter(({ seq }) => answered.has(seq)).length
}

/** True when inline activities wait after the turn: then its writer holds a lease. */
function leavesInline({ state }: LiveInstance, events: readonly HistoryEvent[], result: TurnResult): boolean {
  if (result.outcome) return false
  const answered = new Set(events.map((event) => ('seq' in event ? event.seq : undefined)))
  const asked = result.commands.filter((command) => command.kind === 'scheduleTask' && command.inline)
  return [...state.inline, ...asked.map(({ seq }) => seq)].some((seq) => !answered.has(seq))
}

/** The episode by which inline activities go to the queue, because the host that ran them is lost (R12). */
export function demotion(
  { state }: LiveInstance,
  request: Pick<TurnRequest, 'facts' | 'by' | 'nonce' | 'now'>,
): Episode {
  const { by, nonce, facts: events } = request
  return {
    n: state.n + 1,
    generation: state.generation,
    nonce,
    by,
    at: Math.max(state.at, request.now),
    events,
    commands: [],
    status: state.status,
    ...(state.customStatus !== undefined && { customStatus: state.customStatus }),
    demoted: [...state.inline],
  }
}
