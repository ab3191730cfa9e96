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
const RealDate = Date
const drain: Drain = () => new Promise((resolve) => nextTick(resolve))

let open: WindowScope | undefined
let underWay = 0

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
  patch()
  try {
    return await owner.run(scope, turns, drain)
  } finally {
    unpatch()
    open = undefined
    underWay--
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

class WindowDate extends RealDate {
  constructor(...args: [] | [string | number | Date] | number[]) {
    // The spread keeps the number of arguments, on which the meaning of Date depends.
    if (args.length === 0) super(scopeNow())
    else super(...(args as [number]))
  }
  static override now(): number {
    return scopeNow()
  }
}
Object.defineProperty(WindowDate, 'name', { value: 'Date' })

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

/** [holder, name, what it is inside the window]. Captured imports (`import { setTimeout } from 'node:timers/promises'`) cannot be replaced: awaiting them is found as FOREIGN_AWAIT. */
const patches: readonly (readonly [object, string, unknown])[] = [
  [globalThis, 'Date', WindowDate],
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
]

const originals = patches.map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name))

function patch(): void {
  for (let at = 0; at < patches.length; at++) {
    const [holder, name, value] = patches[at]!
    if (originals[at]) (holder as Record<string, unknown>)[name] = value
    else Object.defineProperty(holder, name, { value, configurable: true, writable: true })
  }
}

function unpatch(): void {
  for (let at = 0; at < patches.length; at++) {
    const [holder, name] = patches[at]!
    const original = originals[at]
    if (original) Object.defineProperty(holder, name, original)
    else delete (holder as Record<string, unknown>)[name]
  }
}

/**
 * Keeps rejections that nobody handles in workflow code from ending the process, and reports them to their execution. Rejections of the
 * host keep their default: they are thrown. @returns the function that takes the trap away.
 */
export function trapUnhandledRejections(): () => void {
  const trap = (reason: unknown): void => {
    const scope = owner.getStore()
    if (!scope) throw reason
    scope.onUnhandledRejection(reason)
  }
  process.on('unhandledRejection', trap)
  return () => process.off('unhandledRejection', trap)
}
