// The replay window: the only span of time in which workflow code runs.
//
// It opens on a fresh macrotask, when no microtask and no nextTick of anybody else is queued, and until it closes nothing yields to the
// event loop: between two events there is only `process.nextTick`, whose callback runs when the microtask queue is empty. So inside the
// window only the workflow's own continuations can run, "nothing left to run" is a fact and not a timeout, and no two windows overlap.
// While it is open, clock and random of the process are the workflow's, and everything that would reach outside throws.
import { AsyncLocalStorage } from 'node:async_hooks'
import nodeCrypto from 'node:crypto'
import process from 'node:process'
import { assert, TenutoError } from '../workflow/errors.ts'
import { uniform, uuid } from './random.ts'

/** What the open window shows to the code in it. */
export interface WindowScope {
  /** Workflow time, ms since the epoch. */
  now: number
  /** uint32 */
  readonly random: () => number
  /** Told about rejections that nobody handled, also after the window has closed. */
  readonly onUnhandledRejection: (reason: unknown) => void
}

/** Waits until every continuation that can run has run. */
export type Drain = () => Promise<void>

const nextTick = process.nextTick.bind(process)
const nextMacrotask = setImmediate

/** How many ticks code in the window has queued (console.log does). Those of one round run before the microtasks of the first. */
let ticks = 0
const drain: Drain = async () => {
  for (let before = -1; before !== ticks; ) {
    before = ticks
    await new Promise<void>((resolve) => nextTick(resolve))
  }
}

let open: WindowScope | undefined
let underWay = 0
/** What waits for the window to close. */
let later: (() => void)[] = []

/** Workflow code runs in this context, so a rejection that nobody handles can be told from the host's own. */
const owner = new AsyncLocalStorage<WindowScope>()

/**
 * Opens the window, runs `turns` in it and closes it. `turns` may await nothing but `drain`.
 */
export async function runInWindow<T>(scope: WindowScope, turns: (drain: Drain) => Promise<T>): Promise<T> {
  underWay++
  await new Promise<void>((resolve) => nextMacrotask(resolve))
  assert(open === undefined, 'two replay windows are open at once')
  open = scope
  const unpatch = patch()
  try {
    return await owner.run(scope, turns, drain)
  } finally {
    unpatch()
    open = undefined
    underWay--
    runLater()
  }
}

/** Runs code of the host (a logger, say) where no window can confuse it: now, or as soon as the open one has closed. */
export function afterWindow(task: () => void): void {
  if (open) later.push(task)
  else task()
}

function runLater(): void {
  const tasks = later
  later = []
  for (const task of tasks) {
    try {
      task()
    } catch {
      // A logger that fails must not undo a turn.
    }
  }
}

/** Windows that are open or about to open: a virtual clock stands still for them. */
export function windowsUnderWay(): number {
  return underWay
}

/** True while the window of this scope is open. */
export function isOpen(scope: WindowScope): boolean {
  return open === scope
}

function scopeNow(): number {
  assert(open, 'the clock of the window was read outside it')
  return open.now
}

const RealDate = Date

/** `Date` with the clock of the window. It shares its prototype, so dates made outside are instances too. */
const WindowDate = new Proxy(RealDate, {
  apply: () => new RealDate(scopeNow()).toString(),
  construct: (target, args: [], newTarget: Caller) =>
    Reflect.construct(target, args.length === 0 ? [scopeNow()] : args, newTarget) as Date,
})
type Caller = (...args: never[]) => unknown

function refuse(what: string, instead: string): () => never {
  return () => {
    throw new TenutoError('NOT_DETERMINISTIC_HERE', `${what} was used inside a workflow, where it would give another result at each replay: ${instead}.`)
  }
}

const inActivity = 'call an activity that does it'
const byTimer = 'wait with ctx.createTimer'
const fillRandom = <T extends ArrayBufferView>(view: T): T => {
  assert(open, 'random of the window was read outside it')
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let at = 0; at < bytes.length; at++) bytes[at] = open.random()
  return view
}
const randomUuid = () => {
  assert(open, 'random of the window was read outside it')
  return uuid(open.random)
}
const countedTick: typeof process.nextTick = (callback: Caller, ...args: unknown[]) => {
  ticks++
  nextTick(callback as () => void, ...args)
}

/** [holder, name, what it is inside the window]. Captured imports (`import { setTimeout } from 'node:timers/promises'`) cannot be replaced: awaiting them is found as FOREIGN_AWAIT. */
const patches: readonly (readonly [object, string, unknown])[] = [
  [globalThis, 'Date', WindowDate],
  [RealDate, 'now', scopeNow],
  [RealDate.prototype, 'constructor', WindowDate],
  [globalThis, 'fetch', refuse('fetch', inActivity)],
  [globalThis, 'setTimeout', refuse('setTimeout', byTimer)],
  [globalThis, 'setInterval', refuse('setInterval', byTimer)],
  [globalThis, 'setImmediate', refuse('setImmediate', byTimer)],
  [AbortSignal, 'timeout', refuse('AbortSignal.timeout', byTimer)],
  [Math, 'random', () => (assert(open, 'random of the window was read outside it'), uniform(open.random))],
  [performance, 'now', scopeNow],
  [globalThis.crypto, 'randomUUID', randomUuid],
  [globalThis.crypto, 'getRandomValues', fillRandom],
  [nodeCrypto, 'randomUUID', randomUuid],
  [process, 'nextTick', countedTick],
]

/** @returns what puts back all that it found */
function patch(): () => void {
  const found = patches.map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name))
  for (const [at, [holder, name, value]] of patches.entries()) {
    const enumerable = found[at]?.enumerable ?? false
    Object.defineProperty(holder, name, { value, configurable: true, writable: true, enumerable })
  }
  return () => {
    for (const [at, [holder, name]] of patches.entries()) {
      const original = found[at]
      if (original) Object.defineProperty(holder, name, original)
      else Reflect.deleteProperty(holder, name)
    }
  }
}

/**
 * Keeps rejections that nobody handles in workflow code from ending the process, and reports them to their execution. Rejections of the
 * host keep their default: they are thrown, or left to the host's own listeners. @returns the function that takes the trap away.
 */
export function trapUnhandledRejections(): () => void {
  const trap = (reason: unknown): void => {
    const scope = owner.getStore()
    if (scope) return scope.onUnhandledRejection(reason)
    // As if the trap were not there: without another listener it is an uncaught exception.
    if (process.listenerCount('unhandledRejection') === 1) throw reason
  }
  process.on('unhandledRejection', trap)
  return () => process.off('unhandledRejection', trap)
}
