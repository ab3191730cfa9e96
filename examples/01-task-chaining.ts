// Task chaining: steps in succession, the output of one is the input of the next. A failure runs compensating work.

import type { ActivityContext, WorkflowContext } from '../src/index.ts'
import { integer, number, optional, readFields } from './input.ts'

interface Chain {
  readonly n: number
  /** Number of the step that is to fail. */
  readonly failAt?: number
}

interface StepInput {
  readonly value: number
  readonly fails: boolean
}

/** `1` (or `{"n":1}`) → `[2,4,16]`; `{"n":1,"failAt":2}` fails in step 2. */
export async function taskChaining(ctx: WorkflowContext, input: number | Chain): Promise<number[]> {
  const { n, failAt } = readFields(typeof input === 'number' ? { n: input } : input, {
    n: number({ min: -1e9, max: 1e9 }),
    failAt: optional(integer({ min: 1, max: 3 })),
  })
  try {
    const result1 = await ctx.callActivity(step1, { value: n, fails: failAt === 1 })
    const result2 = await ctx.callActivity(step2, { value: result1, fails: failAt === 2 })
    const result3 = await ctx.callActivity(step3, { value: result2, fails: failAt === 3 })
    return [result1, result2, result3]
  } catch (error) {
    await ctx.callActivity(errorHandler, error instanceof Error ? error.message : String(error))
    throw error
  }
}

export function step1(ctx: ActivityContext, { value, fails }: StepInput): number {
  ctx.logger.info(`Step 1: received input ${value}`)
  if (fails) throw new Error('Step 1 was asked to fail')
  return value + 1
}

export function step2(ctx: ActivityContext, { value, fails }: StepInput): number {
  ctx.logger.info(`Step 2: received input ${value}`)
  if (fails) throw new Error('Step 2 was asked to fail')
  return value * 2
}

export function step3(ctx: ActivityContext, { value, fails }: StepInput): number {
  ctx.logger.info(`Step 3: received input ${value}`)
  if (fails) throw new Error('Step 3 was asked to fail')
  return value ** 2
}

export function errorHandler(ctx: ActivityContext, message: string): void {
  ctx.logger.warn(`Executing error handler: ${message}`)
}
