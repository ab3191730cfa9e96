// The outcomes of one of many activities go to the inbox, and one doorbell names them all (R11).

import { type ActivityMessage, type Delivery, doorbell } from './messages.ts'
import type { Ports } from './ports.ts'
import type { ActivityFact } from './task-facts.ts'

export interface WideOutcome {
  readonly delivery: Delivery<ActivityMessage>
  /** What is to be put into the inbox. */
  readonly outcome?: ActivityFact
  readonly factId: string
}

/** All outcomes of one instance in one write, and one doorbell that names them all. */
export async function toInbox(
  { store, queue, clock, newId }: Ports,
  group: readonly WideOutcome[],
): Promise<void> {
  const [first] = group
  if (!first) return
  const { instanceId, incarnation } = first.delivery.message
  const key = { instanceId, incarnation }
  const acceptedAt = clock.now()
  const rows = group.flatMap(({ factId, outcome }) =>
    outcome ? [{ factId, event: outcome, acceptedAt }] : [],
  )
  if (rows.length > 0) await store.putOutcomes(key, rows)
  const factIds = group.map(({ factId }) => factId)
  await queue.send([doorbell(key, newId(), factIds)])
}
