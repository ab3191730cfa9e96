// What can be asked for to run an instance again.

import type { Payload } from '../workflow/payload.ts'

export interface RestartRequest {
  readonly instanceId: string
  /** A new instance with this id; the old one stays. Left out: the same id begins anew. */
  readonly newInstanceId?: string
  /** The same request again gets the same answer. */
  readonly idempotencyKey?: string
}

export interface RerunRequest {
  readonly instanceId: string
  /** Sequence number of the activity, timer or child of the last generation that is made anew first. */
  readonly eventId: number
  /** Left out: a random UUID. */
  readonly newInstanceId?: string
  /** What the activity or child is given instead of its own input. */
  readonly input?: Payload
  /** The id that the child has instead of its own. */
  readonly newChildInstanceId?: string
  /** The same request again gets the same answer. */
  readonly idempotencyKey?: string
}

export interface RewindRequest {
  readonly instanceId: string
  /** The same request again gets the same answer. */
  readonly idempotencyKey?: string
}

export interface RunningAgain {
  /**
   * Begins a new instance with the past of one that has ended, up to a command of its last generation: that one, and whatever follows, is
   * made anew. What was under way beside it is made anew too.
   * @throws TenutoError `ERR_RERUN_WORKFLOW` (has not ended, or is a child), `ERR_RERUN_EVENT_NOT_FOUND`, `ERR_START_WORKFLOW` (the new id is
   *   taken), `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `PAYLOAD_TOO_LARGE`, `PAYLOAD_TOO_DEEP`, `INVALID_ARGUMENT` (an input
   *   for a timer, a child's id for what is none, the same id again, the key)
   */
  rerun(request: RerunRequest): Promise<{ readonly instanceId: string }>
  /**
   * Makes the failed activities and children of a failed instance anew, in place: all that succeeded stays. Its failed children are rewound
   * as well.
   * @throws TenutoError `ERR_REWIND_WORKFLOW` (has not failed, is a child, or a descendant has not ended), `INVALID_ARGUMENT` (the key)
   */
  rewind(request: RewindRequest): Promise<{ readonly instanceId: string }>
  /**
   * Starts the workflow of an instance again, with the input and the tags of its first start. With its own id: once it has ended, with all
   * its descendants, it makes way for the new life.
   * @throws TenutoError `ERR_RESTART_WORKFLOW` (has not ended, or a descendant has not), `ERR_START_WORKFLOW` (the new id is taken),
   *   `ERR_INSTANCE_ID_INVALID`, `ERR_INSTANCE_ID_TOO_LONG`, `INVALID_ARGUMENT` (the key)
   */
  restart(request: RestartRequest): Promise<{ readonly instanceId: string }>
}
