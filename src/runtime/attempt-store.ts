// The part of the store port for what runs of activities leave.

import type { InstanceKey } from './episode.ts'
import type { AttemptRow, CallKey } from './rows.ts'

export interface AttemptStore {
  /** The row of a call; undefined when none of its runs has written one, or that was more than 15 days ago. */
  getAttempt(key: InstanceKey, call: CallKey): Promise<AttemptRow | undefined>
  /**
   * Puts the row of a call if it has none, or the present one is of an earlier attempt, has the same nonce, or the nonce `replaces`. Rows
   * are never deleted while a message of their call may be under way: so what was claimed once stays so.
   * @returns undefined when it was put, else the row that is in the way.
   */
  putAttempt(key: InstanceKey, row: AttemptRow, replaces?: string): Promise<AttemptRow | undefined>
}
