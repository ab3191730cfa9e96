// What a program can do with workflows, whatever stands behind: a backend in this process, or an API over HTTP.

import type { IdReusePolicy, PurgeOptions, Recursion, WorkflowHistory } from '../runtime/management.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import type { CallArguments, OutputOf, WorkflowFunction } from '../workflow/functions.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import type { WorkflowsAgain } from './workflow-again.ts'
import type { ManyWorkflows } from './workflow-list.ts'

declare const startedAs: unique symbol

/** An instance id that knows at compile time which workflow function it was started with, so that its output has a type. */
export type InstanceId<W> = string & { readonly [startedAs]: W }

/** The id that starting `W` gives: a plain one where the workflow is only a name. */
export type InstanceIdOf<W> = W extends string ? string : InstanceId<W>

/** The output behind an id; unknown for a plain string. */
export type OutputOfId<I> = I extends InstanceId<infer W> ? OutputOf<W> : unknown

/** The arguments after the workflow: the input may be left out only where the function takes none or an optional one. */
export type ScheduleArguments<W> = W extends string
  ? [input?: unknown, options?: ScheduleOptions]
  : CallArguments<W, ScheduleOptions>

export interface ScheduleOptions {
  /** Letters, digits, `_` and `-`, at most 64 characters. Default: a random UUID. */
  readonly instanceId?: string
  /** The workflow does not begin before. Default: at once. */
  readonly startTime?: Date
  /** Starting again with the same key gives the same instance, even after it has ended. */
  readonly idempotencyKey?: string
  /** By which lists find it: at most 16 names of letters, digits, `_`, `-` and `.`, with texts. */
  readonly tags?: Readonly<Record<string, string>>
  /** What happens when the id is taken. Default: `replaceFinished`. */
  readonly idReusePolicy?: IdReusePolicy
}

export interface RaiseEventOptions {
  /** An event with the same id is applied once. Default: a random one, so each call counts. */
  readonly eventId?: string
}

export interface WaitOptions {
  /** Ms to wait. Default: 60,000. */
  readonly timeoutMs?: number
}

/** An instance as the outside sees it, with decoded payloads. */
export interface WorkflowState<Output = unknown> {
  readonly instanceId: string
  readonly workflowName: string
  readonly runtimeStatus: RuntimeStatus
  readonly createdAt: Date
  readonly lastUpdatedAt: Date
  /** Of one that has ended: when. `lastUpdatedAt` is the same then, and does not change any more. */
  readonly endedAt?: Date
  readonly input?: unknown
  readonly output?: Output
  readonly customStatus?: unknown
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

/**
 * Workflows from outside. Every call may throw TenutoError: `ERR_INSTANCE_ID_NOT_FOUND` for an unknown or purged instance where nothing
 * else is said, `UNAVAILABLE`, `SEND_FAILED` or `STORAGE_*` when the platform does not accept it, and the codes named at each.
 */
export interface WorkflowClient extends ManyWorkflows, WorkflowsAgain {
  /**
   * Starts a workflow, given by function or by name. Once it resolves, the instance will run.
   * @throws TenutoError `WORKFLOW_NOT_REGISTERED` for a function without a name, `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`,
   *   `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_TOO_DEEP`, `INVALID_ARGUMENT`, `ERR_START_WORKFLOW` (the id is
   *   taken, see `idReusePolicy`; or the idempotency key is that of an instance which was purged since)
   */
  scheduleNewWorkflow<W extends WorkflowFunction | string>(
    workflow: W,
    ...args: ScheduleArguments<W>
  ): Promise<InstanceIdOf<W>>
  /** @returns undefined for an unknown or purged instance */
  getWorkflowState<I extends string>(instanceId: I): Promise<WorkflowState<OutputOfId<I>> | undefined>
  /** What the instance went through, for `replay`. @returns undefined for an unknown or purged instance */
  getWorkflowHistory(instanceId: string): Promise<WorkflowHistory | undefined>
  /**
   * Waits until the instance is no longer `PENDING`.
   * @returns undefined for an unknown or purged instance
   * @throws TenutoError `WAIT_TIMEOUT`, `INVALID_ARGUMENT`
   */
  waitForWorkflowStart<I extends string>(
    instanceId: I,
    options?: WaitOptions,
  ): Promise<WorkflowState<OutputOfId<I>> | undefined>
  /**
   * Waits until the instance has ended, well or not.
   * @returns undefined for an unknown or purged instance
   * @throws TenutoError `WAIT_TIMEOUT`, `INVALID_ARGUMENT`
   */
  waitForWorkflowCompletion<I extends string>(
    instanceId: I,
    options?: WaitOptions,
  ): Promise<WorkflowState<OutputOfId<I>> | undefined>
  /**
   * Raises an external event. Once it resolves, the event is applied exactly once, or dropped because the instance ended before.
   * @throws TenutoError `ERR_RAISE_EVENT_WORKFLOW` (has ended), `ERR_EVENT_ID_CONFLICT` (the id was used with other data),
   *   `ERR_EVENT_BUFFER_FULL`, `ERR_WORKFLOW_EVENT_NAME_MISSING`, `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`
   */
  raiseEvent(
    instanceId: string,
    eventName: string,
    data?: unknown,
    options?: RaiseEventOptions,
  ): Promise<void>
  /**
   * Completes an activity that has called `ctx.completeLater()`, with the output that its call then has. Once it resolves, that counts,
   * unless another outcome (a timeout, another run of the same attempt) came first. The same completion again has no further effect.
   * @throws TenutoError `ERR_ACTIVITY_TOKEN_INVALID`, `ERR_COMPLETE_ACTIVITY` (nobody waits any more), `ERR_ACTIVITY_OUTCOME_CONFLICT`
   *   (it has another outcome), `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`
   */
  completeActivity(token: string, output?: unknown): Promise<void>
  /**
   * Fails it instead, as if the activity had thrown `error`: its retry policy decides what follows. A further attempt has a token of its own.
   * @throws TenutoError as `completeActivity`
   */
  failActivity(token: string, error: unknown): Promise<void>
  /**
   * Ends the instance, with an output if one is given, and after it the children that it waits for. No effect on one that has ended.
   * @throws TenutoError `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`
   */
  terminateWorkflow(instanceId: string, output?: unknown, options?: Recursion): Promise<void>
  /** @throws TenutoError `ERR_PAUSE_WORKFLOW` (has ended) */
  suspendWorkflow(instanceId: string, reason?: string): Promise<void>
  /** @throws TenutoError `ERR_RESUME_WORKFLOW` (has ended) */
  resumeWorkflow(instanceId: string, reason?: string): Promise<void>
  /**
   * Removes an ended instance with all that is kept of it, after those of its children that have ended. With `force` also what has not ended,
   * without asking its code or any host: a parent that waits for it hears of a failure.
   * @returns false for an unknown or purged instance
   * @throws TenutoError `ERR_PURGE_WORKFLOW` (has not ended, and not by force)
   */
  purgeWorkflow(instanceId: string, options?: PurgeOptions): Promise<boolean>
}
