// Tasks: native promises that know their state. Whether somebody waits for one is seen through its own `constructor` accessor, which
// `await`, `then` and the combinators of Promise all read; nothing is overridden, so the promise behaves like any other.
import { TenutoError } from '../workflow/errors.ts'
import type { Task } from '../workflow/task.ts'

export interface TaskState {
  readonly task: Task<unknown>
  readonly owner: TaskOwner
  /** How an error message names it: `callActivity('charge')`. */
  readonly label: string
  /** Where it was called, for those that warn about it. */
  readonly site: CallSite | undefined
  /** True when it does nothing unless somebody waits: timers and composites. */
  readonly idle: boolean
  status: 'pending' | 'completed' | 'failed'
  value: unknown
  /** Called once, synchronously, when it settles. */
  readonly listeners: (() => void)[]
  onCancel: (() => void) | undefined
  /** @param promised what the promise gives, where that is not the value itself */
  complete(value: unknown, promised?: unknown): void
  fail(error: Error): void
}

/** What tasks tell their execution. */
export interface TaskOwner {
  /** Tasks that nobody has waited for yet. */
  readonly unobserved: Set<TaskState>
  /** Counts every look at a task: a yield that looked at none yielded something else. */
  observations: number
}

/** A stack captured at a durable call; formatted only when it is shown. */
export interface CallSite {
  stack?: string
}

/** What the promise of `whenAny([…])` resolves to in a generator, where the driver puts the winner in its place. */
export class Winner {
  readonly task: Task<unknown>
  constructor(task: Task<unknown>) {
    this.task = task
  }
}

const stateKey = Symbol('task state')
type WithState = Task<unknown> & { [stateKey]: TaskState }

const members: PropertyDescriptorMap & ThisType<WithState> = {
  constructor: {
    configurable: true,
    get() {
      observe(this[stateKey])
      return Promise
    },
  },
  isComplete: {
    get() {
      return this[stateKey].status !== 'pending'
    },
  },
  isFailed: {
    get() {
      return this[stateKey].status === 'failed'
    },
  },
  getResult: { value: getResult },
  getException: { value: getException },
  cancel: { value: cancel },
}

export interface TaskOptions {
  readonly label: string
  readonly site?: CallSite | undefined
  readonly idle?: boolean
  readonly onCancel?: () => void
}

/** A new pending task. */
export function createTask(owner: TaskOwner, options: TaskOptions): TaskState {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  // A failed task that nobody waits for is reported by the engine; it must not end the process.
  promise.catch(() => {})
  const task = Object.defineProperties(promise, members) as WithState
  const state: TaskState = {
    task,
    owner,
    label: options.label,
    site: options.site,
    idle: options.idle ?? false,
    status: 'pending',
    value: undefined,
    listeners: [],
    onCancel: options.onCancel,
    complete(value, promised = value) {
      if (state.status !== 'pending') return
      state.status = 'completed'
      state.value = value
      resolve(promised)
      notify(state)
    },
    fail(error) {
      if (state.status !== 'pending') return
      state.status = 'failed'
      state.value = error
      reject(error)
      notify(state)
    },
  }
  task[stateKey] = state
  owner.unobserved.add(state)
  return state
}

/** The state behind a task; undefined for anything else. */
export function stateOf(value: unknown): TaskState | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<WithState>)[stateKey] : undefined
}

/** Records that somebody waits for the task. */
export function observe(state: TaskState): void {
  state.owner.observations++
  state.owner.unobserved.delete(state)
}

/** First line of the user's own code in a captured stack: `at file:line:column`. */
export function describeSite(site: CallSite | undefined): string {
  const frame = site?.stack?.split('\n').slice(1).find((line) => !line.includes('node:internal'))
  return frame ? ` ${frame.trim()}` : ''
}

function notify(state: TaskState): void {
  state.onCancel = undefined
  for (const listener of state.listeners) listener()
  state.listeners.length = 0
}

function getResult(this: WithState): unknown {
  const { status, value } = this[stateKey]
  if (status === 'completed') return value
  if (status === 'failed') throw value
  throw notComplete(this[stateKey], 'getResult')
}

function getException(this: WithState): unknown {
  if (this[stateKey].status === 'failed') return this[stateKey].value
  throw notComplete(this[stateKey], 'getException')
}

function cancel(this: WithState): boolean {
  const state = this[stateKey]
  if (state.status !== 'pending') return false
  state.onCancel?.()
  state.fail(new TenutoError('TASK_CANCELLED', `${state.label} was cancelled by the workflow.`))
  return true
}

function notComplete(state: TaskState, member: string): TenutoError {
  const waiting = [...state.owner.unobserved].filter((other) => other.idle && other !== state)
  const hint = waiting.map((other) => ` ${other.label}${describeSite(other.site)} was never awaited: is an await or yield missing there?`)
  const what = state.status === 'completed' ? 'has not failed' : 'has not completed'
  return new TenutoError('TASK_NOT_COMPLETE', `${member}() of ${state.label} was called, but the task ${what}.${hint.join('')}`)
}
