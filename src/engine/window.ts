// The replay window: the only span of time in which workflow code runs.
//
// It opens on a fresh macrotask, when no microtask and no nextTick of anybody else is queued, and until it closes nothing yields to the
// event loop: between two events there is only `process.nextTick`, whose callback runs when the microtask queue is empty. So inside the
// window only the workflow's own continuations can run, "nothing left to run" is a fact and not a timeout, and no two windows overlap.
// While it is open, clock and random of the process are the workflow's, and everything that would reach outside throws.

import { AsyncLocalStorage } from 'node:async_hooks'
import process from 'node:process'
import { assert } from '../workflow/errors.ts'
import { showWindow, ticksQueued, type WindowView } from './window-globals.ts'

/** What the open window shows to the code in it. */
export interface WindowScope extends WindowView {
  now: number
  /** Told about rejections that nobody handled, also after the window has closed. */
  readonly onUnhandledRejection: (reason: unknown) => void
}

/** Waits until every continuation that can run has run. */
export type Drain = () => Promise<void>

const nextTick = process.nextTick.bind(process)
const nextMacrotask = setImmediate

/** Ticks of one round run before the microtasks that the first of them makes, so a round in which ticks were queued is not the last. */
const drain: Drain = async () => {
  for (let before = -1; before !== ticksQueued();) {
    before = ticksQueued()
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
  const close = showWindow(scope)
  try {
    return await owner.run(scope, turns, drain)
  } finally {
    close()
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

/**
 * Keeps rejections that nobody handles in workflow code from ending the process, and reports them to their execution. Rejections of the
 * host keep their default: they are thrown, or left to the host's own listeners. @returns the function that takes the trap away.
 */
export function trapUnhandledRejections(): () => void {
  if (++trapped === 1) process.on('unhandledRejection', trap)
  let isTaken = false
  return () => {
    if (!isTaken && --trapped === 0) process.off('unhandledRejection', trap)
    isTaken = true
  }
}

/** How many ask for the trap: one listener serves them all, so that each knows whether there is another. */
let trapped = 0

function trap(reason: unknown): void {
  const scope = owner.getStore()
  if (scope) return scope.onUnhandledRejection(reason)
  // As if the trap were not there: without another listener it is an uncaught exception.
  if (process.listenerCount('unhandledRejection') === 1) throw reason
}
