// What activity code is handed: Dapr's two methods, and what Tenuto adds.

import type { ActivityContext } from '../workflow/context.ts'
import type { Logger } from '../workflow/logger.ts'

export class WorkflowActivityContext {
  readonly #inner: ActivityContext

  constructor(inner: ActivityContext) {
    this.#inner = inner
  }

  getWorkflowInstanceId(): string {
    return this.#inner.getWorkflowInstanceId()
  }

  /** Sequence number of the call within its generation. */
  getWorkflowActivityId(): number {
    return this.#inner.getWorkflowActivityId()
  }

  /** Not Dapr's. The same for every attempt and redelivery of one call: hand it to services that deduplicate. */
  get idempotencyKey(): string {
    return this.#inner.idempotencyKey
  }

  /** Not Dapr's. 1 for the first attempt that the retry policy makes. */
  get attempt(): number {
    return this.#inner.attempt
  }

  /** Not Dapr's. Aborted when the host shuts down. */
  get signal(): AbortSignal {
    return this.#inner.signal
  }

  /** Not Dapr's. The token by which somebody else completes this attempt, later; what the function returns is ignored then. */
  async completeLater(): Promise<string> {
    return this.#inner.completeLater()
  }

  /** Not Dapr's. Tells that the attempt is alive, and how far it has come; resolves when that is durable. */
  async heartbeat(details?: unknown): Promise<void> {
    return this.#inner.heartbeat(details)
  }

  /** Not Dapr's. Details of the last heartbeat of this call, by whichever attempt. */
  async lastHeartbeatDetails<T = unknown>(): Promise<T | undefined> {
    return this.#inner.lastHeartbeatDetails<T>()
  }

  /** Not Dapr's. */
  get logger(): Logger {
    return this.#inner.logger
  }
}
