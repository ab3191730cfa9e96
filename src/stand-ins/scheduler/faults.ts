// What Scheduler may do beside what one hopes for. Nothing of it happens unless asked for. The object may be changed while it runs.

import type { RequestFaults } from '../request-handler.ts'

export interface SchedulerFaults extends RequestFaults {
  /** Ms after its time at which a schedule fires; AWS promises less than 60,000. */
  latenessMs?: () => number
  /** Ms after firing at which it fires once more; undefined for once. */
  duplicateAfterMs?: () => number | undefined
  /** Whether a schedule that is being deleted fires all the same. */
  fireAfterDelete?: () => boolean
  /** Ms after which a completed schedule is deleted. */
  deletionAfterMs?: () => number
  /**
   * What becomes of a one-time schedule whose time is past. Default: it is refused, as field reports say; one recording of AWS's answers
   * shows it accepted, and nobody says what then.
   */
  pastTime?: () => 'refuse' | 'fire now' | 'never fire'
  /** Schedules at which further ones are refused. */
  quota?: number
}
