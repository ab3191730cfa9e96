// What can be done to instances from outside: the operations behind the HTTP API and the clients.

import type { FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import type { Episode } from './episode.ts'

export interface StartRequest {
  readonly workflowName: string
  /** Left out: a random UUID. */
  readonly instanceId?: string
  readonly input?: Payload
  /** Ms since the epoch; the first turn is not before. */
  readonly startAt?: number
  /** A start with the same key gets the same answer for as long as the row exists, also when the instance has ended. */
  readonly idempotencyKey?: string
  readonly tags?: Readonly<Record<string, string>>
}

export interface RaiseEventRequest {
  readonly instanceId: string
  readonly eventName: string
  readonly data?: Payload
  /** The same id is applied once; left out: a random one, so each call counts. */
  readonly eventId?: string
}

/** An instance as the outside sees it. Payloads are raw text. */
export interface InstanceView {
  readonly instanceId: string
  readonly workflowName: string
  readonly status: RuntimeStatus
  readonly createdAt: Date
  readonly lastUpdatedAt: Date
  readonly input?: Payload
  readonly output?: Payload
  readonly customStatus?: Payload
  /** Of a `FAILED` instance; of a `STALLED` one the reason. */
  readonly failure?: FailureDetails
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

/**
 * Every operation may throw TenutoError: `ERR_INSTANCE_ID_NOT_FOUND` for an unknown or purged instance (except `get`, `waitFor`), the
 * codes named at each, and `UNAVAILABLE`, `SEND_FAILED` or `STORAGE_*` when the platform does not accept it; then nothing is known, and the same call
 * may be made again.
 */
export interface Management {
  /**
   * Accepts a start: once it resolves, the instance will run.
   * @throws TenutoError `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `ERR_WORKFLOW_NAME_MISSING`, `PAYLOAD_TOO_LARGE`,
   *   `PAYLOAD_TOO_DEEP`, `ERR_START_WORKFLOW` (a live instance with this id was started with something else)
   */
  start(request: StartRequest): Promise<{ readonly instanceId: string }>
  /** @returns undefined for an unknown or purged instance */
  get(instanceId: string): Promise<InstanceView | undefined>
  history(instanceId: string): Promise<WorkflowHistory>
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
  /** Children that have ended are purged before it. @throws TenutoError `ERR_PURGE_WORKFLOW` (has not ended) */
  purge(instanceId: string, options?: Recursion): Promise<void>
}
