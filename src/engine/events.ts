// What can happen to an instance: the facts that its episodes consume, in the order in which they were delivered to the code.

import type { FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'

/** Where the outcome of a child goes. */
export interface ParentLink {
  readonly instanceId: string
  readonly incarnation: string
  readonly generation: number
  readonly seq: number
  /** Levels of parents above; bounded, so that a recursion ends. */
  readonly depth: number
}

/** The life whose past another one has taken up. */
export interface PastLink {
  /** `rerun`: up to the command `seq`. `rewind`: all but its failures. */
  readonly kind: 'rerun' | 'rewind'
  readonly instanceId: string
  readonly incarnation: string
  readonly generation: number
  /** Of a rerun: sequence number of the command that was made anew first. */
  readonly seq?: number
  /** Of a rerun: sequence number of the first attempt of that call, if it has a retry policy. */
  readonly firstSeq?: number
  /** Of a rerun: what that command, an activity or a child, is given instead of its own input. */
  readonly input?: NonNullable<Payload>
  /** Of a rerun: the id that the child has instead of its own. */
  readonly childInstanceId?: string
  /** Of a rewind: older lives of the same id that were rewound before, whose children are its children. */
  readonly before?: readonly string[]
}

/** Opens a generation. */
export interface ExecutionStarted {
  /** Version of the workflow that the instance runs on, if it had versions when it began. */
  readonly version?: string
  readonly kind: 'executionStarted'
  readonly instanceId: string
  readonly incarnation: string
  readonly generation: number
  readonly name: string
  readonly input?: Payload
  readonly parent?: ParentLink
  readonly tags?: Readonly<Record<string, string>>
  /** Where in a trace the generation belongs: the `traceparent` of its `create_orchestration` span, or of the parent's own. */
  readonly trace?: string
  /** Numbered behaviours of the engine in force when the generation began; it keeps them. See `flags.ts`. */
  readonly flags: readonly number[]
  /** At the first turn of a life that has taken up the past of another. */
  readonly past?: PastLink
  /** With it: what random numbers are drawn from, so that they are those of the other life. */
  readonly seed?: string
}

interface TaskFact {
  readonly generation: number
  /** Sequence number of the command that this answers. */
  readonly seq: number
}

/**
 * An activity has returned and will be completed from outside, by its token: nobody runs it any more. Names its task in other words than
 * an outcome does, because it answers nothing.
 */
export interface ActivityDeferred {
  readonly kind: 'activityDeferred'
  readonly id: string
  readonly generation: number
  /** Sequence number of the call. */
  readonly task: number
  /** Ms since the epoch; the attempt fails unless it is completed by then. */
  readonly until?: number
}

export interface TaskCompleted extends TaskFact {
  readonly kind: 'taskCompleted'
  readonly output?: Payload
}

export interface TaskFailed extends TaskFact {
  readonly kind: 'taskFailed'
  readonly failure: FailureDetails
}

export interface TimerFired extends TaskFact {
  readonly kind: 'timerFired'
}

export interface ChildWorkflowCompleted extends TaskFact {
  readonly kind: 'childWorkflowCompleted'
  readonly output?: Payload
}

export interface ChildWorkflowFailed extends TaskFact {
  readonly kind: 'childWorkflowFailed'
  readonly failure: FailureDetails
}

/** An external event; `id` is what makes it exactly once. */
export interface EventRaised {
  readonly kind: 'eventRaised'
  readonly id: string
  readonly name: string
  readonly input?: Payload
}

interface ExecutionSuspended {
  readonly kind: 'executionSuspended'
  readonly id: string
  readonly reason?: string
}

interface ExecutionResumed {
  readonly kind: 'executionResumed'
  readonly id: string
  readonly reason?: string
}

interface ExecutionTerminated {
  readonly kind: 'executionTerminated'
  /** The children go on. Default: they are terminated too. */
  readonly recursive?: false
  readonly id: string
  readonly output?: Payload
}

/** A sweeper's push, recorded when the turn it caused committed something. Means nothing to the workflow. */
interface Nudged {
  readonly kind: 'nudged'
  readonly id: string
}

export type TaskOutcome =
  | TaskCompleted
  | TaskFailed
  | TimerFired
  | ChildWorkflowCompleted
  | ChildWorkflowFailed
export type ExternalFact = EventRaised | ExecutionSuspended | ExecutionResumed | ExecutionTerminated | Nudged
export type HistoryEvent = ExecutionStarted | TaskOutcome | ActivityDeferred | ExternalFact

/** The fact id of the opening of an instance. */
export const startFactId = 'start'

/** The fact id of whatever answers a command: one per (generation, sequence number), whoever reports it. */
export function taskFactId(generation: number, seq: number): string {
  return `t:${generation}.${seq}`
}

/** The fact id of an activity's being completed from outside. */
export function deferralFactId(generation: number, seq: number): string {
  return `d:${generation}.${seq}`
}

/** Generation and sequence number in a fact id that tells of a task, its outcome or deferral; undefined for any other fact id. */
export function parseTaskFactId(id: string): TaskFact | undefined {
  const match = /^[dt]:(\d+)\.(\d+)$/.exec(id)
  return match ? { generation: Number(match[1]), seq: Number(match[2]) } : undefined
}

export function isTaskOutcome(event: HistoryEvent): event is TaskOutcome {
  return 'seq' in event
}

/** What an event is known by: the same fact has the same id however often and by whatever way it comes. */
export function factIdOf(event: HistoryEvent): string {
  if (event.kind === 'executionStarted') return startFactId
  return isTaskOutcome(event) ? taskFactId(event.generation, event.seq) : event.id
}

/** What event names are compared by: lower case by Unicode's rules, whatever the locale of the host. */
export function eventKey(name: string): string {
  return name.toLowerCase()
}
