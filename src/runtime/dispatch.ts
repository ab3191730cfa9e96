// What a committed episode asks of the world. Only ever called after the commit, in the order of R8, and safe to do twice: every
// receiver knows what it is about by (incarnation, generation, sequence number).

import type { Command, CreateChild, ScheduleTask, SendEvent, StartWorkflow } from '../engine/commands.ts'
import { isTerminal } from '../workflow/status.ts'
import { createChildren, terminateChildren } from './children.ts'
import { startDetached } from './detached.ts'
import type { Episode, InstanceKey } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import { lastDuty } from './last-duty.ts'
import { cancelLeftTimers } from './left-timers.ts'
import type { ActivityMessage, Message, TimerMessage } from './messages.ts'
import type { CancelledTimer, Ports } from './ports.ts'
import { sendEvent } from './send-event.ts'
import { notifyParent } from './tell-parent.ts'
import { traceOf } from './trace-context.ts'

/** `first`: by the writer. `again`: guard duty. `nudge`: by a sweeper, which leaves alone what has begun. */
type DispatchMode = 'first' | 'again' | 'nudge'

export interface DispatchOrder {
  readonly episode: Episode
  readonly mode: DispatchMode
  /** Sequence numbers that have an outcome, for an episode of an older generation, of which the state knows nothing. */
  readonly answered?: ReadonlySet<number>
  /** It was most likely dispatched before: no message guards it. */
  readonly unsure?: boolean
}

/** What an episode asks for. */
interface Asked {
  readonly messages: Message[]
  readonly timers: TimerMessage[]
  readonly cancelled: CancelledTimer[]
  readonly children: CreateChild[]
  readonly starts: StartWorkflow[]
  readonly events: SendEvent[]
}

/** Sends everything that the episode asked for and that has no outcome yet. */
export async function dispatch(ports: Ports, state: InstanceState, order: DispatchOrder): Promise<void> {
  const { episode } = order
  const { messages, timers, cancelled, children, starts, events } = askedFor(ports, state, order)
  messages.push(...(await createChildren(ports, state, order, children)))
  for (const ring of await startDetached(ports, state, order, starts, lastDuty)) {
    if (ring.kind === 'timer') timers.push(ring)
    else messages.push(ring)
  }
  // After the new instances, because one of them may be meant; one by one, because their order is that of the calls.
  for (const command of events) messages.push(...(await sendEvent(ports, state.key, episode, command)))
  if (isTerminatedWithChildren(episode)) messages.push(...(await terminateChildren(ports, state)))
  if (messages.length > 0) await ports.queue.send(messages)
  if (timers.length > 0) await ports.timers.schedule(timers)
  if (cancelled.length > 0) await ports.timers.cancel(state.key, episode.generation, cancelled)
  if (isTerminal(episode.status)) await notifyParent(ports, state, episode)
  await cancelLeftTimers(ports, state, episode)
}

function askedFor(ports: Ports, state: InstanceState, order: DispatchOrder): Asked {
  const { episode } = order
  const current = episode.generation === state.generation
  const isAnswered = ({ seq }: Command): boolean =>
    current ? !state.outstanding.has(seq) : (order.answered?.has(seq) ?? false)
  const asked: Asked = { messages: [], timers: [], cancelled: [], children: [], starts: [], events: [] }
  // Activities outlive the end of their generation (nobody awaited them, but they were asked for); timers do not.
  const timersMatter = current && !isTerminal(state.status)
  for (const command of episode.commands) {
    if (episode.done?.includes(command.seq)) continue
    switch (command.kind) {
      case 'scheduleTask':
        if (isAnswered(command) || state.status === 'TERMINATED') break
        // It has run, and is completed from outside.
        if (current && state.deferred.has(command.seq)) break
        // Nobody hears of its outcome, so a sweeper cannot tell whether it has run.
        if (order.mode === 'nudge' && !current) break
        // An inline activity is its runner's affair, and when that is lost, the demoting episode's; but not after the end.
        if (!command.inline || !timersMatter)
          asked.messages.push(queuedActivity(ports, state, episode, command))
        break
      case 'createTimer':
        if (timersMatter && !isAnswered(command))
          asked.timers.push(timerMessage(ports, state.key, episode, command))
        break
      case 'cancelTimer':
        if (!isNeverSet(episode, command)) asked.cancelled.push({ seq: command.seq, dueAt: command.dueAt })
        break
      // Whoever runs it, or is about to, hears of it otherwise.
      case 'cancelTask':
        break
      case 'createChild':
        if (!isAnswered(command)) asked.children.push(command)
        break
      case 'startWorkflow':
        asked.starts.push(command)
        break
      case 'sendEvent':
        asked.events.push(command)
        break
      default:
        command satisfies never
    }
  }
  for (const seq of timersMatter ? (episode.demoted ?? []) : []) {
    const command = state.outstanding.get(seq)
    if (command?.kind === 'scheduleTask') asked.messages.push(queuedActivity(ports, state, episode, command))
  }
  if (timersMatter) asked.timers.push(...timeouts(ports, state, episode))
  return asked
}

/** Also while what it did is being undone: then the end itself comes later. */
function isTerminatedWithChildren({ status, events }: Episode): boolean {
  const fact = events.findLast(({ kind }) => kind === 'executionTerminated')
  const isOver = isTerminal(status) && status !== 'TERMINATED'
  return fact?.kind === 'executionTerminated' && fact.recursive !== false && !isOver
}

/** Activities that are completed from outside, and have a time to be. */
function timeouts(ports: Ports, state: InstanceState, episode: Episode): TimerMessage[] {
  return episode.events.flatMap((event) => {
    if (event.kind !== 'activityDeferred' || event.until === undefined) return []
    if (!state.outstanding.has(event.task)) return []
    return [timerMessage(ports, state.key, episode, { seq: event.task, dueAt: event.until })]
  })
}

/** A timer that is made and cancelled in one turn is never set. */
function isNeverSet({ commands }: Episode, { seq }: Command): boolean {
  return commands.some((command) => command.kind === 'createTimer' && command.seq === seq)
}

/** What the queue says of an activity; also what an inline one is run by. */
export function activityMessage(
  ports: Ports,
  { key, started }: Pick<InstanceState, 'key' | 'started'>,
  episode: Pick<Episode, 'generation' | 'wide'>,
  command: ScheduleTask,
): ActivityMessage {
  const { seq, name, input, timeoutMs, heartbeatTimeoutMs, atMostOnce, retry } = command
  return {
    v: 1,
    kind: 'activity',
    ...key,
    token: ports.newId(),
    generation: episode.generation,
    seq,
    name,
    ...(input !== undefined && { input }),
    attempt: retry?.attempt ?? 1,
    firstSeq: retry?.firstSeq ?? seq,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(heartbeatTimeoutMs !== undefined && { heartbeatTimeoutMs }),
    ...(atMostOnce && { atMostOnce }),
    ...(episode.wide && { wide: true }),
    ...(episode.generation === started?.generation && traceOf(started)),
  }
}

/** An input that makes the message too large stays where it is safe already; whoever runs the activity looks it up. */
function queuedActivity(
  ports: Ports,
  state: InstanceState,
  episode: Episode,
  command: ScheduleTask,
): ActivityMessage {
  const isAskedHere = episode.commands.includes(command)
  const message = {
    ...activityMessage(ports, state, episode, command),
    ...(isAskedHere && { episode: episode.n }),
  }
  if (message.input === undefined || ports.queue.fits?.(message) !== false) return message
  const { input: _, ...rest } = message
  return { ...rest, inputInHistory: true }
}

function timerMessage(
  ports: Ports,
  key: InstanceKey,
  episode: Episode,
  command: { seq: number; dueAt: number },
): TimerMessage {
  const { seq, dueAt } = command
  return { v: 1, kind: 'timer', ...key, token: ports.newId(), generation: episode.generation, seq, dueAt }
}
