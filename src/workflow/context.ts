// What workflow and activity code is handed. Names and meaning are Dapr's; what is more is said at each member.

import type { Duration } from './duration.ts'
import type { ActivityFunction, CallArguments, OutputOf, WorkflowFunction } from './functions.ts'
import type { Logger } from './logger.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { Task, TaskResults } from './task.ts'

export interface InlineOptions {
  /**
   * Results that may share one commit, 1 to 1,000. A host that dies takes up to so many steps along, and they run again: for activities that
   * bear that (idempotent ones). The results that belong together are those of inline calls with nothing else between them.
   */
  readonly commitEvery: number
}

export interface CallActivityOptions {
  /** Default: the activity's own, from `activity(fn, { retry })`; without one, a single attempt. */
  readonly retry?: RetryPolicy
  /**
   * Run the activity inside the turn that asks for it: no message, no further invocation; each result is one commit, unless it is told to
   * share one. For short steps. One whose host dies is run again, from the queue. Default: the activity's own; without one, false.
   */
  readonly inline?: boolean | InlineOptions
  /** Bound of one attempt, from its start (seconds or '30s'). Default: the activity's own; without one, none. */
  readonly timeout?: Duration
}

export interface CallChildWorkflowOptions {
  /** Default: `<parent id>:<sequence number as four hex digits>`, with the generation in between after a continue-as-new. */
  readonly instanceId?: string
  /** Each attempt is a new instance; the default id of a further attempt ends in its own sequence number. */
  readonly retry?: RetryPolicy
}

export interface WaitForExternalEventOptions {
  /** After this the task fails with TenutoError `EVENT_TIMEOUT`. 0: only what is buffered already. Negative or left out: wait for ever. */
  readonly timeout?: Duration
}

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
    ...args: CallArguments<F, CallActivityOptions>
  ): Task<OutputOf<F>>
  callActivity<O = unknown>(name: string, input?: unknown, options?: CallActivityOptions): Task<O>

  /** Starts a child workflow and waits for its end. A failed or terminated child fails the task with `TaskFailedError`. */
  callChildWorkflow<F extends WorkflowFunction>(
    workflow: F,
    ...args: CallArguments<F, CallChildWorkflowOptions>
  ): Task<OutputOf<F>>
  callChildWorkflow<O = unknown>(name: string, input?: unknown, options?: CallChildWorkflowOptions): Task<O>

  /**
   * A durable timer: never early, however long; a time in the past is due at once. Seconds, `'24h'` or a `Date`.
   * @throws TenutoError `INVALID_DURATION`
   */
  createTimer(fireAt: Date | Duration): Task<void>

  /**
   * The next external event of this name. Names compare without case; events wait in order of acceptance until somebody asks; each
   * goes to one waiter, first come first served. A cancelled or timed-out waiter takes none.
   */
  waitForExternalEvent<T = unknown>(name: string, options?: WaitForExternalEventOptions): Task<T>

  /** Raises an event in another instance; dropped when that does not exist or has ended. At least once, applied exactly once. */
  sendEvent(instanceId: string, eventName: string, data?: unknown): void

  /**
   * Ends this generation and starts the workflow anew with `input` and an empty history, as soon as control returns to the engine.
   * @param keepEvents true: events that nobody has taken yet go to the new generation; false (default): they are dropped.
   *   Events that had not been delivered yet go to the new generation in any case.
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

export interface ActivityContext {
  getWorkflowInstanceId(): string
  /** Dapr's name for the task id. */
  getWorkflowActivityId(): number
  /** Sequence number of the call within its generation. */
  readonly taskId: number
  /** Name under which the activity is registered. */
  readonly name: string
  /** 1 for the first attempt that the retry policy makes. A redelivery after a crash has the same number. */
  readonly attempt: number
  /** The same for every attempt and redelivery of one call, different for any other call: hand it to services that deduplicate. */
  readonly idempotencyKey: string
  /** Aborted when the timeout of the attempt has passed or the host shuts down. */
  readonly signal: AbortSignal
  /** W3C `traceparent` of the attempt, for services that are called without instrumentation. Absent where nothing is traced. */
  readonly traceparent?: string
  readonly logger: Logger
  /**
   * Lets somebody else complete this attempt, later: hand the token to them, and return. What the function returns then is ignored; the task
   * stays open until `client.completeActivity(token, output)` or `client.failActivity(token, error)`, or until its `timeout`, which counts
   * from the start of the attempt. If the function throws after this call, the attempt has failed and the token is void. Until it has
   * returned, and that is durable, it may be run again, as any activity; it gets the same token.
   * @throws TenutoError `ACTIVITY_INLINE` when it is called inline; whatever the store throws, and an attempt that passes that on has not
   *   failed, but is run again
   */
  completeLater(): Promise<string>
}
