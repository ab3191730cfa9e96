// What DynamoDB may do beside what one hopes for. All of it is allowed; nothing of it happens unless asked for. The object may be changed
// while the stand-in runs.

import type { RequestFaults } from '../request-handler.ts'
import type { Item } from './values.ts'

export interface DynamoFaults extends RequestFaults {
  /** Items at which a page of a query ends, whatever else it might hold; undefined: where it has to. */
  pageItems?: () => number | undefined
  /** Whether one of several writes of a batch is left for later; not all of them are. */
  leavesWrite?: () => boolean
  /** The same of reads. */
  leavesRead?: () => boolean
  /** Ms after a write at which an index shows it. Of one item, writes are shown in their order. Default 0. */
  indexLagMs?: () => number
  /** Hears of every change to a table, when it is made. */
  changed?: (change: Change) => void
}

interface Change {
  readonly tableName: string
  readonly before: Item | undefined
  /** undefined: it was deleted. */
  readonly after: Item | undefined
}
