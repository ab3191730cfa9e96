// What can be done to instances from outside: the operations behind the HTTP API and the clients.

import type { FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import type { ActivityCompletions } from './complete-activity.ts'
import type { Episode } from './episode.ts'
import type { InstanceFilter } from './instance-filter.ts'
import type { RaiseEventRequest, StartRequest } from './requests.ts'
import type { RunningAgain } from './running-again.ts'

export type { IdReusePolicy, RaiseEventRequest, StartRequest } from './requests.ts'

/** An instance as the outside sees it. Payloads are raw text. */
export interface InstanceView {
  readonly instanceId: string
  readonly workflowName: string
  readonly status: RuntimeStatus
  readonly createdAt: Date
  readonly lastUpdatedAt: Date
  /** Of one that has ended: when. `lastUpdatedAt` is the same then, and does not change any more. */
  readonly endedAt?: Date
  readonly input?: Payload
  readonly output?: Payload
  readonly customStatus?: Payload
  /** Of a `FAILED` instance; of a `STALLED` one the reason. */
  readonly failure?: FailureDetails
  /** Set when it is a child. */
  readonly parentInstanceId?: string
  readonly tags?: Readonly<Record<string, string>>
  /** Set on a rerun: the instance and the command that it was begun from. Not in lists without payloads. */
  readonly rerunOf?: { readonly instanceId: string; readonly eventId: number }
  /**
   * Set on a child that was tried again: the instance of the first attempt, and which attempt this is, from 2. Not in lists without
   * payloads.
   */
  readonly retryOf?: { readonly instanceId: string; readonly attempt: number }
}

export interface ListRequest extends InstanceFilter {
  /** 1 to 1,000. Default: 100. */
  readonly pageSize?: number
  /** From the page before. */
  readonly pageToken?: string
  /** Default: the oldest first. */
  readonly newestFirst?: boolean
  /** With input, output, custom status and failure, at the price of a read for each instance. Default: without. */
  readonly withPayloads?: boolean
}

export interface InstanceList {
  readonly instances: readonly InstanceView[]
  /** There may be more, even if this page is short or empty. */
  readonly nextPageToken?: string
}

export interface InstanceCount {
  readonly count: number
  /** The count was cut: there may be more. */
  readonly more?: true
}

/** What can be done to many instances at once. */
export type ActOnMany =
  | { readonly kind: 'suspend' | 'resume'; readonly reason?: string }
  | { readonly kind: 'terminate'; readonly output?: Payload }
  | { readonly kind: 'purge' }

export interface ManyRequest {
  readonly act: ActOnMany
  /** Those on which the act has no effect are passed over. */
  readonly filter: InstanceFilter
  /** Allows an empty filter. Default: false. */
  readonly all?: boolean
  /** Where an earlier call stopped. */
  readonly pageToken?: string
}

export interface ManyReport {
  readonly done: number
  /** Time was up: the same call goes on here. */
  readonly nextPageToken?: string
}

/** All that is kept of what an instance went through: what a replay takes. */
export interface WorkflowHistory {
  readonly instanceId: string
  readonly workflowName: string
  /** Oldest first; those of generations that continue-as-new has left behind may be gone. */
  readonly episodes: readonly Episode[]
}

/** `start`: no longer PENDING. `completion`: terminal. `change`: anything later than `since`, or terminal. */
export type WaitUntil = 'start' | 'completion' | { readonly changeSince: Date }

export interface Recursion {
  /** Whether it holds for children, and theirs, too. Default: true. */
  readonly recursive?: boolean
}

export interface PurgeOptions extends Recursion {
  /** An instance that has not ended is ended first, without asking its code or any host; its parent hears of a failure. Default: false. */
  readonly force?: boolean
}

/**
 * Every operation may throw TenutoError: `ERR_INSTANCE_ID_NOT_FOUND` for an unknown or purged instance (except `get`, `waitFor`), the
 * codes named at each, and `UNAVAILABLE`, `SEND_FAILED` or `STORAGE_*` when the platform does not accept it; then nothing is known, and the same call
 * may be made again.
 */
export interface Management extends ActivityCompletions, RunningAgain {
  /**
   * Accepts a start: once it resolves, the instance will run.
   * @throws TenutoError `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `ERR_WORKFLOW_NAME_MISSING`, `PAYLOAD_TOO_LARGE`,
   *   `PAYLOAD_TOO_DEEP`, `INVALID_ARGUMENT` (tags), `ERR_START_WORKFLOW` (the id is taken: see `idReusePolicy`; or the idempotency key is
   *   that of an instance which was purged since, or was started with something else)
   */
  start(request: StartRequest): Promise<{ readonly instanceId: string }>
  /** @returns undefined for an unknown or purged instance */
  get(instanceId: string): Promise<InstanceView | undefined>
  history(instanceId: string): Promise<WorkflowHistory>
  /**
   * By age. What lists show may be behind by moments.
   * @throws TenutoError `INVALID_ARGUMENT`
   */
  list(request: ListRequest): Promise<InstanceList>
  /** Up to 10,000, or what can be counted in 20 seconds. @throws TenutoError `INVALID_ARGUMENT` */
  count(filter: InstanceFilter): Promise<InstanceCount>
  /**
   * Does to all instances that the filter means what can be done to one, for 20 seconds. When it throws, some of it may be done: the same
   * call can be made again.
   * @throws TenutoError `INVALID_ARGUMENT` (an empty filter without `all`, among others), `PAYLOAD_TOO_LARGE`
   */
  actOnMany(request: ManyRequest): Promise<ManyReport>
  /** Waits at most `timeoutMs`. @returns the newest view, whether or not it has come to what was waited for; undefined when unknown */
  waitFor(
    instanceId: string,
    until: WaitUntil,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<InstanceView | undefined>
  /**
   * Accepts an event: once it resolves, the event is applied exactly once, or dropped because the instance ended before.
   * @throws TenutoError `ERR_RAISE_EVENT_WORKFLOW` (has ended), `ERR_EVENT_ID_CONFLICT` (the id was used with other data),
   *   `ERR_EVENT_BUFFER_FULL`, `ERR_WORKFLOW_EVENT_NAME_MISSING`
   */
  raiseEvent(request: RaiseEventRequest): Promise<void>
  /** @throws TenutoError `ERR_PAUSE_WORKFLOW` (has ended) */
  suspend(instanceId: string, reason?: string): Promise<void>
  /** @throws TenutoError `ERR_RESUME_WORKFLOW` (has ended) */
  resume(instanceId: string, reason?: string): Promise<void>
  /** No effect on an instance that has ended. Children that it waits for are terminated after it. */
  terminate(instanceId: string, output?: Payload, options?: Recursion): Promise<void>
  /**
   * Children that have ended are purged before it; with `force` the others too. An activity that runs is not interrupted; what it brings is
   * dropped.
   * @throws TenutoError `ERR_PURGE_WORKFLOW` (has not ended, and not by force; or its id began another life meanwhile)
   */
  purge(instanceId: string, options?: PurgeOptions): Promise<void>
}
