// Runs a workflow function to its end, whatever its style: async function, async generator, generator, or a plain one.

import { TenutoError } from '../workflow/errors.ts'
import type { TaskOwner } from './tasks.ts'

/** The workflow function bound to its context and input. */
type Start = () => unknown

type Settled =
  | { readonly failed: false; readonly value: unknown }
  | { readonly failed: true; readonly error: unknown }

/**
 * Starts the workflow and follows it to its end.
 * @param lastCall names the last durable call, for messages
 */
export async function drive(start: Start, owner: TaskOwner, lastCall: () => string): Promise<unknown> {
  const returned = start()
  if (!isGenerator(returned)) return returned
  if (Symbol.asyncIterator in returned) return driveAsync(returned, owner, lastCall)
  return driveSync(returned, lastCall)
}

async function driveSync(
  generator: Generator<unknown, unknown, unknown>,
  lastCall: () => string,
): Promise<unknown> {
  let step = generator.next()
  while (!step.done) {
    if (!(step.value instanceof Promise)) throw notATask(step.value, lastCall())
    const settled = await settle(step.value)
    step = settled.failed ? generator.throw(settled.error) : generator.next(settled.value)
  }
  return step.value
}

/** An async generator awaits what it yields, so only results come by; that a task was yielded shows in the count of awaits. */
async function driveAsync(
  generator: AsyncGenerator<unknown, unknown, unknown>,
  owner: TaskOwner,
  lastCall: () => string,
): Promise<unknown> {
  let step = await generator.next()
  let yields = 0
  while (!step.done) {
    if (owner.awaits > yields) yields++
    else if (!owner.chained && !isEmptyList(step.value)) throw notATask(step.value, lastCall())
    step = await generator.next(step.value)
  }
  return step.value
}

/** What a yielded promise comes to, wrapped: the winner of whenAny is a task itself, and must not be awaited in its turn. */
async function settle(yielded: Promise<unknown>): Promise<Settled> {
  try {
    return { failed: false, value: await yielded }
  } catch (error) {
    return { failed: true, error }
  }
}

/** By its shape, so that a generator which a compiler has rewritten counts too; an array or a string, which a workflow may return, does not. */
export function isGenerator(
  value: unknown,
): value is Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { next, throw: raise } = value as Partial<Generator>
  const iterable = Symbol.iterator in value || Symbol.asyncIterator in value
  return iterable && typeof next === 'function' && typeof raise === 'function'
}

/** `yield Promise.all([])` touches no task, and waits for nothing. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function notATask(value: unknown, lastCall: string): TenutoError {
  const isObject = typeof value === 'object' || typeof value === 'function'
  // oxlint-disable-next-line typescript/no-base-to-string -- it is no object
  const text = isObject ? Object.prototype.toString.call(value) : `${String(value)} (${typeof value})`
  return new TenutoError(
    'NOT_A_TASK',
    `The workflow yielded ${text}; a task was expected. It happened ${lastCall}.`,
  )
}
