// What can be asked for to run an instance again.

export interface RestartRequest {
  readonly instanceId: string
  /** A new instance with this id; the old one stays. Left out: the same id begins anew. */
  readonly newInstanceId?: string
  /** The same request again gets the same answer. */
  readonly idempotencyKey?: string
}

export interface RunningAgain {
  /**
   * Starts the workflow of an instance again, with the input and the tags of its first start. With its own id: once it has ended, with all
   * its descendants, it makes way for the new life.
   * @throws TenutoError `ERR_RESTART_WORKFLOW` (has not ended, or a descendant has not), `ERR_START_WORKFLOW` (the new id is taken),
   *   `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `INVALID_ARGUMENT` (the key)
   */
  restart(request: RestartRequest): Promise<{ readonly instanceId: string }>
}
