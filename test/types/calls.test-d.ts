// What the compiler knows of calls: inputs, outputs after their way through JSON, and what it refuses. Checked by `npm run types`.

import { expectTypeOf } from 'vitest'
import { activity } from '../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../src/workflow/context.ts'
import type { InputOf, OutputOf, TWorkflow } from '../../src/workflow/functions.ts'
import type { Task } from '../../src/workflow/task.ts'

interface Order {
  readonly id: string
  readonly placedAt: Date
  readonly note?: string
}

declare const ctx: WorkflowContext
declare const order: Order

declare function reserve(ctx: ActivityContext, order: Order): Promise<{ reserved: number; until: Date }>
declare function ping(ctx: ActivityContext): Promise<string>
declare function bare(): number
declare function log(ctx: ActivityContext, line: string): void
declare function find(ctx: ActivityContext, id: string): Promise<Order | undefined>
declare function optional(ctx: ActivityContext, limit?: number): Promise<number[]>
declare function byDefault(ctx: ActivityContext, limit: number | undefined): Promise<number[]>
declare function anything(ctx: ActivityContext, input: unknown): Promise<unknown>
declare function either(ctx: ActivityContext, input: { kind: 'a' } | { kind: 'b'; b: number }): 'a' | 'b'

declare function childAsync(ctx: WorkflowContext, order: Order): Promise<{ total: number; at: Date }>
declare function childGenerator(
  ctx: WorkflowContext,
  n: number,
): Generator<Task<unknown>, { n: number }, never>
declare function childAsyncGenerator(ctx: WorkflowContext, n: number): AsyncGenerator<unknown, Date, never>
declare function childVoid(ctx: WorkflowContext): Promise<void>

// Inputs and outputs.
function inputsAndOutputs() {
  expectTypeOf<InputOf<typeof reserve>>().toEqualTypeOf<Order>()
  expectTypeOf<InputOf<typeof ping>>().toEqualTypeOf<undefined>()
  expectTypeOf<InputOf<typeof bare>>().toEqualTypeOf<undefined>()
  expectTypeOf<InputOf<typeof optional>>().toEqualTypeOf<number | undefined>()
  expectTypeOf<InputOf<typeof byDefault>>().toEqualTypeOf<number | undefined>()
  expectTypeOf<InputOf<typeof anything>>().toEqualTypeOf<unknown>()
  expectTypeOf<OutputOf<typeof reserve>>().toEqualTypeOf<{ reserved: number; until: string }>()
  expectTypeOf<OutputOf<typeof log>>().toEqualTypeOf<undefined>()
  expectTypeOf<OutputOf<typeof find>>().toEqualTypeOf<
    { readonly id: string; readonly placedAt: string; readonly note?: string } | undefined
  >()
  expectTypeOf<OutputOf<typeof childGenerator>>().toEqualTypeOf<{ n: number }>()
  expectTypeOf<OutputOf<typeof childAsyncGenerator>>().toEqualTypeOf<string>()
}

// Activities by function.
function activitiesByFunction() {
  expectTypeOf(ctx.callActivity(reserve, order)).toEqualTypeOf<Task<{ reserved: number; until: string }>>()
  expectTypeOf(ctx.callActivity(ping)).toEqualTypeOf<Task<string>>()
  expectTypeOf(ctx.callActivity(bare)).toEqualTypeOf<Task<number>>()
  expectTypeOf(ctx.callActivity(log, 'line')).toEqualTypeOf<Task<undefined>>()
  expectTypeOf(ctx.callActivity(optional)).toEqualTypeOf<Task<number[]>>()
  expectTypeOf(ctx.callActivity(optional, 5)).toEqualTypeOf<Task<number[]>>()
  expectTypeOf(ctx.callActivity(optional, undefined, { timeout: 5 })).toEqualTypeOf<Task<number[]>>()
  expectTypeOf(ctx.callActivity(anything, order)).toEqualTypeOf<Task<unknown>>()
  expectTypeOf(ctx.callActivity(either, { kind: 'a' })).toEqualTypeOf<Task<'a' | 'b'>>()
  expectTypeOf(ctx.callActivity(reserve, order, { timeout: '30s', retry })).toExtend<Task<unknown>>()

  // @ts-expect-error the input is missing
  ctx.callActivity(reserve)
  // @ts-expect-error the input has the wrong type
  ctx.callActivity(reserve, { id: 5 })
  // @ts-expect-error the input lacks a field
  ctx.callActivity(reserve, { id: 'x' })
  // @ts-expect-error it takes no input
  ctx.callActivity(ping, 'input')
  // @ts-expect-error a task is not its result
  ctx.callActivity(log, ctx.callActivity(ping))
  // @ts-expect-error the kind is not known
  ctx.callActivity(either, { kind: 'c' })
  // @ts-expect-error options have no such field
  ctx.callActivity(ping, undefined, { attempts: 5 })
  // @ts-expect-error a duration has a unit
  ctx.callActivity(ping, undefined, { timeout: '30' })
  // @ts-expect-error a retry policy has a number of attempts
  ctx.callActivity(ping, undefined, { retry: { firstRetryInterval: 5 } })
}
declare const retry: { firstRetryInterval: 5; maxNumberOfAttempts: 3 }

// Activities by name.
function activitiesByName() {
  expectTypeOf(ctx.callActivity('reserve')).toEqualTypeOf<Task<unknown>>()
  expectTypeOf(ctx.callActivity('reserve', order, { timeout: 5 })).toEqualTypeOf<Task<unknown>>()
  expectTypeOf(ctx.callActivity<number>('reserve', order)).toEqualTypeOf<Task<number>>()
  expectTypeOf(ctx.callChildWorkflow('child')).toEqualTypeOf<Task<unknown>>()
  expectTypeOf(ctx.callChildWorkflow<string[]>('child', 1, { instanceId: 'x' })).toEqualTypeOf<
    Task<string[]>
  >()
  // @ts-expect-error neither a name nor a function
  ctx.callActivity(5)
}

// activity(fn, options) keeps the type of the function.
function activityWithOptions() {
  const charge = activity(reserve, { timeout: '30s', retry, maxConcurrency: 5 })
  expectTypeOf(charge).toEqualTypeOf<typeof reserve>()
  expectTypeOf(ctx.callActivity(charge, order)).toEqualTypeOf<Task<{ reserved: number; until: string }>>()
  const inline = activity(async (_ctx: ActivityContext, amount: number) => ({ amount }), { timeout: 5 })
  expectTypeOf(ctx.callActivity(inline, 5)).toEqualTypeOf<Task<{ amount: number }>>()
  // @ts-expect-error options have no such field
  activity(reserve, { attempts: 5 })
  // @ts-expect-error not a function
  activity('reserve', {})
}

// Children.
function children() {
  expectTypeOf(ctx.callChildWorkflow(childAsync, order)).toEqualTypeOf<Task<{ total: number; at: string }>>()
  expectTypeOf(ctx.callChildWorkflow(childGenerator, 5)).toEqualTypeOf<Task<{ n: number }>>()
  expectTypeOf(ctx.callChildWorkflow(childAsyncGenerator, 5, { instanceId: 'x' })).toEqualTypeOf<
    Task<string>
  >()
  expectTypeOf(ctx.callChildWorkflow(childVoid)).toEqualTypeOf<Task<undefined>>()
  // @ts-expect-error the input is missing
  ctx.callChildWorkflow(childAsync)
  // @ts-expect-error the input has the wrong type
  ctx.callChildWorkflow(childGenerator, '5')
  // @ts-expect-error a child has no timeout
  ctx.callChildWorkflow(childGenerator, 5, { timeout: 5 })
}

// Dapr's own type for generator workflows.
function daprType() {
  const workflow: TWorkflow = async function* (context: WorkflowContext, input: number) {
    const status = yield context.callActivity(ping)
    return `${status}${input}`
  }
  expectTypeOf(ctx.callChildWorkflow(workflow, 5)).toExtend<Task<unknown>>()
  const typed: TWorkflow<number, string> = function* (context, input) {
    yield context.createTimer(input)
    return 'done'
  }
  expectTypeOf(ctx.callChildWorkflow(typed, 5)).toEqualTypeOf<Task<string>>()
  // @ts-expect-error the input has the wrong type
  ctx.callChildWorkflow(typed, '5')
}

export const checked = [
  inputsAndOutputs,
  activitiesByFunction,
  activitiesByName,
  activityWithOptions,
  children,
  daprType,
]
