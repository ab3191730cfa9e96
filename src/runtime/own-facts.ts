// Which facts a handler may commit (R5), and what else its messages come to (R4). Computes; changes nothing.

import {
  deferralFactId,
  type ExternalFact,
  factIdOf,
  type HistoryEvent,
  isTaskOutcome,
  startFactId,
  taskFactId,
} from '../engine/events.ts'
import { isTerminal } from '../workflow/status.ts'
import type { InstanceKey } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import { type LiveInstance, mayHaveLostCarriers } from './live-instance.ts'
import type { Delivery, Doorbell, Message, TimerMessage } from './messages.ts'
import { type ActivityFact, isOfOlder, isOvertaken, isStale, tellsOf, timerFact } from './task-facts.ts'

/** Messages of one incarnation, and the outcomes that this handler has made itself (it ran the activity). */
export interface Work {
  readonly key: InstanceKey
  readonly deliveries: readonly Delivery[]
  readonly outcomes?: readonly ActivityFact[]
  /** The instance as the handler read it before it ran the activity. */
  readonly read?: LiveInstance
}

/** A fact named by a message that the handler holds: only such a fact allows it to commit. */
export interface OwnFact {
  readonly factId: string
  readonly event: HistoryEvent
  readonly token: string
}

/** What the messages of a handler come to. */
export interface Claims {
  readonly own: OwnFact[]
  /** Messages that are too early: copies of them are sent again. */
  readonly early: { readonly message: Message; readonly delayMs: number }[]
  /** Rows that are consumed, stale, or too late for an instance that has ended. */
  readonly litter: string[]
  /** A message of an older generation is among them. */
  readonly older: boolean
  /** Token of a nudge that is still valid. */
  readonly nudged: string | undefined
}

/** What a new generation remembers of a carrier whose own fact is still to come. */
export function carrierMark(token: string): string {
  return `by:${token}`
}

/** Stands for the start, which lies in the instance's row and not in the inbox. */
export const startFact: ExternalFact = { kind: 'nudged', id: startFactId }

export function claim(work: Work, live: LiveInstance, now: number): Claims {
  const claims = { own: [], early: [], litter: [], older: false, nudged: undefined } as Mutable<Claims>
  for (const { message } of work.deliveries) {
    if (live.state.known.has(carrierMark(message.token))) claims.older = true
    switch (message.kind) {
      case 'doorbell':
        for (const factId of message.factIds) claimRow(claims, live, message, factId, now)
        break
      case 'timer':
        claimTimer(claims, live, message, now)
        break
      case 'activity':
        claimOutcome(claims, live, message, work.outcomes)
        break
      case 'nudge':
        if ((live.state.known.get(message.id) ?? Number.POSITIVE_INFINITY) <= live.state.openedBy)
          claims.older = true
        if (message.episode !== live.state.n && !mayHaveLostCarriers(live)) break
        claims.nudged = message.token
        // There may be something to commit: rows that nobody rings for, or the start.
        if (live.inbox.size > 0 || live.state.n === 0) {
          claims.own.push({
            factId: message.id,
            event: { kind: 'nudged', id: message.id },
            token: message.token,
          })
        }
        break
      default:
        message satisfies never
    }
  }
  return claims
}

/** A fact that the history does not have and that the current generation can take. */
export function isNew(state: InstanceState, factId: string, event: HistoryEvent): boolean {
  if (state.known.has(factId)) return false
  if (event.kind === 'activityDeferred')
    return event.generation === state.generation && state.outstanding.has(event.task)
  return !isTaskOutcome(event) || (event.generation === state.generation && state.outstanding.has(event.seq))
}

/** A row of a generation that this reader has not seen yet. */
export function isAhead(state: InstanceState, event: HistoryEvent): boolean {
  return 'generation' in event && event.generation > state.generation
}

/** Episodes whose writers may still be deleting what they consumed; if one died, whoever guards its episode does it. */
const recentEpisodes = 8

/**
 * A row that is of no use any more, and that nobody else is about to delete: a delete costs as much as a write, needed or not.
 * @param own number of the episode that this handler has committed
 */
export function isLitter({ known, n }: InstanceState, factId: string, own?: number): boolean {
  const consumedBy = known.get(factId)
  return consumedBy === undefined || consumedBy === own || consumedBy <= n - recentEpisodes
}

/** The rows that its doorbells name. */
export function namedRows({ deliveries }: Work): readonly string[] {
  return deliveries.flatMap(({ message }) => (message.kind === 'doorbell' ? message.factIds : []))
}

/** The first row that a doorbell names and that is in neither inbox nor history: the sign of a torn read (R4 h). */
export function missingRow(work: Work, { state, inbox }: LiveInstance): string | undefined {
  if (isTerminal(state.status)) return undefined
  return namedRows(work).find(
    (factId) =>
      factId !== startFactId &&
      !state.known.has(factId) &&
      !isStale(state, factId) &&
      !isOvertaken(state, factId) &&
      !inbox.has(factId),
  )
}

function claimRow(
  claims: Mutable<Claims>,
  live: LiveInstance,
  message: Doorbell,
  factId: string,
  now: number,
): void {
  const { state } = live
  const consumedBy = state.known.get(factId)
  if (isOfOlder(state, factId)) claims.older = true
  const isOver = isStale(state, factId) || consumedBy !== undefined || isOvertaken(state, factId)
  if (isOver || isTerminal(state.status)) {
    if (live.inbox.has(factId) && isLitter(state, factId)) claims.litter.push(factId)
    return
  }
  const event = factId === startFactId ? startFact : live.inbox.get(factId)?.event
  if (!event) {
    // It was consumed so long ago that its id is forgotten.
    claims.older = true
    return
  }
  const delayMs = msUntilStart(live, event, now)
  if (delayMs > 0) claims.early.push({ message, delayMs })
  else claims.own.push({ factId, event, token: message.token })
}

function claimTimer(
  claims: Mutable<Claims>,
  { state }: LiveInstance,
  message: TimerMessage,
  now: number,
): void {
  const { generation, seq, dueAt, token } = message
  // Generation 0 is the start itself: a scheduled start is a timer.
  const factId = generation === 0 ? startFactId : taskFactId(generation, seq)
  if (isOfOlder(state, factId)) claims.older = true
  if (state.known.has(factId) || isTerminal(state.status)) return
  if (dueAt > now) claims.early.push({ message, delayMs: dueAt - now })
  else
    claims.own.push({
      factId,
      event: generation === 0 ? startFact : timerFact(state, message),
      token,
    })
}

function claimOutcome(
  claims: Mutable<Claims>,
  { state, inbox }: LiveInstance,
  { generation, seq, token }: Extract<Message, { kind: 'activity' }>,
  outcomes: readonly ActivityFact[] = [],
): void {
  const factId = taskFactId(generation, seq)
  if (isStale(state, factId)) claims.older = true
  // Whoever deferred it has acknowledged this message: what another delivery of it brings could be guarded by nobody.
  if (generation === state.generation && state.deferred.has(seq)) return
  // An outcome that is in the inbox is the one that counts.
  const event =
    inbox.get(factId)?.event ??
    inbox.get(deferralFactId(generation, seq))?.event ??
    outcomes.find((each) => tellsOf(each, generation, seq))
  if (event) claims.own.push({ factId: factIdOf(event), event, token })
}

/** Milliseconds until an instance with a scheduled start may take this fact; only its termination does not wait. */
function msUntilStart({ state, row }: LiveInstance, event: HistoryEvent, now: number): number {
  if (state.n > 0 || row.startAt === undefined || event.kind === 'executionTerminated') return 0
  return row.startAt - now
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
