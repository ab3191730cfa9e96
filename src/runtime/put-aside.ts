// What a handler does with facts that it cannot commit now: outcomes go where the next turn takes them along, and of each message that
// still has to do something a copy is sent, one for however many deliveries the handler holds.

import {
  type ActivityDeferred,
  type HistoryEvent,
  isTaskOutcome,
  type TaskOutcome,
} from '../engine/events.ts'
import type { LiveInstance } from './live-instance.ts'
import { doorbell, type Message } from './messages.ts'
import type { OwnFact, Work } from './own-facts.ts'
import type { Ports } from './ports.ts'
import type { InboxRow } from './rows.ts'

export interface Later {
  readonly message: Message
  readonly delayMs: number
}

/** Behind a lease a copy waits as long as its facts have waited already, but no longer than this. */
const longestPatienceMs = 2 * 60_000

/** The rows that keep outcomes which exist only in a handler's memory. */
export function outcomeRows(
  own: readonly OwnFact[],
  { inbox }: LiveInstance,
  acceptedAt: number,
): InboxRow[] {
  const rows = own.flatMap(({ factId, event }) =>
    isKept(event) && !inbox.has(factId) ? [{ factId, event, acceptedAt }] : [],
  )
  return [...new Map(rows.map((row) => [row.factId, row])).values()]
}

export interface PutAsideOrder {
  readonly own: readonly OwnFact[]
  readonly live: LiveInstance
  /** Tokens that must not be lost although they bring no new fact: of a generation that nobody has opened, of a lease. */
  readonly guards?: ReadonlySet<string | undefined>
  /** Somebody holds a lease, who takes along what lies in the inbox: there is no hurry. */
  readonly isPatient?: boolean
}

/**
 * Puts outcomes into the inbox (R7, R12). What rings for them keeps the token of the message that brought the outcome: that message is
 * acknowledged, and another delivery of it may still commit an episode that nobody else would guard.
 * @returns the messages that are to be sent again
 */
export async function putAside(
  ports: Ports,
  work: Work,
  { own, live, guards = new Set(), isPatient = false }: PutAsideOrder,
): Promise<Later[]> {
  const now = ports.clock.now()
  const rows = outcomeRows(own, live, now)
  if (rows.length > 0) await ports.store.putOutcomes(work.key, rows)
  const since = Math.max(0, ...own.map(({ factId }) => live.inbox.get(factId)?.acceptedAt ?? now))
  const patienceMs = isPatient ? Math.min(Math.max(0, now - since), longestPatienceMs) : 0
  const delayMs = jitterMs(ports.newId()) + patienceMs
  const waiting = Map.groupBy(own, ({ token }) => token)
  return work.deliveries.flatMap(({ message }) => {
    const facts = waiting.get(message.token)
    if (!facts && !guards.has(message.token)) return []
    return { message: facts && isBrought(message, facts) ? ringOf(message, facts) : message, delayMs }
  })
}

/** Copies, so that waiting never burns receive counts (R19). @param dispatchedTo whatever the tokens carry so far is dispatched */
export function copiesOf(later: readonly Later[], dispatchedTo: number): readonly Later[] {
  return later.map(({ message, delayMs }) => ({ message: { ...message, dispatchedTo }, delayMs }))
}

/** Of messages with the same token the last one is sent. All at once: what fails between two sends would be sent once more. */
export async function sendLater({ queue }: Ports, all: readonly Later[]): Promise<void> {
  const byToken = new Map(all.map((each) => [each.message.token, each]))
  for (const [delayMs, group] of Map.groupBy(byToken.values(), (each) => each.delayMs)) {
    await queue.send(
      group.map(({ message }) => message),
      delayMs,
    )
  }
}

function isKept(event: HistoryEvent): event is TaskOutcome | ActivityDeferred {
  return isTaskOutcome(event) || event.kind === 'activityDeferred'
}

/** A message that brought nothing but what lies in the inbox now. */
function isBrought({ kind }: Message, facts: readonly OwnFact[]): boolean {
  return (kind === 'activity' || kind === 'timer') && facts.every(({ event }) => isKept(event))
}

function ringOf({ instanceId, incarnation, token }: Message, facts: readonly OwnFact[]): Message {
  return doorbell({ instanceId, incarnation }, token, [...new Set(facts.map(({ factId }) => factId))])
}

/** 2 to 10 seconds, spread by an id, so that those who lost against each other do not meet again. */
export function jitterMs(id: string): number {
  let hash = 0
  for (let at = 0; at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) >>> 0
  return 2_000 + (hash % 8_000)
}
