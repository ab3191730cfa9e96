// Dapr's Task, which is a class there: programs name it as a type, and some ask `instanceof`.

import { stateOf } from '../engine/tasks.ts'
import type { Task as EngineTask } from '../workflow/task.ts'

// oxlint-disable-next-line no-redeclare -- a type and a value of one name, as Dapr's class is
export type Task<T> = EngineTask<T>

/** Only the engine makes tasks. */
export const Task = {
  [Symbol.hasInstance](value: unknown): value is Task<unknown> {
    return stateOf(value) !== undefined
  },
}
