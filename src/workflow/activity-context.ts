// What activity code is handed. Names and meaning are Dapr's where Dapr has them.

import type { Logger } from './logger.ts'

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
  /**
   * Aborted when a time of the attempt is up (`timeout`, `heartbeatTimeout`), when its workflow cancels the task or is terminated, or when the
   * host shuts down. Of a cancellation or a termination a run on the queue hears at once where the same process has committed it, as on the
   * embedded backend, and elsewhere at its next heartbeat; the reason is a TenutoError `ACTIVITY_CANCELLED`. What an instance that ends
   * otherwise has not awaited runs on.
   */
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
  /**
   * Tells that the attempt is alive, and how far it has come. Resolves when that is durable: calls that come within a second share one write,
   * so do not await it in a loop of short steps. `details` (at most 64 KB of JSON) are what `lastHeartbeatDetails` gives to the next attempt
   * and to a redelivery of this one; left out, those of the last call stay. A run that another
   * run of the same attempt has overtaken tells in vain. Costs one write, one read, and a further read the first time.
   * @throws TenutoError `ACTIVITY_INLINE`, `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`; whatever the store throws, and an attempt that
   *   passes that on has not failed, but is run again
   */
  heartbeat(details?: unknown): Promise<void>
  /** Details of the last heartbeat of this call, by whichever attempt and run; undefined when there was none. Kept for 15 days. */
  lastHeartbeatDetails<T = unknown>(): Promise<T | undefined>
}
