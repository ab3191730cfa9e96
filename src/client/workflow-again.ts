// What a program can do with an instance that has run: run it again.

export interface AgainOptions {
  /** The same request with the same key gets the same answer. Default over HTTP: a random one for each call. */
  readonly idempotencyKey?: string
}

export interface RestartOptions extends AgainOptions {
  /** A new instance with this id; `true`: with a random UUID. The old one stays. Left out: the same id begins anew. */
  readonly newInstanceId?: string | true
}

export interface WorkflowsAgain {
  /**
   * Starts the workflow of an instance again, with the input and the tags of its first start. Under its own id it begins anew once it has
   * ended, with all its descendants; what is kept of the life before is gone then.
   * @returns the id of the instance that runs
   * @throws TenutoError `ERR_RESTART_WORKFLOW` (has not ended, or a descendant has not), `ERR_START_WORKFLOW` (the new id is taken),
   *   `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `INVALID_ARGUMENT`
   */
  restartWorkflow(instanceId: string, options?: RestartOptions): Promise<string>
}
