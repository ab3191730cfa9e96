// The right to run inline activities (R12): who has it, and who may take it over.

import { isTerminal } from '../workflow/status.ts'
import type { InstanceState } from './instance-state.ts'

/** A runner begins nothing new in the last of its time. */
export const leaseMarginMs = 5_000

export interface LeaseView {
  /** The handler that asks. */
  readonly runner: string
  readonly now: number
  /** Whether the handler holds the message that guards the lease, or a nudge. */
  readonly mayTakeOver: (token: string) => boolean
  /** Id of this process where no other can be at work. */
  readonly soleProcess?: string
}

/**
 * `none`: nothing waits inline. `mine`: run it. `expired`: its runner is lost, and this handler may take over. `held`: this handler holds
 * the message that guards it, and its runner may be at work. `waiting`: it is the affair of others.
 */
export type LeaseStanding = 'none' | 'mine' | 'expired' | 'held' | 'waiting'

export function leaseStanding(
  { inline, lease, status, unopened }: InstanceState,
  view: LeaseView,
): LeaseStanding {
  if (inline.size === 0 || !lease || unopened || isTerminal(status)) return 'none'
  if (lease.runner === view.runner) return 'mine'
  const isVoid = view.soleProcess !== undefined && !lease.runner.startsWith(`${view.soleProcess}:`)
  const isOver = isVoid || view.now >= lease.until
  if (!view.mayTakeOver(lease.by)) return 'waiting'
  return isOver ? 'expired' : 'held'
}

/** Token by which a handler takes over: that of the lease's guard where it holds that, else any that it holds. */
export function takeOverBy(
  { lease }: InstanceState,
  tokens: ReadonlyMap<string, unknown>,
): string | undefined {
  const [held] = tokens.keys()
  return lease && tokens.has(lease.by) ? lease.by : held
}
