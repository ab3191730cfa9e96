// Tasks: native promises that know their state. Whether somebody waits for one is seen through the `constructor` accessor of their
// prototype, which `await`, `then` and the combinators of Promise all read; their `then` is the native one and only notes that it was
// called. So a task behaves like any promise.

import { TenutoError } from '../workflow/errors.ts'
import type { Task } from '../workflow/task.ts'
import { type Caller, type CallSite, describeSite } from './call-site.ts'

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
  /** What `getResult()` gives or throws. */
  value: unknown
  /** What `await` gives: the value; for `whenAny([…])` in an async function the winner's. */
  awaited: unknown
  /** How often somebody awaits it. */
  awaits: number
  /** Called once, synchronously, when it settles. */
  readonly listeners: (() => void)[]
  onCancel: (() => void) | undefined
  complete(value: unknown): void
  /** @param awaited what `await` gives instead of the value */
  completeAs(value: unknown, awaited: unknown): void
  fail(error: Error): void
}

/** What tasks tell their execution. */
export interface TaskOwner {
  /** Tasks that nobody has waited for yet. */
  readonly unobserved: Set<TaskState>
  /** How often tasks were awaited, failed ones apart. Every proper yield of an async generator takes one. */
  awaits: number
  /** True once a task was used by `then`, `Promise.all` and the like: what a later yield waits for cannot be told any more. */
  chained: boolean
  /** @throws TenutoError `CALL_OUTSIDE_TURN` when the code goes on although no turn of it is under way */
  assertInTurn(what: (task: TaskState) => string, task: TaskState): void
  /** The workflow has called this function, and commands may follow from it. */
  entered(caller: Caller): void
}

const stateKey = Symbol('task state')
type WithState = Task<unknown> & { [stateKey]: TaskState }

const members: PropertyDescriptorMap & ThisType<WithState> = {
  constructor: { get: readConstructor },
  // oxlint-disable-next-line unicorn/no-thenable -- a promise is thenable by birth
  then: { value: chain },
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
  // Whoever hands a task on as data has forgotten to await it; JSON would make `{}` of it.
  toJSON: { value: refuseJson },
  // What console.log shows.
  [Symbol.for('nodejs.util.inspect.custom')]: {
    value() {
      return `Task { ${this[stateKey].label}, ${this[stateKey].status} }`
    },
  },
}
const prototype = Object.create(Promise.prototype, members) as object

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
  promise.then(ignore, ignore)
  const task = promise as WithState
  const state: TaskState = {
    task,
    owner,
    label: options.label,
    site: options.site,
    idle: options.idle ?? false,
    status: 'pending',
    value: undefined,
    awaited: undefined,
    awaits: 0,
    listeners: [],
    onCancel: options.onCancel,
    complete: (value) => state.completeAs(value, value),
    completeAs(value, awaited) {
      if (state.status !== 'pending') return
      state.status = 'completed'
      state.value = value
      state.awaited = awaited
      resolveAsIs(resolve, awaited)
      notify(state)
    },
    fail(error) {
      if (state.status !== 'pending') return
      state.status = 'failed'
      state.value = error
      // Those who await it get an exception, and no yield takes it.
      owner.awaits -= state.awaits
      reject(error)
      notify(state)
    },
  }
  task[stateKey] = state
  Object.setPrototypeOf(task, prototype)
  owner.unobserved.add(state)
  return state
}

/** The state behind a task; undefined for anything else. */
export function stateOf(value: unknown): TaskState | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<WithState>)[stateKey] : undefined
}

/** Records that somebody waits for the task, or needs to wait no more. */
export function observe(state: TaskState): void {
  state.owner.unobserved.delete(state)
}

/** Resolves with a value that may be a task itself: a promise adopts whatever has a `then`, so for this moment it has none. */
function resolveAsIs(resolve: (value: unknown) => void, value: unknown): void {
  const task = stateOf(value)?.task
  // oxlint-disable-next-line unicorn/no-thenable -- on the contrary
  if (task) Reflect.defineProperty(task, 'then', { value: undefined, configurable: true })
  resolve(value)
  if (task) Reflect.deleteProperty(task, 'then')
}

function ignore(): void {}

function notify(state: TaskState): void {
  state.onCancel = undefined
  for (const listener of state.listeners) listener()
  state.listeners.length = 0
}

function readConstructor(this: WithState): PromiseConstructor {
  const state = this[stateKey]
  state.owner.assertInTurn(awaitOf, state)
  observe(state)
  if (state.status !== 'failed') {
    state.awaits++
    state.owner.awaits++
  }
  return Promise
}

function chain(this: WithState, ...handlers: Parameters<Promise<unknown>['then']>): Promise<unknown> {
  this[stateKey].owner.chained = true
  return Promise.prototype.then.apply(this, handlers)
}

function getResult(this: WithState): unknown {
  const state = this[stateKey]
  if (state.status === 'pending') throw notComplete(state, 'getResult')
  observe(state)
  if (state.status === 'failed') throw state.value
  return state.value
}

function getException(this: WithState): unknown {
  const state = this[stateKey]
  if (state.status !== 'failed') throw notComplete(state, 'getException')
  observe(state)
  return state.value
}

function cancel(this: WithState): boolean {
  const state = this[stateKey]
  if (state.status !== 'pending') return false
  state.owner.assertInTurn(cancelOf, state)
  state.owner.entered(cancel)
  observe(state)
  state.onCancel?.()
  state.fail(new TenutoError('TASK_CANCELLED', `${state.label} was cancelled by the workflow.`))
  return true
}

function refuseJson(this: WithState): never {
  throw new TypeError(`it holds the task of ${this[stateKey].label} itself; is an await or yield missing?`)
}

function awaitOf(state: TaskState): string {
  return `An await of ${state.label}`
}

function cancelOf(state: TaskState): string {
  return `cancel() of ${state.label}`
}

function notComplete(state: TaskState, member: string): TenutoError {
  const waiting = [...state.owner.unobserved].filter((other) => other.idle && other !== state)
  const hint = waiting.map(
    (other) =>
      ` ${other.label}${describeSite(other.site)} was never awaited: is an await or yield missing there?`,
  )
  const what = state.status === 'completed' ? 'has not failed' : 'has not completed'
  return new TenutoError(
    'TASK_NOT_COMPLETE',
    `${member}() of ${state.label} was called, but the task ${what}.${hint.join('')}`,
  )
}
