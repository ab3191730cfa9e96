// What workflow and activity code is handed. Names and meaning are Dapr's; what is more is said at each member.

import type {
  CallActivityOptions,
  CallChildWorkflowOptions,
  CreateTimerOptions,
  ScheduleNewWorkflowOptions,
  WaitForExternalEventOptions,
} from './call-options.ts'
import type { Duration } from './duration.ts'
import type { ActivityFunction, CallArguments, OutputOf, WorkflowFunction } from './functions.ts'
import type { Logger } from './logger.ts'
import type { Task, TaskResults } from './task.ts'

export type { ActivityContext } from './activity-context.ts'

export interface WorkflowContext {
  getWorkflowInstanceId(): string
  /** Name under which the running workflow is registered. */
  getWorkflowName(): string
  /** The version that the instance runs on; absent when its workflow had none when it began. */
  readonly version?: string
  /** The workflow's clock: the time of the event it is handling, the same at every replay. `Date` shows it too. */
  getCurrentUtcDateTime(): Date
  /** True while the past is being replayed. */
  isReplaying(): boolean
  /**
   * Whether to take the new way at this place. True for an instance that comes here for the first time under code that asks; false for one
   * that came past it under code that did not. The answer is recorded and stays, until continue-as-new. Code that does not ask any more for
   * what an instance has recorded stalls it (`PATCH_MISMATCH`).
   */
  isPatched(name: string): boolean

  /**
   * Calls an activity, by function or by name. It runs at least once; without faults exactly once.
   * The task fails with `TaskFailedError` when the last attempt has failed.
   * @throws TenutoError `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`, `INVALID_RETRY_POLICY`, `ACTIVITY_NOT_REGISTERED` at the call
   */
  callActivity<F extends ActivityFunction>(
    activity: F,
    ...args: CallArguments<F, CallActivityOptions<OutputOf<F>>>
  ): Task<OutputOf<F>>
  callActivity<O = unknown>(name: string, input?: unknown, options?: CallActivityOptions): Task<O>

  /** Starts a child workflow and waits for its end. A failed or terminated child fails the task with `TaskFailedError`. */
  callChildWorkflow<F extends WorkflowFunction>(
    workflow: F,
    ...args: CallArguments<F, CallChildWorkflowOptions<OutputOf<F>>>
  ): Task<OutputOf<F>>
  callChildWorkflow<O = unknown>(name: string, input?: unknown, options?: CallChildWorkflowOptions): Task<O>

  /**
   * A durable timer: never early, however long; a time in the past is due at once. Seconds, `'24h'` or a `Date`.
   * @throws TenutoError `INVALID_DURATION`, `INVALID_ARGUMENT` (the name)
   */
  createTimer(fireAt: Date | Duration, options?: CreateTimerOptions): Task<void>

  /**
   * The next external event of this name. Names compare without case; events wait in order of acceptance until somebody asks; each
   * goes to one waiter, first come first served. A cancelled or timed-out waiter takes none.
   */
  waitForExternalEvent<T = unknown>(name: string, options?: WaitForExternalEventOptions): Task<T>

  /**
   * Starts a workflow that goes its own way: nobody waits for it, its failure is its own, and terminating or purging the caller leaves it
   * alone. Started exactly once. With the id of an instance that runs, or whose descendants do, the start is dropped with a line in the
   * log; an ended one is replaced.
   * @returns the id of the new instance
   * @throws TenutoError `INVALID_ARGUMENT`, `INVALID_DURATION`, `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`, `WORKFLOW_NOT_REGISTERED`
   *   for a function without a name
   */
  scheduleNewWorkflow<F extends WorkflowFunction>(
    workflow: F,
    ...args: CallArguments<F, ScheduleNewWorkflowOptions>
  ): string
  scheduleNewWorkflow(name: string, input?: unknown, options?: ScheduleNewWorkflowOptions): string

  /**
   * Undoes now what has been done so far: the rollbacks of all calls that have completed, the last one first, and of those that are under
   * way, once they have. What was undone is not undone again.
   * @returns a task that fails with TenutoError `ROLLBACK_FAILED` when some of them failed; the others have run nevertheless
   */
  rollback(): Task<void>

  /** What has been done so far stays done: forgets the rollbacks of all calls that have completed. */
  discardRollbacks(): void

  /** Raises an event in another instance; dropped when that does not exist or has ended. At least once, applied exactly once. */
  sendEvent(instanceId: string, eventName: string, data?: unknown): void

  /**
   * Ends this generation and starts the workflow anew with `input` and an empty history, as soon as control returns to the engine.
   * @param keepEvents true: events that nobody has taken yet go to the new generation; false (default): they are dropped.
   *   Events that had not been delivered yet go to the new generation in any case.
   * @throws TenutoError `ROLLBACK_PENDING` when there is something to undo still: run it by `rollback()`, or `discardRollbacks()`
   */
  continueAsNew(input?: unknown, keepEvents?: boolean): void

  /** Shown in the status of the instance. A string is kept as it is, anything else as JSON; undefined clears it. */
  setCustomStatus(status: unknown): void

  /** All results, in the order of the tasks; fails as soon as one fails. No tasks: completes at once with []. */
  whenAll<const T extends readonly Task<unknown>[]>(tasks: T): Task<TaskResults<T>>

  /**
   * The first task that completes, failed or not. `whenAny({ a, b })` gives its key and reads best with `await`;
   * `whenAny([a, b])` gives the winning task in a generator (as in Dapr), and in an async function the winner's result or failure.
   * @throws TenutoError `EMPTY_WHEN_ANY`
   */
  whenAny<T extends Readonly<Record<string, Task<unknown>>>>(tasks: T): Task<Extract<keyof T, string>>
  whenAny<const T extends readonly Task<unknown>[]>(tasks: T): Task<T[number]>

  /** A UUID that is the same at every replay and differs between instances, generations and calls. */
  newGuid(): string

  /** Silent while replaying. Lines reach the host's logger when the turn is over, in order. */
  readonly logger: Logger
}
