// The app that is killed. Its activities write into a file what they do, so that what was done can be counted when the process that did
// it is long gone.

import { appendFileSync } from 'node:fs'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import { defineApp } from '../../src/workflow/app.ts'

/** One line of the file of effects. */
export interface Effect {
  readonly instanceId: string
  readonly key: string
  readonly what: string
}

interface Work {
  /** The file of effects. */
  readonly file: string
  readonly what: string
}

interface LedgerInput {
  readonly file: string
  /** What was taken in the generations before. */
  readonly taken?: readonly string[]
}

interface BatchInput {
  readonly file: string
  readonly size: number
}

/** The event that ends a ledger. */
export const closing = 'close'

function apply(ctx: ActivityContext, { file, what }: Work): string {
  const effect: Effect = { instanceId: ctx.getWorkflowInstanceId(), key: ctx.idempotencyKey, what }
  // One write at the end of the file: lines of two processes do not mix.
  appendFileSync(
    file,
    `${JSON.stringify(effect)}
`,
  )
  return what
}

function applyAtSecond(ctx: ActivityContext, work: Work): string {
  if (ctx.attempt === 1) throw new Error('The first attempt fails, as planned.')
  return apply(ctx, work)
}

/** Takes entries one by one, each with an effect, and begins a new life now and then. */
async function ledger(ctx: WorkflowContext, { file, taken = [] }: LedgerInput): Promise<unknown> {
  const all = [...taken]
  for (let round = 0; round < 3; round++) {
    const entry = await ctx.waitForExternalEvent<string>('entry')
    if (entry === closing) return all
    all.push(await ctx.callActivity(apply, { file, what: entry }))
  }
  ctx.setCustomStatus(all.length)
  ctx.continueAsNew({ file, taken: all }, true)
  return undefined
}

/** Each kind of durable call, one after the other; shows how far it has come. */
async function batch(ctx: WorkflowContext, { file, size }: BatchInput): Promise<unknown> {
  const work = (what: string): Work => ({ file, what })
  const tasks = Array.from({ length: size }, (_, at) => ctx.callActivity(apply, work(`${at}`)))
  const items = await ctx.whenAll(tasks)
  ctx.setCustomStatus(1)
  const child = await ctx.callChildWorkflow(leaf, work('leaf'))
  ctx.setCustomStatus(2)
  await ctx.createTimer('50ms')
  ctx.setCustomStatus(3)
  const retry = { firstRetryInterval: 0.01, maxNumberOfAttempts: 5 }
  const last = await ctx.callActivity(applyAtSecond, work('retried'), { retry })
  return [...items, child, last]
}

async function leaf(ctx: WorkflowContext, work: Work): Promise<string> {
  return ctx.callActivity(apply, work)
}

export const app = defineApp({ workflows: { ledger, batch, leaf }, activities: { apply, applyAtSecond } })
