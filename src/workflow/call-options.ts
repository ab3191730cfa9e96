// What workflow code may say about a call, beside its input.

import type { ActivityContext } from './context.ts'
import type { Duration } from './duration.ts'
import type { ActivityFunction } from './functions.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { Tags } from './tags.ts'

export interface InlineOptions {
  /**
   * Results that may share one commit, 1 to 1,000. A host that dies takes up to so many steps along, and they run again, under the same
   * idempotency keys: for activities that bear that. Only inline calls share that nothing else can come between: as long as a timer, a
   * child, a queued activity or an event is waited for, something is to be undone at the end (`rollback`), or a call has failed, each
   * result is committed by itself.
   */
  readonly commitEvery: number
}

interface RollbackOptions {
  /** Default: the activity's own; without one, a single attempt. */
  readonly retry?: RetryPolicy
  /** Bound of one attempt (seconds or '30s'). Default: the activity's own; without one, none. */
  readonly timeout?: Duration
}

/** An activity that takes what the call gave, by function or by name. */
export type RollbackActivity<Output> = ((ctx: ActivityContext, input: Output) => unknown) | string

/** What undoes a call that has completed: an activity, with the call's output as its input unless another one is given. */
export type Rollback<Output = never> =
  | RollbackActivity<Output>
  | (RollbackOptions & { readonly activity: RollbackActivity<Output> })
  | (RollbackOptions & { readonly activity: ActivityFunction | string; readonly input: unknown })

export interface CallActivityOptions<Output = never> {
  /**
   * Undoes the call, once it has completed, when the workflow fails, is terminated, or asks for it by `rollback()`. The last call is undone
   * first, one after the other. A call that is still under way then is waited for, and undone if it completes.
   */
  readonly rollback?: Rollback<Output>
  /** Default: the activity's own, from `activity(fn, { retry })`; without one, a single attempt. */
  readonly retry?: RetryPolicy
  /**
   * Run the activity inside the turn that asks for it: no message, no further invocation; each result is one commit, unless it is told to
   * share one. For short steps. One whose host dies is run again, from the queue. Default: the activity's own; without one, false.
   */
  readonly inline?: boolean | InlineOptions
  /** Bound of one attempt, from its start (seconds or '30s'). Default: the activity's own; without one, none. */
  readonly timeout?: Duration
  /**
   * The longest time between two calls of `ctx.heartbeat` (and from the start to the first). The attempt fails with
   * `ACTIVITY_HEARTBEAT_TIMEOUT` when it is over. It is the running host that watches; one that is lost is noticed when the message comes
   * again. Default: the activity's own; without one, none.
   */
  readonly heartbeatTimeout?: Duration
  /**
   * No attempt begins twice: one that was begun and whose host was lost fails with `ACTIVITY_INTERRUPTED` instead of being run again, and the
   * retry policy does not try again by itself. For effects that must not be doubled and cannot be made idempotent. Costs one more write
   * and read a call. Default: the activity's own; without one, false: activities run at least once.
   */
  readonly atMostOnce?: boolean
}

export interface CallChildWorkflowOptions<Output = never> {
  /** Undoes the child, once it has completed; as that of an activity. */
  readonly rollback?: Rollback<Output>
  /** Default: `<parent id>:<sequence number as four hex digits>`, with the generation in between after a continue-as-new. */
  readonly instanceId?: string
  /**
   * Each attempt is a new instance, which names that of the first one (`retryOf`); the default id of a further attempt ends in its own
   * sequence number. An id that somebody else holds is a failure like any other: a further attempt succeeds once it is free.
   */
  readonly retry?: RetryPolicy
}

export interface ScheduleNewWorkflowOptions {
  /** Default: `<caller's id>-<n>`, where n counts the ids given by default; `<caller's id>:g<generation>-<n>` after a continue-as-new. */
  readonly instanceId?: string
  /** The workflow does not begin before: a date, or so long from now. Default: at once. */
  readonly startTime?: Date | Duration
  /** By which lists find it: at most 16 names of letters, digits, `_`, `-` and `.`, with texts. */
  readonly tags?: Tags
}

export interface CreateTimerOptions {
  /** Shown in the history and in messages. Default: none. */
  readonly name?: string
}

export interface WaitForExternalEventOptions {
  /** After this the task fails with TenutoError `EVENT_TIMEOUT`. 0: only what is buffered already. Negative or left out: wait for ever. */
  readonly timeout?: Duration
}
