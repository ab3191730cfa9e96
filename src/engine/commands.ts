// What a turn asks for. Every command takes the next sequence number of its generation at the call; replay compares them one by one.

import type { FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'
import type { RetrySchedule } from '../workflow/retry-policy.ts'
import type { Tags } from '../workflow/tags.ts'
import { type EventRaised, eventKey } from './events.ts'

interface Numbered {
  readonly seq: number
}

/** Set on every attempt of a call that has a retry policy, so that a policy changed by a deploy leaves running calls alone. */
export interface RetryAttempt {
  /** From 1. */
  readonly attempt: number
  /** Sequence number of the first attempt: the call's identity. */
  readonly firstSeq: number
  /** Workflow time of the first attempt, ms. */
  readonly firstAt: number
  readonly schedule: RetrySchedule
  /** Of a further attempt of a child: the instance of the first one. */
  readonly firstInstanceId?: string
}

export interface ScheduleTask extends Numbered {
  readonly kind: 'scheduleTask'
  readonly name: string
  readonly input?: Payload
  readonly timeoutMs?: number
  readonly heartbeatTimeoutMs?: number
  readonly atMostOnce?: true
  readonly retry?: RetryAttempt
  /** Run by the host that commits it, under its lease. */
  readonly inline?: boolean
  /** Results of inline activities that may share one commit. Default: 1. */
  readonly commitEvery?: number
  /** Sequence number of the call that it undoes. */
  readonly rollbackOf?: number
}

/** Why a timer was made. */
export type TimerOrigin =
  | { readonly kind: 'externalEvent'; readonly name: string }
  | { readonly kind: 'retry'; readonly firstSeq: number }

interface CreateTimer extends Numbered {
  readonly kind: 'createTimer'
  /** Ms since the epoch; never fires before. */
  readonly dueAt: number
  /** Absent for a timer that the author created. */
  readonly origin?: TimerOrigin
  /** Given by the author, for whoever reads the history. */
  readonly name?: string
}

/** Takes no number of its own: `seq` is the timer's. */
interface CancelTimer extends Numbered {
  readonly kind: 'cancelTimer'
  /** As the timer has it, ms since the epoch. */
  readonly dueAt: number
}

/** An activity that its workflow has cancelled. Takes no number of its own: `seq` is the activity's. */
interface CancelTask extends Numbered {
  readonly kind: 'cancelTask'
}

export interface CreateChild extends Numbered {
  readonly kind: 'createChild'
  readonly name: string
  readonly instanceId: string
  readonly input?: Payload
  readonly retry?: RetryAttempt
}

export interface SendEvent extends Numbered {
  readonly kind: 'sendEvent'
  readonly instanceId: string
  readonly name: string
  readonly input?: Payload
}

/** A workflow of its own: nobody waits for it, and nobody hears how it ends. */
export interface StartWorkflow extends Numbered {
  readonly kind: 'startWorkflow'
  readonly name: string
  readonly instanceId: string
  readonly input?: Payload
  /** It does not begin before; ms since the epoch. */
  readonly startAt?: number
  readonly tags?: Tags
}

export type Command =
  | ScheduleTask
  | CreateTimer
  | CancelTimer
  | CancelTask
  | CreateChild
  | SendEvent
  | StartWorkflow

/** True for a command that has the number of another one, which it cancels. */
export function isCancellation({ kind }: Command): boolean {
  return kind === 'cancelTimer' || kind === 'cancelTask'
}

/** True for a command that nothing answers. */
export function isOneWay({ kind }: Command): boolean {
  return kind === 'sendEvent' || kind === 'startWorkflow'
}

/** How a generation ends. */
export type Outcome =
  | { readonly kind: 'completed'; readonly output?: Payload }
  | { readonly kind: 'failed'; readonly failure: FailureDetails }
  /** `failure`: what could not be undone. */
  | { readonly kind: 'terminated'; readonly output?: Payload; readonly failure?: FailureDetails }
  | {
      readonly kind: 'continuedAsNew'
      readonly input?: Payload
      /** Events that nobody had taken and that go along, in order. */
      readonly unread: readonly EventRaised[]
    }

/** A command as an error message shows it. */
export function describeCommand(command: Command | undefined): string {
  if (!command) return 'nothing'
  switch (command.kind) {
    case 'scheduleTask':
      return `#${command.seq} activity '${command.name}' with input ${preview(command.input)}${describeRollback(command)}`
    case 'createTimer':
      return `#${command.seq} timer${describeName(command.name)}${describeOrigin(command.origin)}`
    case 'cancelTimer':
      return `cancellation of timer #${command.seq}`
    case 'cancelTask':
      return `cancellation of activity #${command.seq}`
    case 'createChild':
      return `#${command.seq} child workflow '${command.name}' (${command.instanceId}) with input ${preview(command.input)}`
    case 'sendEvent':
      return `#${command.seq} event '${command.name}' to ${command.instanceId} with data ${preview(command.input)}`
    case 'startWorkflow':
      return `#${command.seq} start of workflow '${command.name}' (${command.instanceId}) with input ${preview(command.input)}`
    default:
      return command satisfies never
  }
}

/** Whether the code asks for what the history records. Due times, tags and names of timers may differ: the recorded ones hold. */
export function sameCommand(a: Command, b: Command): boolean {
  if (a.seq !== b.seq) return false
  switch (a.kind) {
    case 'scheduleTask':
      return b.kind === a.kind && a.name === b.name && a.input === b.input && a.rollbackOf === b.rollbackOf
    case 'createTimer':
      return b.kind === a.kind && sameOrigin(a.origin, b.origin)
    case 'cancelTimer':
    case 'cancelTask':
      return b.kind === a.kind
    case 'createChild':
      return b.kind === a.kind && a.name === b.name && a.instanceId === b.instanceId && a.input === b.input
    case 'sendEvent':
    case 'startWorkflow':
      return b.kind === a.kind && a.name === b.name && a.instanceId === b.instanceId && a.input === b.input
    default:
      return a satisfies never
  }
}

function sameOrigin(a: TimerOrigin | undefined, b: TimerOrigin | undefined): boolean {
  if (a?.kind === 'externalEvent' && b?.kind === 'externalEvent') return eventKey(a.name) === eventKey(b.name)
  return a?.kind === b?.kind
}

function describeName(name: string | undefined): string {
  return name === undefined ? '' : ` '${name}'`
}

function describeRollback({ rollbackOf }: ScheduleTask): string {
  return rollbackOf === undefined ? '' : ` (rollback of #${rollbackOf})`
}

function describeOrigin(origin: TimerOrigin | undefined): string {
  if (!origin) return ''
  return origin.kind === 'retry'
    ? ` (back-off of #${origin.firstSeq})`
    : ` (timeout of event '${origin.name}')`
}

function preview(payload: Payload): string {
  if (payload === undefined) return 'undefined'
  return payload.length <= 80 ? payload : `${payload.slice(0, 80)}…`
}
