// Runs a workflow function to its end, whatever its style: async function, async generator, generator, or a plain one.
import { TenutoError } from '../workflow/errors.ts'
import { stateOf, type TaskOwner, Winner } from './tasks.ts'

type AnyGenerator = Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown>

/** The workflow function bound to its context and input. */
type Start = () => unknown

/**
 * Starts the workflow and follows it to its end.
 * @param lastCall names the last durable call, for messages
 */
export async function drive(start: Start, owner: TaskOwner, lastCall: () => string): Promise<unknown> {
  const returned = start()
  return isGenerator(returned) ? driveGenerator(returned, owner, lastCall) : returned
}

async function driveGenerator(generator: AnyGenerator, owner: TaskOwner, lastCall: () => string): Promise<unknown> {
  let seen = owner.observations
  let step = await generator.next()
  while (!step.done) {
    const { value } = step
    // An async generator awaits what it yields, so the driver sees results; that a task was yielded shows in the observations.
    if (!stateOf(value) && !(value instanceof Promise) && owner.observations === seen) throw notATask(value, lastCall())
    const settled = await settle(value)
    seen = owner.observations
    step = settled.failed ? await generator.throw(settled.error) : await generator.next(settled.value)
  }
  return step.value
}

type Settled = { readonly failed: false; readonly value: unknown } | { readonly failed: true; readonly error: unknown }

async function settle(yielded: unknown): Promise<Settled> {
  try {
    const value = await yielded
    return { failed: false, value: value instanceof Winner ? value.task : value }
  } catch (error) {
    return { failed: true, error }
  }
}

/** True for generator objects only: a workflow may well return an array or a string, which are iterable too. */
export function isGenerator(value: unknown): value is AnyGenerator {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Generator]' || tag === '[object AsyncGenerator]'
}

function notATask(value: unknown, lastCall: string): TenutoError {
  const text = typeof value === 'object' ? Object.prototype.toString.call(value) : `${String(value)} (${typeof value})`
  return new TenutoError('NOT_A_TASK', `The workflow yielded ${text}; a task was expected. It happened ${lastCall}.`)
}
