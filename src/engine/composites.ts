// whenAll and whenAny. They listen to their tasks' states, so they nest in any depth and see tasks that completed before.

import { TenutoError } from '../workflow/errors.ts'
import type { CallSite } from './call-site.ts'
import { createTask, observe, stateOf, type TaskOwner, type TaskState } from './tasks.ts'

/** Completes with all results in order; fails with the first failure. */
export function whenAll(owner: TaskOwner, tasks: unknown, site: CallSite): TaskState {
  const states = statesOf('whenAll', tasks)
  const all = createTask(owner, { label: `whenAll of ${states.length}`, site, idle: true })
  let open = states.length
  const check = (state: TaskState): void => {
    if (state.status === 'failed') all.fail(state.value as Error)
    else if (--open === 0) all.complete(states.map((each) => each.awaited))
  }
  if (open === 0) all.complete([])
  for (const state of states) whenSettled(state, check)
  return all
}

/**
 * Completes with the first task that settles. @param inGenerator decides what the promise gives: in a generator the winning task, as in
 * Dapr; in an async function, where nobody could tell a task from its result by `await`, the winner's result or failure.
 */
export function whenAny(owner: TaskOwner, tasks: unknown, inGenerator: boolean, site: CallSite): TaskState {
  const states = statesOf('whenAny', tasks)
  if (states.length === 0) throw emptyWhenAny()
  const any = createTask(owner, { label: `whenAny of ${states.length}`, site, idle: true })
  const win = (winner: TaskState): void => {
    if (inGenerator) any.complete(winner.task)
    else if (winner.status === 'failed') any.fail(winner.value as Error)
    else any.completeAs(winner.task, winner.awaited)
  }
  for (const state of states) whenSettled(state, win)
  return any
}

/** Completes with the key of the first task that settles. */
export function whenAnyKey(
  owner: TaskOwner,
  tasks: Readonly<Record<string, unknown>>,
  site: CallSite,
): TaskState {
  const entries = Object.entries(tasks).map(([key, task]) => [key, stateOfTask('whenAny', task)] as const)
  if (entries.length === 0) throw emptyWhenAny()
  const keys = entries.map(([key]) => key).join(', ')
  const any = createTask(owner, { label: `whenAny of {${keys}}`, site, idle: true })
  for (const [key, state] of entries) {
    observe(state)
    whenSettled(state, () => any.complete(key))
  }
  return any
}

function whenSettled(state: TaskState, listener: (state: TaskState) => void): void {
  if (state.status === 'pending') state.listeners.push(() => listener(state))
  else listener(state)
}

function statesOf(method: string, tasks: unknown): TaskState[] {
  if (!Array.isArray(tasks)) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `${method} expects an array of tasks, got ${tasks === null ? 'null' : typeof tasks}.`,
    )
  }
  const states = Array.from(tasks, (task) => stateOfTask(method, task))
  for (const state of states) observe(state)
  return states
}

function stateOfTask(method: string, task: unknown): TaskState {
  const state = stateOf(task)
  if (state) return state
  const other = task === null ? 'null' : typeof task
  const what = task instanceof Promise ? 'a promise that is no task' : other
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `${method} expects tasks, got ${what}. For other promises use Promise.all or Promise.race.`,
  )
}

function emptyWhenAny(): TenutoError {
  return new TenutoError('EMPTY_WHEN_ANY', 'whenAny was called with no tasks: none can ever win.')
}
