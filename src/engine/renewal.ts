// What becomes of the commands of another life's past: one may be given another input, and those that are made anew begin at this moment.

import type { Command } from './commands.ts'
import type { PastLink } from './events.ts'
import type { TakenUp } from './turn.ts'

export interface Renewal extends TakenUp {
  /** Workflow time of the turn that asks, ms. */
  readonly turnAt: number
}

/** The command as the rerun has it: at every replay the same. */
export function overridden<C extends Command>(command: C, past: PastLink | undefined): C {
  if (!past || !isMeant(command, past)) return command
  const { input, childInstanceId } = past
  if (command.kind !== 'scheduleTask' && command.kind !== 'createChild') return command
  return {
    ...command,
    ...(input !== undefined && { input }),
    ...(command.kind === 'createChild' && childInstanceId !== undefined && { instanceId: childInstanceId }),
  }
}

/** The command that a rerun begins with, or a later attempt of its call. */
function isMeant(command: Command, { seq, firstSeq }: PastLink): boolean {
  if (seq === undefined || command.seq <= seq) return command.seq === seq
  return firstSeq !== undefined && 'retry' in command && command.retry?.firstSeq === firstSeq
}

/**
 * A call made anew has all its attempts again, and a timer all its time; of others the numbers of the other life hold, as at a replay.
 */
export function renewed<C extends Command>(command: C, renewal: Renewal | undefined): C {
  if (!renewal) return command
  const { now, turnAt, anew } = renewal
  const asked = renewal.asked.get(command.seq)
  const before = asked?.kind === command.kind ? asked : undefined
  const isAnew = anew.has(command.seq)
  if (command.kind === 'createTimer') {
    if (isAnew) return { ...command, dueAt: now + (command.dueAt - turnAt) }
    return before?.kind === 'createTimer' ? { ...command, dueAt: before.dueAt } : command
  }
  if ((command.kind !== 'scheduleTask' && command.kind !== 'createChild') || !command.retry) return command
  if (isAnew) {
    const { firstInstanceId: _, ...retry } = command.retry
    return { ...command, retry: { ...retry, attempt: 1, firstAt: now } }
  }
  const retry = before && 'retry' in before && before.name === command.name ? before.retry : undefined
  return retry?.firstSeq === command.retry.firstSeq ? { ...command, retry } : command
}
