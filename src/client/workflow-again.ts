// What a program can do with an instance that has run: run it again.

export interface AgainOptions {
  /** The same request with the same key gets the same answer. Default over HTTP: a random one for each call. */
  readonly idempotencyKey?: string
}

export interface RestartOptions extends AgainOptions {
  /** A new instance with this id; `true`: with a random UUID. The old one stays. Left out: the same id begins anew. */
  readonly newInstanceId?: string | true
}

export interface RerunOptions extends AgainOptions {
  /** Default: a random UUID. */
  readonly newInstanceId?: string
  /** What the activity or child is given instead of its own input; `undefined` leaves it as it is. */
  readonly input?: unknown
  /** The id that the child has instead of its own. */
  readonly newChildInstanceId?: string
}

export interface WorkflowsAgain {
  /**
   * Begins a new instance with the past of one that has ended, up to an activity, timer or child of its last generation: that one is made
   * anew, with another input if one is given, and so is all that follows. What was under way beside it is made anew too.
   * @param eventId `seq` of the command, as the history has it
   * @returns the id of the new instance
   * @throws TenutoError `ERR_RERUN_WORKFLOW` (has not ended, or is a child), `ERR_RERUN_EVENT_NOT_FOUND`, `ERR_START_WORKFLOW` (the new id is
   *   taken), `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`, `INVALID_ARGUMENT`
   */
  rerunWorkflowFromEvent(instanceId: string, eventId: number, options?: RerunOptions): Promise<string>
  /**
   * Makes the failed activities and children of a failed instance anew, in place: all that succeeded stays. Its failed children are rewound
   * as well.
   * @throws TenutoError `ERR_REWIND_WORKFLOW` (has not failed, is a child, or a descendant has not ended), `INVALID_ARGUMENT`
   */
  rewindWorkflow(instanceId: string, options?: AgainOptions): Promise<void>
  /**
   * Starts the workflow of an instance again, with the input and the tags of its first start. Under its own id it begins anew once it has
   * ended, with all its descendants; what is kept of the life before is gone then.
   * @returns the id of the instance that runs
   * @throws TenutoError `ERR_RESTART_WORKFLOW` (has not ended, or a descendant has not), `ERR_START_WORKFLOW` (the new id is taken),
   *   `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `INVALID_ARGUMENT`
   */
  restartWorkflow(instanceId: string, options?: RestartOptions): Promise<string>
}
