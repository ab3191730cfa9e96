// What a handler does with facts that it cannot commit now: outcomes go where the next turn takes them along, other messages come again.

import { isTaskOutcome } from '../engine/events.ts'
import { doorbell, type Message } from './messages.ts'
import type { OwnFact, Work } from './own-facts.ts'
import type { Ports } from './ports.ts'
import type { InboxRow } from './rows.ts'

interface Later {
  readonly message: Message
  readonly delayMs: number
}

/** The rows that keep outcomes which exist only in a handler's memory. */
export function outcomeRows(own: readonly OwnFact[], acceptedAt: number): InboxRow[] {
  const rows = own.flatMap(({ factId, event }) =>
    isTaskOutcome(event) || event.kind === 'activityDeferred' ? [{ factId, event, acceptedAt }] : [],
  )
  return [...new Map(rows.map((row) => [row.factId, row])).values()]
}

/**
 * Puts outcomes into the inbox and rings for them, later (R7, R12). The ring keeps the token of the message that brought the outcome:
 * that message is acknowledged, and another delivery of it may still commit an episode that nobody else would guard.
 * @param n up to this episode the handler has dispatched what its tokens carry
 * @param guards tokens that must not be lost although they bring no new fact: of a generation that nobody has opened, of a lease
 * @returns the messages that are to be sent again
 */
export async function putAside(
  ports: Ports,
  work: Work,
  own: readonly OwnFact[],
  n: number,
  guards: ReadonlySet<string | undefined> = new Set(),
): Promise<Later[]> {
  const rows = outcomeRows(own, ports.clock.now())
  const delayMs = jitterMs(ports.newId())
  const kept = new Set(rows.map(({ factId }) => factId))
  if (rows.length > 0) {
    await ports.store.putOutcomes(work.key, rows)
    const brought = Map.groupBy(
      own.filter(({ factId }) => kept.has(factId)),
      ({ token }) => token,
    )
    const rings = [...brought].map(([token, facts]) => {
      const factIds = [...new Set(facts.map(({ factId }) => factId))]
      return { ...doorbell(work.key, token, factIds), dispatchedTo: n }
    })
    await ports.queue.send(rings, delayMs)
  }
  const waiting = new Set(own.filter(({ factId }) => !kept.has(factId)).map(({ token }) => token))
  return work.deliveries
    .filter(({ message: { token } }) => waiting.has(token) || guards.has(token))
    .map(({ message }) => ({ message, delayMs }))
}

/** 2 to 10 seconds, spread by an id, so that those who lost against each other do not meet again. */
function jitterMs(id: string): number {
  let hash = 0
  for (let at = 0; at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) >>> 0
  return 2_000 + (hash % 8_000)
}
