// The past of a life that has ended, as another one takes it up. It is read once, when that is asked for, and lies in the row of the new
// life from then on: whatever becomes of the old one, the new one can begin.

import type { Command } from '../engine/commands.ts'
import {
  type ExecutionStarted,
  type HistoryEvent,
  isTaskOutcome,
  type PastLink,
  type TaskOutcome,
} from '../engine/events.ts'
import { seedOf } from '../engine/random.ts'
import type { Episode } from './episode.ts'

/** What happened in one turn, and what was asked for. */
export type PastTurn = Pick<Episode, 'at' | 'events' | 'commands' | 'patches'> & {
  /** Of each event, where the turn itself has taken up a past. */
  readonly times?: readonly number[]
}

export interface Past {
  readonly link: PastLink
  /** How the generation began whose past this is. */
  readonly started: Pick<ExecutionStarted, 'input' | 'version' | 'flags' | 'seed'>
  /** Without its start. */
  readonly turns: readonly PastTurn[]
  /** Calls that are made anew, by sequence number. */
  readonly anew: readonly number[]
}

/** The commands that a rerun can begin with. */
export type RerunTarget = Extract<Command, { kind: 'scheduleTask' | 'createTimer' | 'createChild' }>

interface LastGeneration {
  readonly started: ExecutionStarted
  readonly turns: readonly PastTurn[]
}

/** The newest generation, from what a store reads of it; undefined when it is not whole. */
export function lastGeneration(episodes: readonly Episode[]): LastGeneration | undefined {
  const [first, ...rest] = episodes
  const opening = first?.continuedAsNew
  const begun = first?.events.find((event) => event.kind === 'executionStarted')
  const started = opening?.started ?? begun
  if (!first || !started) return undefined
  const turns = (opening ? rest : episodes).map(toTurn)
  const [begin, ...more] = turns
  if (!opening || !begin) return { started, turns }
  // It begins at the time of its first turn, which has heard what was carried over before its own.
  return { started, turns: [{ ...begin, events: [...opening.events, ...begin.events] }, ...more] }
}

function toTurn({ at, events, eventTimes, commands, patches }: Episode): PastTurn {
  return { at, events, commands, ...(patches && { patches }), ...(eventTimes && { times: eventTimes }) }
}

/** The command that a rerun is to begin with; undefined when the generation has none of this number that is one. */
export function rerunTarget({ turns }: LastGeneration, seq: number): RerunTarget | undefined {
  return turns.flatMap(({ commands }) => commands.filter(isTarget)).find((command) => command.seq === seq)
}

function isTarget(command: Command): command is RerunTarget {
  return command.kind === 'scheduleTask' || command.kind === 'createTimer' || command.kind === 'createChild'
}

/** All that was known when the turn ended that asked for the target, or when its outcome came, if that was in the same turn. */
export function pastUpTo(generation: LastGeneration, target: RerunTarget, link: PastLink): Past {
  const at = generation.turns.findIndex(({ commands }) => commands.includes(target))
  const turns = generation.turns.slice(0, at + 1).map((turn) => {
    const end = turn.events.findIndex((event) => isTaskOutcome(event) && event.seq === target.seq)
    return end === -1 ? turn : firstOf(turn, end)
  })
  return { link, ...takenFrom(generation, turns), anew: [target.seq] }
}

/** All but the failures that the workflow heard of: the last attempt of each call that failed is made anew. */
export function pastWithoutFailures(generation: LastGeneration, link: PastLink): Past {
  const commands = generation.turns.flatMap((turn) => turn.commands)
  const failures = generation.turns
    .flatMap(({ events }) => events.filter(isFailure))
    .filter(({ seq }) => !wasRetried(commands, seq))
  const anew = new Set(failures.map(({ seq }) => seq))
  const turns = generation.turns.map((turn) =>
    only(turn, (event) => !(isFailure(event) && anew.has(event.seq))),
  )
  return { link, ...takenFrom(generation, turns), anew: [...anew] }
}

function isFailure(event: HistoryEvent): event is Extract<TaskOutcome, { readonly failure: unknown }> {
  return event.kind === 'taskFailed' || event.kind === 'childWorkflowFailed'
}

/** Whether the attempt was followed by a wait, or by another attempt, of the same call. */
function wasRetried(commands: readonly Command[], seq: number): boolean {
  const firstSeq = commands.flatMap((each) =>
    each.seq === seq && 'retry' in each ? (each.retry?.firstSeq ?? []) : [],
  )[0]
  if (firstSeq === undefined) return false
  return commands.some((each) => {
    if (each.seq <= seq) return false
    if (each.kind === 'createTimer') return each.origin?.kind === 'retry' && each.origin.firstSeq === firstSeq
    return 'retry' in each && each.retry?.firstSeq === firstSeq
  })
}

function takenFrom({ started }: LastGeneration, turns: readonly PastTurn[]): Pick<Past, 'started' | 'turns'> {
  const { input, version, flags } = started
  return {
    started: {
      flags,
      seed: seedOf(started),
      ...(input !== undefined && { input }),
      ...(version !== undefined && { version }),
    },
    turns: withoutOpenSuspension(turns.map((turn) => only(turn, isKept))),
  }
}

/** What ended the old life, or pushed it, is not for the new one; an activity that was to be completed from outside runs again. */
function isKept({ kind }: HistoryEvent): boolean {
  return !['executionStarted', 'executionTerminated', 'nudged', 'activityDeferred'].includes(kind)
}

/** The new life is not suspended: what suspended the old one and was not resumed is left out. */
function withoutOpenSuspension(turns: readonly PastTurn[]): readonly PastTurn[] {
  const control = turns
    .flatMap(({ events }) => events)
    .filter(({ kind }) => kind === 'executionSuspended' || kind === 'executionResumed')
  const resumed = control.findLastIndex(({ kind }) => kind === 'executionResumed')
  const open = new Set(control.slice(resumed + 1))
  return open.size === 0 ? turns : turns.map((turn) => only(turn, (event) => !open.has(event)))
}

function firstOf({ events, times, ...turn }: PastTurn, count: number): PastTurn {
  return { ...turn, events: events.slice(0, count), ...(times && { times: times.slice(0, count) }) }
}

function only({ events, times, ...turn }: PastTurn, keep: (event: HistoryEvent) => boolean): PastTurn {
  return {
    ...turn,
    events: events.filter(keep),
    ...(times && { times: times.filter((_, at) => events[at] && keep(events[at])) }),
  }
}
