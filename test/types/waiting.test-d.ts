// What the compiler knows of composites, timers and events. Checked by `npm run types`.

import { expectTypeOf } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../src/workflow/context.ts'
import type { Task } from '../../src/workflow/task.ts'

declare const ctx: WorkflowContext
declare function stock(ctx: ActivityContext): Promise<number>
declare function receipt(ctx: ActivityContext): Promise<{ at: Date }>

interface Approval {
  readonly by: string
}

// The language's own combinators.
async function native() {
  const [a, b] = await Promise.all([ctx.callActivity(stock), ctx.callActivity(receipt)])
  expectTypeOf(a).toEqualTypeOf<number>()
  expectTypeOf(b).toEqualTypeOf<{ at: string }>()

  expectTypeOf(await Promise.race([ctx.callActivity(stock), ctx.createTimer(5)])).toEqualTypeOf<
    number | void
  >()
  expectTypeOf(await Promise.all([1, 2].map(async () => ctx.callActivity(stock)))).toEqualTypeOf<number[]>()
  const [settled] = await Promise.allSettled([ctx.callActivity(stock)])
  expectTypeOf(settled).toEqualTypeOf<PromiseSettledResult<number>>()
}

// whenAll.
async function all() {
  const [a, b] = await ctx.whenAll([ctx.callActivity(stock), ctx.callActivity(receipt)])
  expectTypeOf(a).toEqualTypeOf<number>()
  expectTypeOf(b).toEqualTypeOf<{ at: string }>()

  const list = await ctx.whenAll([1, 2].map(() => ctx.callActivity(stock)))
  expectTypeOf(list).toEqualTypeOf<number[]>()

  const nested = await ctx.whenAll([
    ctx.whenAll([ctx.callActivity(stock)]),
    ctx.whenAny([ctx.callActivity(stock)]),
  ])
  expectTypeOf(nested).toEqualTypeOf<[[number], number]>()

  expectTypeOf(ctx.whenAll([ctx.callActivity(stock)]).getResult()).toEqualTypeOf<[number]>()
  // @ts-expect-error a promise that is no task
  ctx.whenAll([Promise.resolve(1)])
}

// whenAny.
async function any() {
  const event = ctx.waitForExternalEvent<Approval>('approval')
  const timeout = ctx.createTimer('24h')

  const key = await ctx.whenAny({ event, timeout })
  expectTypeOf(key).toEqualTypeOf<'event' | 'timeout'>()

  expectTypeOf(await ctx.whenAny([event, timeout])).toEqualTypeOf<Approval | void>()
  expectTypeOf(ctx.whenAny([event, timeout]).getResult()).toEqualTypeOf<Task<Approval> | Task<void>>()

  const tasks: Task<unknown>[] = [event, timeout]
  expectTypeOf(await ctx.whenAny(tasks)).toEqualTypeOf<unknown>()
  // @ts-expect-error values must be tasks
  ctx.whenAny({ event: 5 })
  // @ts-expect-error members must be tasks
  ctx.whenAny([5])
}

// Timers and events.
async function waiting() {
  expectTypeOf(await ctx.createTimer(5)).toEqualTypeOf<void>()
  expectTypeOf(ctx.createTimer(new Date())).toEqualTypeOf<Task<void>>()
  expectTypeOf(await ctx.waitForExternalEvent('e')).toEqualTypeOf<unknown>()
  expectTypeOf(await ctx.waitForExternalEvent<Approval>('e', { timeout: '3d' })).toEqualTypeOf<Approval>()
  // @ts-expect-error a length of time has a unit
  ctx.createTimer('5')
  // @ts-expect-error not a unit
  ctx.createTimer('5w')
  // @ts-expect-error not a length of time
  ctx.createTimer(undefined)
  // @ts-expect-error options have no such field
  ctx.waitForExternalEvent('e', { timeoutMs: 5 })
}

// A task is a promise with Dapr's members.
async function members() {
  const task = ctx.callActivity(stock)
  expectTypeOf(task).toExtend<Promise<number>>()
  expectTypeOf(task.getResult()).toEqualTypeOf<number>()
  expectTypeOf(task.getException()).toEqualTypeOf<Error>()
  expectTypeOf(task.cancel()).toEqualTypeOf<boolean>()
  // @ts-expect-error only the engine completes a task
  task.isComplete = true
}

export const checked = [native, all, any, waiting, members]
