// Random small workflows: a program is data, run by one interpreter as async function, async generator or generator. Every call carries all
// that the program has seen so far as its input, so that the slightest difference between two runs shows in a command.

import * as fc from 'fast-check'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { WorkflowFunction } from '../../src/workflow/functions.ts'
import type { Task } from '../../src/workflow/task.ts'

type Step =
  | { readonly do: 'activity' | 'child' | 'timer' | 'event' | 'eventOrTimeout' | 'poll' | 'retry' }
  | { readonly do: 'fire' | 'send' | 'status' | 'chance' | 'cancelled' | 'hops' | 'log' }
  | { readonly do: 'all' | 'race' | 'whenAll' | 'whenAny' | 'settled'; readonly branches: readonly Step[] }
  | { readonly do: 'sideBySide'; readonly branches: readonly (readonly Step[])[] }

type Ending = 'return' | 'throw' | 'continueAsNew'

export interface Program {
  readonly style: 'async function' | 'async generator' | 'generator'
  readonly steps: readonly Step[]
  readonly ending: Ending
}

const awaited = fc.constantFrom(
  'activity' as const,
  'child' as const,
  'timer' as const,
  'event' as const,
  'eventOrTimeout' as const,
  'poll' as const,
  'retry' as const,
)
const leaf: fc.Arbitrary<Step> = fc.record({ do: awaited })
const instant: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('fire', 'send', 'status', 'chance', 'cancelled', 'hops', 'log'),
})
const composite: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('all', 'race', 'whenAll', 'whenAny', 'settled'),
  branches: fc.array(leaf, { minLength: 1, maxLength: 3 }),
})
const line = fc.array(fc.oneof(leaf, instant, composite), { minLength: 1, maxLength: 3 })
const sideBySide: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('sideBySide'),
  branches: fc.array(line, { minLength: 1, maxLength: 3 }),
})

export const program: fc.Arbitrary<Program> = fc.record({
  style: fc.constantFrom('async function', 'async generator', 'generator'),
  steps: fc.array(fc.oneof(leaf, leaf, instant, composite, sideBySide), { minLength: 1, maxLength: 5 }),
  ending: fc.constantFrom('return', 'return', 'throw', 'continueAsNew'),
})

export function workflowOf({ style, steps, ending }: Program): WorkflowFunction {
  if (style === 'async function') {
    return async (ctx: WorkflowContext) => {
      const seen: unknown[] = []
      await runLine(ctx, steps, seen)
      return end(ctx, ending, seen)
    }
  }
  if (style === 'async generator') {
    return async function* (ctx: WorkflowContext) {
      const seen: unknown[] = []
      for (const step of steps) {
        const waiting = begin(ctx, step, seen)
        if (waiting) seen.push(yield waiting)
      }
      return end(ctx, ending, seen)
    }
  }
  return function* (ctx: WorkflowContext) {
    const seen: unknown[] = []
    for (const step of steps) {
      const waiting = begin(ctx, step, seen)
      if (waiting) seen.push(yield waiting)
    }
    return end(ctx, ending, seen)
  }
}

async function runLine(ctx: WorkflowContext, steps: readonly Step[], seen: unknown[]): Promise<void> {
  for (const step of steps) {
    const waiting = begin(ctx, step, seen)
    if (waiting) seen.push(await waiting)
  }
}

function end(ctx: WorkflowContext, ending: Ending, seen: readonly unknown[]): unknown {
  if (ending === 'throw') throw new Error(JSON.stringify(seen))
  if (ending === 'continueAsNew') ctx.continueAsNew(seen, seen.length % 2 === 0)
  return seen
}

/** Does a step. @returns what is to be waited for, if anything; it never fails */
function begin(ctx: WorkflowContext, step: Step, seen: unknown[]): Promise<unknown> | undefined {
  switch (step.do) {
    case 'all':
      return Promise.all(step.branches.map(async (branch) => begin(ctx, branch, seen)))
    case 'race':
      return Promise.race(step.branches.map(async (branch) => begin(ctx, branch, seen)))
    case 'settled':
      return Promise.allSettled(step.branches.map((branch) => task(ctx, branch, seen))).then(textOf)
    case 'whenAll':
      return caught(ctx.whenAll(step.branches.map((branch) => task(ctx, branch, seen))))
    case 'whenAny': {
      const tasks = step.branches.map((branch, at) => [`${branch.do}${at}`, task(ctx, branch, seen)] as const)
      return ctx.whenAny(Object.fromEntries(tasks))
    }
    case 'sideBySide':
      return Promise.all([
        // An async generator must yield what waits for a task, and the branches may wait for none.
        caught(ctx.callActivity('beside', seen)),
        ...step.branches.map(async (branch) => runLine(ctx, branch, seen)),
      ]).then(() => 'joined')
    case 'fire':
      void ctx.callActivity('fired', seen)
      return undefined
    case 'send':
      return void ctx.sendEvent('other', 'sent', seen)
    case 'status':
      return void ctx.setCustomStatus(seen.length)
    case 'chance':
      seen.push(ctx.newGuid(), Math.random(), Date.now(), crypto.randomUUID())
      return undefined
    case 'cancelled':
      seen.push(ctx.createTimer(99).cancel(), ctx.waitForExternalEvent('e', { timeout: 99 }).cancel())
      return undefined
    case 'hops':
      return (async () => {
        for (let at = 0; at < 4; at++) await Promise.resolve()
        return (await ctx.callActivity('after hops', seen).catch(textOf)) ?? 'hopped'
      })()
    case 'log':
      return void ctx.logger.info('seen', { count: seen.length })
    default:
      return caught(task(ctx, step, seen))
  }
}

function task(ctx: WorkflowContext, step: Step, seen: readonly unknown[]): Task<unknown> {
  switch (step.do) {
    case 'child':
      return ctx.callChildWorkflow('child', seen)
    case 'timer':
      return ctx.createTimer(seen.length)
    case 'event':
      return ctx.waitForExternalEvent('e')
    case 'eventOrTimeout':
      return ctx.waitForExternalEvent('E', { timeout: 30 })
    case 'poll':
      return ctx.waitForExternalEvent('e', { timeout: 0 })
    case 'retry':
      return ctx.callActivity('retried', seen, { retry: { firstRetryInterval: 1, maxNumberOfAttempts: 3 } })
    default:
      return ctx.callActivity('a', seen)
  }
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(textOf)
}

function textOf(value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : JSON.stringify(value)
}
