import type { InstanceView, WaitUntil } from '../runtime/management.ts'
import { isTerminal } from '../workflow/status.ts'

/** Whether an instance is where somebody waits for it to be. One that has ended is everywhere it will ever be. */
export function hasReached({ status, lastUpdatedAt }: InstanceView, until: WaitUntil): boolean {
  if (isTerminal(status)) return true
  if (until === 'completion') return false
  return until === 'start' ? status !== 'PENDING' : lastUpdatedAt.getTime() > until.changeSince.getTime()
}
