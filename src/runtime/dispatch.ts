// What a committed episode asks of the world. Only ever called after the commit, in the order of R8, and safe to do twice: every
// receiver knows what it is about by (incarnation, generation, sequence number).
import type { Command, CreateChild, ScheduleTask, SendEvent } from '../engine/commands.ts'
import {
  type ChildWorkflowCompleted,
  type ChildWorkflowFailed,
  type ParentLink,
  taskFactId,
} from '../engine/events.ts'
import { currentFlags } from '../engine/flags.ts'
import { TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf } from '../workflow/failure.ts'
import { limits } from '../workflow/limits.ts'
import { isTerminal } from '../workflow/status.ts'
import { startDigest } from './digest.ts'
import type { Episode, InstanceKey } from './episode.ts'
import { type InstanceState, parentOf } from './instance-state.ts'
import type { ActivityMessage, Message, TimerMessage } from './messages.ts'
import type { InstanceRow, Ports } from './ports.ts'

/** `first`: by the writer. `again`: guard duty. `nudge`: by a sweeper, which leaves alone what has begun. */
export type DispatchMode = 'first' | 'again' | 'nudge'

export interface DispatchOrder {
  readonly episode: Episode
  readonly mode: DispatchMode
  /** Sequence numbers that have an outcome, for an episode of an older generation, of which the state knows nothing any more. */
  readonly answered?: ReadonlySet<number>
}

/** Sends everything that the episode asked for and that has no outcome yet. */
export async function dispatch(ports: Ports, state: InstanceState, order: DispatchOrder): Promise<void> {
  const { episode } = order
  const current = episode.generation === state.generation
  const isAnswered = ({ seq }: Command): boolean =>
    current ? !state.outstanding.has(seq) : (order.answered?.has(seq) ?? false)
  // Activities outlive the end of their generation (nobody awaited them, but they were asked for); timers do not.
  const timersMatter = current && !isTerminal(state.status)
  const messages: Message[] = []
  const timers: TimerMessage[] = []
  const cancelled: number[] = []
  for (const command of episode.commands) {
    switch (command.kind) {
      case 'scheduleTask':
        if (!isAnswered(command) && state.status !== 'TERMINATED') {
          messages.push(activityMessage(ports, state.key, episode, command))
        }
        break
      case 'createTimer':
        if (timersMatter && !isAnswered(command))
          timers.push(timerMessage(ports, state.key, episode, command))
        break
      case 'cancelTimer':
        cancelled.push(command.seq)
        break
      case 'createChild':
        if (!isAnswered(command)) messages.push(...(await createChild(ports, state, order, command)))
        break
      case 'sendEvent':
        messages.push(...(await sendEvent(ports, state.key, episode, command)))
        break
      default:
        command satisfies never
    }
  }
  if (messages.length > 0) await ports.queue.send(messages)
  if (timers.length > 0) await ports.timers.schedule(timers)
  if (cancelled.length > 0) await ports.timers.cancel(state.key, episode.generation, cancelled)
  if (isTerminal(episode.status)) await notifyParent(ports, state, episode)
}

function activityMessage(
  ports: Ports,
  key: InstanceKey,
  episode: Episode,
  command: ScheduleTask,
): ActivityMessage {
  const { seq, name, input, timeoutMs, retry } = command
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
    ...(episode.wide && { wide: true }),
  }
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

function doorbell(ports: Ports, key: InstanceKey, factId: string): Message {
  const { instanceId, incarnation } = key
  return { v: 1, kind: 'doorbell', instanceId, incarnation, token: ports.newId(), factIds: [factId] }
}

/** Creates the child's row, once, and rings for its start. An id that somebody else holds is a failure that the parent hears of. */
async function createChild(
  ports: Ports,
  state: InstanceState,
  { episode, mode }: DispatchOrder,
  command: CreateChild,
): Promise<Message[]> {
  const parent: ParentLink = {
    ...state.key,
    generation: episode.generation,
    seq: command.seq,
    depth: (parentOf(state)?.depth ?? 0) + 1,
  }
  if (parent.depth > limits.childDepth) {
    const message = `Child workflows are nested deeper than ${limits.childDepth} levels.`
    return refuseChild(ports, parent, notStarted(message))
  }
  const row = childRow(ports, command, parent)
  let present = await ports.store.createInstance(row)
  // An instance that has ended gives its id up, as at a start from outside.
  if (present && isOver(present) && !isMine(present, parent)) {
    present = await ports.store.createInstance(row, present.incarnation)
  }
  if (!present) return [doorbell(ports, row, 'start')]
  if (!isMine(present, parent)) {
    // Another attempt may succeed: the id may be free by then.
    const { nonRetriable: _, ...failure } = notStarted(
      `An instance with the id '${command.instanceId}' already exists.`,
    )
    return refuseChild(ports, parent, failure)
  }
  // One that has begun guards itself; a second ring would only make work.
  const begun = mode === 'nudge' && present.episode > 0
  return isOver(present) || begun ? [] : [doorbell(ports, present, 'start')]
}

function isOver({ status, purgedAt }: InstanceRow): boolean {
  return isTerminal(status) || purgedAt !== undefined
}

function childRow(ports: Ports, command: CreateChild, parent: ParentLink): InstanceRow {
  const now = ports.clock.now()
  return {
    instanceId: command.instanceId,
    incarnation: ports.newId(),
    name: command.name,
    status: 'PENDING',
    createdAt: now,
    lastUpdatedAt: now,
    ...(command.input !== undefined && { input: command.input }),
    parent,
    startDigest: startDigest(command.name, command.input, undefined),
    episode: 0,
  }
}

function isMine(row: InstanceRow, parent: ParentLink): boolean {
  const link = row.parent
  return (
    link?.incarnation === parent.incarnation &&
    link.generation === parent.generation &&
    link.seq === parent.seq
  )
}

async function refuseChild(ports: Ports, parent: ParentLink, failure: FailureDetails): Promise<Message[]> {
  const { generation, seq } = parent
  return tellParent(ports, parent, { kind: 'childWorkflowFailed', generation, seq, failure })
}

function notStarted(message: string): FailureDetails {
  return failureOf(new TenutoError('CHILD_NOT_STARTED', message))
}

/** Puts the outcome into the parent's inbox, once. @returns the doorbell for it. */
async function tellParent(
  ports: Ports,
  parent: ParentLink,
  event: ChildWorkflowCompleted | ChildWorkflowFailed,
): Promise<Message[]> {
  const factId = taskFactId(parent.generation, parent.seq)
  await ports.store.putInbox(parent, { factId, event, acceptedAt: ports.clock.now() })
  return [doorbell(ports, parent, factId)]
}

async function notifyParent(ports: Ports, state: InstanceState, episode: Episode): Promise<void> {
  const parent = parentOf(state)
  if (!parent) return
  const { generation, seq } = parent
  const { output, failure } = episode
  const event: ChildWorkflowCompleted | ChildWorkflowFailed =
    episode.status === 'COMPLETED'
      ? { kind: 'childWorkflowCompleted', generation, seq, ...(output !== undefined && { output }) }
      : { kind: 'childWorkflowFailed', generation, seq, failure: failure ?? terminatedFailure }
  await ports.queue.send(await tellParent(ports, parent, event))
}

const terminatedFailure = { errorType: 'WorkflowTerminated', message: 'The child workflow was terminated.' }

/** An event to another instance; one that does not exist or has ended cannot take it, and nobody waits for an answer. */
async function sendEvent(
  ports: Ports,
  key: InstanceKey,
  episode: Episode,
  command: SendEvent,
): Promise<Message[]> {
  const target = await ports.store.getInstance(command.instanceId)
  if (!target || target.purgedAt !== undefined || isTerminal(target.status)) {
    ports.logger.warn('An event was dropped: the instance does not exist or has ended.', {
      instanceId: command.instanceId,
      eventName: command.name,
      sender: key.instanceId,
    })
    return []
  }
  const id = `s:${key.instanceId}/${key.incarnation}/${episode.generation}.${command.seq}`
  const { name, input } = command
  const event = { kind: 'eventRaised', id, name, ...(input !== undefined && { input }) } as const
  await ports.store.putInbox(target, { factId: id, event, acceptedAt: ports.clock.now() })
  return [doorbell(ports, target, id)]
}

/** What an instance row tells the first turn. */
export function startOf(row: InstanceRow) {
  const { instanceId, incarnation, name, input, parent, tags } = row
  return {
    kind: 'executionStarted',
    instanceId,
    incarnation,
    generation: 1,
    name,
    ...(input !== undefined && { input }),
    ...(parent && { parent }),
    ...(tags && { tags }),
    flags: currentFlags,
  } as const
}
