/**
 * What a durable call returns: a native Promise (so `await`, `Promise.all`, `Promise.race` work as always) with the members of
 * Dapr's Task. Only the engine makes tasks.
 */
export interface Task<T> extends Promise<T> {
  /** True once the task has a result, has failed or was cancelled. */
  readonly isComplete: boolean
  /** True once the task has failed or was cancelled. */
  readonly isFailed: boolean
  /** The result. @throws the failure of a failed task; TenutoError `TASK_NOT_COMPLETE` before completion. */
  getResult(): T
  /** The failure. @throws TenutoError `TASK_NOT_COMPLETE` when the task has not failed. */
  getException(): Error
  /**
   * Gives the task up: it fails with TenutoError `TASK_CANCELLED`; a timer's schedule is deleted, a waiter takes no event, a late
   * result is ignored. A queued activity is not run any more where whoever takes it knows of that, and one that runs hears of it by its
   * `signal`; see `ActivityContext.signal`. One with a `rollback`, an inline one and a child run on.
   * @returns false when the task had completed before.
   */
  cancel(): boolean
}

/** The results of a tuple or list of tasks, as `whenAll` gives them. */
export type TaskResults<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> }
