// What the history says about the message of an activity before it is run.

import type { Command } from '../engine/commands.ts'
import { deferralFactId, isTaskOutcome, taskFactId } from '../engine/events.ts'
import { TenutoError } from '../workflow/errors.ts'
import { isTerminal } from '../workflow/status.ts'
import type { Episode } from './episode.ts'
import type { LiveInstance } from './live-instance.ts'
import type { ActivityMessage } from './messages.ts'
import type { Ports } from './ports.ts'

/**
 * `settled`: its outcome is known, it is completed from outside, or nobody may run it any more; only guard duty is left. `waits in inbox`:
 * it has run, and the ring for its outcome may have been lost. `run detached`: it was asked for by a generation that is over, or by an instance that has ended;
 * nobody hears of the outcome.
 */
export interface Verdict {
  readonly kind: 'run' | 'settled' | 'waits in inbox' | 'run detached'
  /** The row that waits in the inbox. */
  readonly waiting?: string
  /** The instance as it was read; absent when nothing was read or the instance is gone. */
  readonly read?: LiveInstance
  /** The message with its input, where that was looked up. */
  readonly whole?: ActivityMessage
}

/**
 * @param live the newest state; nobody else may change it meanwhile
 * @throws TenutoError `STORAGE_FAILED` when the history does not have the activity yet
 */
export async function verdictOn(
  ports: Ports,
  message: ActivityMessage,
  { state, inbox }: LiveInstance,
): Promise<Verdict> {
  const { generation, seq, instanceId } = message
  const factId = taskFactId(generation, seq)
  if (state.status === 'TERMINATED' || state.known.has(factId)) return { kind: 'settled' }
  if (generation === state.generation && state.cancelled.has(seq)) return { kind: 'settled' }
  if (generation < state.generation || isTerminal(state.status)) return verdictOnDetached(ports, message)
  if (state.deferred.has(seq)) return { kind: 'settled' }
  const waiting = [factId, deferralFactId(generation, seq)].find((id) => inbox.has(id))
  if (waiting !== undefined) return { kind: 'waits in inbox', waiting }
  const command = state.outstanding.get(seq)
  if (!command)
    throw new TenutoError('STORAGE_FAILED', `Activity #${seq} of ${instanceId} is not in the history yet.`)
  return { kind: 'run', whole: withInput(message, command) }
}

async function verdictOnDetached({ store, logger }: Ports, message: ActivityMessage): Promise<Verdict> {
  const { instanceId, incarnation, name: activity, seq } = message
  const history = await store.readHistory({ instanceId, incarnation })
  const episodes = history.filter(({ generation }) => generation === message.generation)
  const isSettled = episodes.some(
    (episode) =>
      cancels(episode, message) ||
      episode.events.some((event) =>
        isTaskOutcome(event) ? event.seq === seq : event.kind === 'activityDeferred' && event.task === seq,
      ),
  )
  if (isSettled) return { kind: 'settled' }
  const commands = episodes.flatMap((episode) => episode.commands)
  const command = commands.find((each) => each.kind === 'scheduleTask' && each.seq === seq)
  if (command) return { kind: 'run detached', whole: withInput(message, command) }
  if (!message.inputInHistory) return { kind: 'run detached' }
  // Nobody waits for it any more, so the log is the only one to tell.
  const error = new TenutoError(
    'ACTIVITY_INPUT_LOST',
    `Activity '${activity}' (#${seq}) of ${instanceId} cannot be run: its input went with the history of its generation.`,
  )
  logger.error(error.message, { instanceId, activity, code: error.code })
  return { kind: 'settled' }
}

/** Whether the episode cancels the activity. */
export function cancels(
  { commands, generation }: Pick<Episode, 'commands' | 'generation'>,
  task: Pick<ActivityMessage, 'generation' | 'seq'>,
): boolean {
  return (
    generation === task.generation &&
    commands.some(({ kind, seq }) => kind === 'cancelTask' && seq === task.seq)
  )
}

/** The message as it would be if queues had no limit. */
function withInput(message: ActivityMessage, command: Command): ActivityMessage {
  if (!message.inputInHistory || command.kind !== 'scheduleTask') return message
  const { inputInHistory: _, ...rest } = message
  return { ...rest, ...(command.input !== undefined && { input: command.input }) }
}
