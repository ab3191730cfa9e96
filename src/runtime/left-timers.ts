// Timers that nobody waits for any more when their generation ends: the losers of races, most of them. They would fire into nothing, which
// costs more than to take them back; and thousands of orders that each leave a timer of a month behind fill a scheduler.

import type { Command } from '../engine/commands.ts'
import { toFailureDetails } from '../workflow/failure.ts'
import { isTerminal } from '../workflow/status.ts'
import type { Episode } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import type { CancelledTimer, Ports } from './ports.ts'

/** @param outstanding commands that wait when the episode ends its generation; what it asked for itself is not set any more */
export function timersLeft(outstanding: Iterable<Command>, { commands }: Episode): readonly CancelledTimer[] {
  const left: CancelledTimer[] = []
  for (const command of outstanding) {
    if (command.kind !== 'createTimer' || commands.includes(command)) continue
    left.push({ seq: command.seq, dueAt: command.dueAt })
  }
  return left
}

/** The last of what is done about an episode: whoever waits for anything has it by now, and a failure does no harm. */
export async function cancelLeftTimers(ports: Ports, state: InstanceState, episode: Episode): Promise<void> {
  const left = leftBy(state, episode)
  if (left.length === 0) return
  try {
    await ports.timers.cancel(state.key, episode.generation, left)
  } catch (error) {
    const fields = { instanceId: state.key.instanceId, error: toFailureDetails(error) }
    ports.logger.warn('Timers of what has ended could not be cancelled; they fire into nothing.', fields)
  }
}

function leftBy(state: InstanceState, episode: Episode): readonly CancelledTimer[] {
  if (isTerminal(episode.status)) return timersLeft(state.outstanding.values(), episode)
  return state.openedBy === episode.n ? state.leftTimers : []
}
