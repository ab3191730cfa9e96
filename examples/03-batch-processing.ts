// Fan-out/fan-in: as many parallel tasks as the batch has items, all at once or at most so many, and one sum of their results.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ActivityContext, WorkflowContext } from '../src/index.ts'
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
    ? await mapInParallel(workBatch, maxParallel, processItem)
    : await ctx.whenAll(workBatch.map(processItem))

  const total = outputs.reduce((sum, output) => sum + output, 0)
  await ctx.callActivity(processResults, total)
  return total
}

/**
 * Results in the order of the items, with at most `limit` calls at once. Nothing but language constructs: every lane takes the next
 * item when its last one is done. After a failure no lane takes another item; the failure is thrown once all lanes are at rest.
 */
export async function mapInParallel<I, O>(
  items: readonly I[],
  limit: number,
  call: (item: I) => Promise<O>,
): Promise<O[]> {
  const outputs: O[] = []
  const waiting = items.entries()
  const failures: unknown[] = []
  async function lane(): Promise<void> {
    for (const [at, item] of waiting) {
      try {
        outputs[at] = await call(item)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  if (failures.length > 0) throw failures[0]
  return outputs
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
