// What the process looks like to code inside the replay window: its clock and random are the workflow's, and whatever would reach outside
// is refused. Every replacement looks whether the window is open, so one that somebody has kept works as before when it is closed.

import nodeCrypto, { randomUUID as boundRandomUuid } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import { TenutoError } from '../workflow/errors.ts'
import { uniform, uuid } from './random.ts'

/** Clock and random of the open window. */
export interface WindowView {
  /** Workflow time, ms since the epoch. */
  readonly now: number
  /** uint32 */
  readonly random: () => number
}

type AnyFunction = (...args: never[]) => unknown
type Inside = (view: WindowView, ...args: never[]) => unknown

interface Patch {
  readonly holder: object
  readonly name: string
  readonly value: unknown
}

let shown: WindowView | undefined

/** How many ticks code in a window has ever queued. */
let ticks = 0

/** Shows the view to the whole process. @returns what puts back all that it found */
export function showWindow(view: WindowView): () => void {
  bindRandomUuid()
  shown = view
  const found = patches.map(({ holder, name }) => Object.getOwnPropertyDescriptor(holder, name))
  for (const [at, { holder, name, value }] of patches.entries()) {
    const enumerable = found[at]?.enumerable ?? false
    Object.defineProperty(holder, name, { value, configurable: true, writable: true, enumerable })
  }
  return () => {
    shown = undefined
    for (const [at, { holder, name }] of patches.entries()) {
      const original = found[at]
      if (original) Object.defineProperty(holder, name, original)
      else Reflect.deleteProperty(holder, name)
    }
  }
}

export function ticksQueued(): number {
  return ticks
}

/** The function at `name`, and inside the window `inside`. */
function replaced(holder: object, name: string, inside: Inside): Patch {
  const original = Reflect.get(holder, name) as AnyFunction
  function replacement(this: unknown, ...args: never[]): unknown {
    return shown ? inside(shown, ...args) : Reflect.apply(original, this, args)
  }
  Object.defineProperty(replacement, 'name', { value: original.name })
  return { holder, name, value: replacement }
}

function refused(holder: object, name: string, what: string, instead: string): Patch {
  return replaced(holder, name, () => {
    throw new TenutoError(
      'NOT_DETERMINISTIC_HERE',
      `${what} was used inside a workflow, where it would give another result at each replay: ${instead}.`,
    )
  })
}

const RealDate = Date

/** `Date` with the clock of the window. The prototype is the same, so dates made outside are instances too. */
const WindowDate: DateConstructor = new Proxy(RealDate, {
  apply: () => (shown ? new RealDate(shown.now).toString() : RealDate()),
  construct: (target, args: never[], newTarget: AnyFunction) =>
    Reflect.construct(target, shown && args.length === 0 ? [shown.now] : args, newTarget) as Date,
})

function fillRandom({ random }: WindowView, view: ArrayBufferView): ArrayBufferView {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let at = 0; at < bytes.length; at++) bytes[at] = random()
  return view
}

const realNextTick = process.nextTick.bind(process)

function countedTick(_view: WindowView, callback: AnyFunction, ...args: unknown[]): void {
  ticks++
  realNextTick(callback, ...args)
}

const inActivity = 'call an activity that does it'
const byTimer = 'wait with ctx.createTimer'
const nodeRandomUuid = replaced(nodeCrypto, 'randomUUID', ({ random }) => uuid(random))

/** What somebody has imported by name (`setTimeout` of node:timers/promises) cannot be replaced: awaiting it is found as FOREIGN_AWAIT. */
const patches: readonly Patch[] = [
  { holder: globalThis, name: 'Date', value: WindowDate },
  { holder: RealDate.prototype, name: 'constructor', value: WindowDate },
  replaced(RealDate, 'now', ({ now }) => now),
  replaced(performance, 'now', ({ now }) => now),
  replaced(Math, 'random', ({ random }) => uniform(random)),
  replaced(globalThis.crypto, 'randomUUID', ({ random }) => uuid(random)),
  replaced(globalThis.crypto, 'getRandomValues', fillRandom),
  nodeRandomUuid,
  replaced(process, 'nextTick', countedTick),
  refused(globalThis, 'fetch', 'fetch', inActivity),
  refused(globalThis, 'setTimeout', 'setTimeout', byTimer),
  refused(globalThis, 'setInterval', 'setInterval', byTimer),
  refused(globalThis, 'setImmediate', 'setImmediate', byTimer),
  refused(AbortSignal, 'timeout', 'AbortSignal.timeout', byTimer),
]

/**
 * `import { randomUUID } from 'node:crypto'` is the usual way to it, so that name is bound for good to the function which looks whether
 * the window is open; the module object itself is left alone. Somebody else may bind it anew, so every window looks.
 */
function bindRandomUuid(): void {
  if (boundRandomUuid === nodeRandomUuid.value) return
  const original = Object.getOwnPropertyDescriptor(nodeCrypto, 'randomUUID')
  nodeCrypto.randomUUID = nodeRandomUuid.value as typeof nodeCrypto.randomUUID
  syncBuiltinESMExports()
  if (original) Object.defineProperty(nodeCrypto, 'randomUUID', original)
}
