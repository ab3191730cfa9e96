// Dapr's Task, which is a class there: programs name it as a type, and some ask `instanceof`.

import { stateOf } from '../engine/tasks.ts'
import type { TaskFailedError } from '../workflow/failure.ts'
import type { Task as EngineTask } from '../workflow/task.ts'

// oxlint-disable-next-line no-redeclare -- a type and a value of one name, as Dapr's class is
export type Task<T> = { getException(): TaskFailedError } & EngineTask<T>

/** Counts its tasks, as Dapr's does. */
export type WhenAllTask<T> = Task<T[]> & {
  readonly completedTasks: number
  pendingTasks(): number
}

export function toWhenAllTask<T>(all: Task<T[]>, tasks: readonly Task<T>[]): WhenAllTask<T> {
  const completed = (): number => tasks.filter(({ isComplete }) => isComplete).length
  return Object.defineProperties(all, {
    completedTasks: { get: completed },
    pendingTasks: { value: () => tasks.length - completed() },
  }) as WhenAllTask<T>
}

/** Only the engine makes tasks. */
export const Task = {
  [Symbol.hasInstance](value: unknown): value is Task<unknown> {
    return stateOf(value) !== undefined
  },
}
