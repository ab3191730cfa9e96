// What a test sees of its environment.

import type { WorkflowClient } from '../client/workflow-client.ts'
import type { WorkflowHistory } from '../runtime/management.ts'
import type { Retention } from '../runtime/retention.ts'
import type { ActivityContext } from '../workflow/context.ts'
import type { Duration } from '../workflow/duration.ts'
import type { ActivityFunction, InputOf } from '../workflow/functions.ts'
import type { Logger } from '../workflow/logger.ts'
import type { Tracer } from '../workflow/tracer.ts'
import type { ActivityCall } from './staged-activities.ts'

export interface TestEnvironmentOptions {
  /** Stand-ins by the name under which the activity is registered. */
  readonly activities?: Readonly<Record<string, ActivityFunction>>
  /** Where the clock begins. Default: 2030-01-01T00:00:00Z. */
  readonly now?: Date
  /** Messages that wait are received in an order that the seed fixes. Default: in the order in which they were sent. */
  readonly seed?: number | string
  /** Whether time skips while the test waits for an instance. Default: true; false leaves it to `advance` and `skipTo`. */
  readonly skipTime?: boolean
  /** How long instances are kept after their end, by the clock of the environment. Default: until they are purged. */
  readonly retention?: Retention
  /** Real ms for which an activity may hold the clock before what waits fails with `TEST_STUCK`. Default: 4,000. */
  readonly patienceMs?: number
  /** Default: silent. */
  readonly logger?: Logger
  /** Spans begin and end by the clock of the environment. Default: nothing is traced. */
  readonly tracer?: Tracer
}

/** What may stand in for an activity: the same input, the same result, at once or by a promise. */
export type MockOf<F extends ActivityFunction> = (
  ctx: ActivityContext,
  input: InputOf<F>,
) => Awaited<ReturnType<F>> | Promise<Awaited<ReturnType<F>>>

export interface CrashOptions {
  /** Count the commits of this instance alone. Default: all. */
  readonly instanceId?: string
}

export interface DeliverTwiceOptions {
  /** How many messages. Default: every one from now on. */
  readonly times?: number
  /** When the copy comes. Default: at once, so that an activity runs twice at the same time. */
  readonly after?: Duration
}

/**
 * An app in memory, with verbs for what goes wrong. Every method throws TenutoError `UNAVAILABLE` once it is closed, and those that take
 * an activity `ACTIVITY_NOT_REGISTERED` for one that is not of the app.
 */
export interface TestEnvironment extends AsyncDisposable {
  /**
   * The client of production. When a call comes back, all is done that can be done without time passing or a running activity ending.
   * Waiting for an instance lets time skip to whatever comes next, with no limit unless `timeoutMs` sets one by this clock; it throws
   * TenutoError `TEST_STUCK` when nothing is left to happen.
   */
  readonly client: WorkflowClient
  /** The clock of the environment. */
  now(): Date
  /** Lets time pass, with all that falls into it. Seconds, or `'24h'`. @throws TenutoError `INVALID_ARGUMENT`, `INVALID_DURATION`, `TEST_STUCK` */
  advance(duration: Duration): Promise<void>
  /** Lets time pass up to a moment. @throws TenutoError `INVALID_ARGUMENT` for one in the past, `TEST_STUCK` */
  skipTo(time: Date): Promise<void>
  /** Resolves when no activity runs and all is done that can be done without time passing. @throws TenutoError `TEST_STUCK` */
  settle(): Promise<void>
  /** For the stand-in of an activity: waits by the clock of the environment. @throws TenutoError `INVALID_ARGUMENT` anywhere else */
  sleep(duration: Duration, signal?: AbortSignal): Promise<void>

  /** Replaces an activity, given by function or by name, from its next run on. */
  mockActivity<F extends ActivityFunction>(activity: F, mock: MockOf<F>): void
  mockActivity(name: string, mock: ActivityFunction): void
  /** The next runs of the activity fail (`times`: one, or `Infinity`), before a stand-in or the activity itself is asked. */
  failActivity(
    activity: ActivityFunction | string,
    options?: { readonly times?: number; readonly error?: Error },
  ): void
  /** The next runs of the activity never come back: only their timeout ends them. */
  hangActivity(activity: ActivityFunction | string, options?: { readonly times?: number }): void
  /**
   * Lets time pass until the wait for an event, made with a timeout, is over.
   * @throws TenutoError `INVALID_ARGUMENT` when the instance does not wait so, `ERR_INSTANCE_ID_NOT_FOUND`
   */
  timeOutEvent(instanceId: string, eventName: string): Promise<void>
  /** The host dies now: its memory is gone, what it had not acknowledged comes again to the next one. */
  crash(): void
  /** The host dies right after the `count`-th commit from now, before anything that the commit asked for is sent. */
  crashAfterCommit(count: number, options?: CrashOptions): void
  /** Messages that are sent from now on are delivered twice. */
  deliverTwice(options?: DeliverTwiceOptions): void

  /** What activities were called with, in order, the struck and the repeated runs too. */
  calls<F extends ActivityFunction>(activity: F): readonly ActivityCall<InputOf<F>>[]
  calls(activity?: string): readonly ActivityCall[]
  /** What `replay` takes. @throws TenutoError `ERR_INSTANCE_ID_NOT_FOUND` */
  history(instanceId: string): Promise<WorkflowHistory>
  /** Ends the environment: whatever still waits fails, running activities are told by their signal. */
  close(): Promise<void>
}
