// Fan-out/fan-in: as many parallel tasks as the batch has items, all at once or at most so many, and one sum of their results.

import { setTimeout as sleep } from 'node:timers/promises'
import { type ActivityContext, mapInParallel, type WorkflowContext } from '../src/index.ts'
import { integer, optional, readFields } from './input.ts'

interface Batch {
  readonly size: number
  /** Items in work at once. Default: all. */
  readonly maxParallel?: number
}

/** `{"size":100}` → `10100`; `{"size":100,"maxParallel":10}` → the same, ten at a time. */
export async function batchProcessing(ctx: WorkflowContext, input: Batch): Promise<number> {
  const { size, maxParallel } = readFields(input, {
    size: integer({ min: 0, max: 10_000 }),
    maxParallel: optional(integer({ min: 1, max: 10_000 })),
  })
  const workBatch = await ctx.callActivity(getWorkBatch, size)
  const processItem = (item: number) => ctx.callActivity(processWorkItem, item)

  const outputs = maxParallel
    ? await mapInParallel(workBatch, processItem, { maxConcurrency: maxParallel })
    : await ctx.whenAll(workBatch.map(processItem))

  const total = outputs.reduce((sum, output) => sum + output, 0)
  await ctx.callActivity(processResults, total)
  return total
}

export function getWorkBatch(ctx: ActivityContext, size: number): number[] {
  ctx.logger.info(`Making a batch of ${size} work items`)
  return Array.from({ length: size }, (_, at) => at + 1)
}

/** Takes one to ten times `WORK_ITEM_MS` milliseconds, if that is set: time enough to pull the plug. */
export async function processWorkItem(ctx: ActivityContext, item: number): Promise<number> {
  ctx.logger.info(`Processing work item ${item}`, { item })
  const duration = Number(process.env['WORK_ITEM_MS'] ?? 0) * (1 + (item % 10))
  if (duration > 0) await sleep(duration, undefined, { signal: ctx.signal })
  const result = item * 2
  ctx.logger.info(`Work item ${item} processed, result ${result}`, { item, result })
  return result
}

export function processResults(ctx: ActivityContext, total: number): void {
  ctx.logger.info(`Final result: ${total}`)
}
