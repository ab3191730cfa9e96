// Who is handed the messages. The runtime fits this shape without importing it.

import type { Delivery } from '../runtime/messages.ts'

export interface Consumer {
  /**
   * Takes messages: of one instance when they are workflow messages, a single one when it is an activity.
   * What is done for them is to be done in the async context of this call: in it the ports answer before the
   * flush, because there the backend can hold everything back that rests on a flush which fails.
   * @returns the acknowledged ones: they are deleted, the others come again. A rejection acknowledges none.
   */
  handle(batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>>
  /**
   * Takes a message that was delivered too often, or that kills its host; it is deleted once this resolves.
   */
  handleDead(delivery: Delivery): Promise<void>
  /**
   * A flush failed, so episodes that were reported as committed do not exist: whatever memory was made of
   * them must go. Called at the failure, and again when a handler that had part in it has ended, because
   * until then it may have put such memory back.
   */
  reset?(): void
}

export interface ConcurrencyLimits {
  /** How many handlers of an activity may run at once; undefined: as many as the backend's own limit. */
  maxConcurrency(activityName: string): number | undefined
}
