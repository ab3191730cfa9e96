// What the protocol knows of an instance: the fold of its episodes. Plain data and one function that takes an episode in.

import { type Command, isCancellation, isOneWay } from '../engine/commands.ts'
import {
  type ActivityDeferred,
  type ExecutionStarted,
  factIdOf,
  isTaskOutcome,
  type ParentLink,
  startFactId,
} from '../engine/events.ts'
import { assert } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import type { Payload } from '../workflow/payload.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import type { ContinuedAsNew, Episode, InstanceKey, Lease } from './episode.ts'
import { timersLeft } from './left-timers.ts'
import type { CancelledTimer } from './ports.ts'

export interface InstanceState {
  readonly key: InstanceKey
  /** Number of the newest episode; 0 before the first. */
  n: number
  /** Current generation, from 1. */
  generation: number
  status: RuntimeStatus
  customStatus: Payload
  /** Workflow time of the newest episode. */
  at: number
  /** Opening of the current generation; absent before the first episode. */
  started: ExecutionStarted | undefined
  /** The episode that opened the current generation by continue-as-new, while that generation has no episode of its own. */
  unopened: (Episode & { readonly continuedAsNew: ContinuedAsNew }) | undefined
  /** Number of the episode that opened the current generation; 0 in the first. */
  openedBy: number
  /** Its workflow time; that of the first episode in the first generation. */
  openedAt: number
  /** How far the instance was ahead of one generation a second when it opened, ms. */
  aheadMs: number
  /** Commands of the current generation that wait for an answer. */
  readonly outstanding: Map<number, Command>
  /** Facts consumed, and by which episode: those of the current generation, and external ones of older generations. */
  readonly known: Map<string, number>
  /** External facts among them, oldest first. */
  consumed: [factId: string, episode: number][]
  /** Activities among them that are completed from outside, and until when (ms since the epoch), by sequence number. */
  readonly deferred: Map<number, number | undefined>
  /** Activities of the current generation that the workflow has cancelled, by sequence number. */
  readonly cancelled: Set<number>
  /** Inline activities that wait, by sequence number. */
  readonly inline: Set<number>
  /** Who runs them; meaningless while none waits. */
  lease: Lease | undefined
  /** Workflow time at which the timers that wait were made. */
  readonly timersSince: Map<number, number>
  /** Timers that the generation before left behind. */
  leftTimers: readonly CancelledTimer[]
  /** Patches that the current generation has applied. */
  readonly patches: Set<string>
  /** Tokens that carry episodes of the current generation, and the numbers of these. */
  readonly carriers: Map<string, number[]>
}

export function emptyState(key: InstanceKey): InstanceState {
  return {
    key,
    n: 0,
    generation: 1,
    status: 'PENDING',
    customStatus: undefined,
    at: 0,
    started: undefined,
    unopened: undefined,
    openedBy: 0,
    openedAt: 0,
    aheadMs: 0,
    outstanding: new Map(),
    known: new Map(),
    consumed: [],
    deferred: new Map(),
    cancelled: new Set(),
    inline: new Set(),
    lease: undefined,
    timersSince: new Map(),
    leftTimers: [],
    patches: new Set(),
    carriers: new Map(),
  }
}

export function parentOf(state: InstanceState): ParentLink | undefined {
  return state.started?.parent
}

/** Takes the next episode in. The first one may be the opening of the newest generation. */
export function absorb(state: InstanceState, episode: Episode): void {
  const first = state.n === 0
  assert(
    first || episode.n === state.n + 1,
    `episode ${episode.n} of ${state.key.instanceId} follows ${state.n}`,
  )
  assert(
    !first || episode.n === 1 || episode.continuedAsNew,
    `the history of ${state.key.instanceId} begins at ${episode.n}`,
  )
  if (first) state.openedAt = episode.at
  state.n = episode.n
  state.at = episode.at
  state.status = episode.status
  state.customStatus = episode.customStatus
  state.unopened = undefined
  carry(state, episode)
  // Before the events: a command may be answered by the episode that makes it.
  for (const command of episode.commands) {
    if (isCancellation(command)) answer(state, command.seq)
    else if (!isOneWay(command)) state.outstanding.set(command.seq, command)
    if (command.kind === 'cancelTask') state.cancelled.add(command.seq)
    if (command.kind === 'createTimer') state.timersSince.set(command.seq, episode.at)
    if (command.kind === 'scheduleTask' && command.inline) state.inline.add(command.seq)
  }
  for (const event of episode.events) {
    const id = factIdOf(event)
    state.known.set(id, episode.n)
    if (isTaskOutcome(event)) answer(state, event.seq)
    else if (event.kind === 'executionStarted') begin(state, event)
    else if (event.kind === 'activityDeferred') defer(state, event)
    else state.consumed.push([id, episode.n])
  }
  for (const name of episode.patches ?? []) state.patches.add(name)
  for (const seq of episode.demoted ?? []) state.inline.delete(seq)
  if (episode.lease) state.lease = episode.lease
  if (episode.continuedAsNew) openGeneration(state, { ...episode, continuedAsNew: episode.continuedAsNew })
}

/** Its outcome may have come before. */
function defer(state: InstanceState, { task, until }: ActivityDeferred): void {
  if (state.outstanding.has(task)) state.deferred.set(task, until)
}

/** A life that has taken up the past of another begins with the generation that it was. */
function begin(state: InstanceState, started: ExecutionStarted): void {
  state.started = started
  state.generation = started.generation
}

function answer(state: InstanceState, seq: number): void {
  state.outstanding.delete(seq)
  state.deferred.delete(seq)
  state.inline.delete(seq)
  state.timersSince.delete(seq)
}

function carry(state: InstanceState, { by, n }: Episode): void {
  const numbers = state.carriers.get(by)
  if (numbers) numbers.push(n)
  else state.carriers.set(by, [n])
}

function openGeneration(state: InstanceState, episode: NonNullable<InstanceState['unopened']>): void {
  const { started, consumed, aheadMs = 0 } = episode.continuedAsNew
  state.generation = started.generation
  state.started = started
  state.unopened = episode
  state.openedBy = episode.n
  state.openedAt = episode.at
  state.aheadMs = aheadMs
  state.customStatus = undefined
  state.leftTimers = timersLeft(state.outstanding.values(), episode)
  state.outstanding.clear()
  state.deferred.clear()
  state.cancelled.clear()
  state.known.clear()
  state.carriers.clear()
  state.inline.clear()
  state.timersSince.clear()
  state.patches.clear()
  carry(state, episode)
  state.known.set(startFactId, 1)
  state.consumed = consumed.map(([id, n]) => [id, n])
  for (const [id, n] of consumed) state.known.set(id, n)
}

/** External facts that a new generation must remember, so that a late ring for one of them is recognised (R15). */
export function consumedFacts(
  state: InstanceState,
  more: readonly (readonly [string, number])[],
): ContinuedAsNew['consumed'] {
  return [...state.consumed, ...more].slice(-limits.consumedEventIds)
}

/** True when ids of consumed facts may have been dropped for want of room: what is known neither here nor in the inbox may be over. */
export function mayHaveForgotten({ openedBy, consumed }: InstanceState): boolean {
  return openedBy > 0 && consumed.length >= limits.consumedEventIds
}
