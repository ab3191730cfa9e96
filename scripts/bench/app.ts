// The workflows that are measured. Their activities do next to nothing, so what takes time is the engine.

import { type ActivityContext, type App, defineApp, type WorkflowContext } from '../../src/index.ts'
import { times } from './figures.ts'
import type { Gates } from './gates.ts'

export const increment = async (_ctx: unknown, n: number): Promise<number> => n + 1

/** `steps` activities, one after the other; the output is their number. */
async function chain(ctx: WorkflowContext, steps: number): Promise<number> {
  let n = 0
  while (n < steps) n = await ctx.callActivity(increment, n)
  return n
}

/** The same, past a gate in every step. */
async function gatedChain(ctx: WorkflowContext, steps: number): Promise<number> {
  let n = 0
  while (n < steps) n = await ctx.callActivity<number>('gatedIncrement', n)
  return n
}

/** `width` activities at once; the output is the sum of their results. */
async function fanOut(ctx: WorkflowContext, width: number): Promise<number> {
  const results = await ctx.whenAll(times(width).map((at) => ctx.callActivity(increment, at)))
  return results.reduce((sum, result) => sum + result, 0)
}

/** Waits for an event and gives back its data. */
async function waiting(ctx: WorkflowContext, _order: { readonly number: number }): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

export type BenchWorkflow = 'chain' | 'gatedChain' | 'fanOut' | 'waiting'

export function benchApp(gates: Gates): App {
  async function gatedIncrement(ctx: ActivityContext, n: number): Promise<number> {
    await gates.get(ctx.getWorkflowInstanceId())?.pass()
    return n + 1
  }
  return defineApp({
    workflows: { chain, gatedChain, fanOut, waiting },
    activities: { increment, gatedIncrement },
  })
}

/** What `fanOut` must come to. */
export function fanOutSum(width: number): number {
  return (width * (width + 1)) / 2
}
