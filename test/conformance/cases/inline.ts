// Inline activities run inside the turn, and what an author sees of them is what queued ones show.

import { expect } from 'vitest'
import { activity, type ActivityContext, type WorkflowContext } from '../../../src/index.ts'
import type { Cases } from '../bench.ts'

const square = activity(async (_: ActivityContext, n: number) => n * n, { inline: true })
const add = async (_: ActivityContext, [a, b]: readonly [number, number]) => a + b

export const inlineCases: Cases = {
  async 'inline activities give what queued ones give: by their options or the call, in a row, side by side, mixed'(
    open,
  ) {
    async function mixed(ctx: WorkflowContext): Promise<unknown> {
      const four = await ctx.callActivity(square, 2)
      const nine = await ctx.callActivity(add, [four, 5], { inline: true })
      const together = await ctx.whenAll([
        ctx.callActivity(square, nine),
        ctx.callActivity(square, nine, { inline: false }),
        ctx.callActivity(add, [nine, 1]),
        ctx.callActivity(add, [nine, 2], { inline: true }),
      ])
      const queued = await ctx.callActivity(add, [1, 1])
      return [four, nine, together, queued, await ctx.callActivity(square, queued)]
    }
    const bench = await open({ workflows: { mixed }, activities: { square, add } })
    expect((await bench.run('mixed')).output).toEqual([4, 9, [81, 81, 10, 11], 2, 4])
    const asked = (await bench.history('mixed')).flatMap(({ commands }) => commands)
    const inline = asked.map((command) => command.kind === 'scheduleTask' && command.inline === true)
    expect(inline).toEqual([true, true, true, false, false, true, false, true])
  },

  async 'inline activities that may share a commit do, and their results are those of single ones'(open) {
    async function sum(ctx: WorkflowContext, commitEvery: number): Promise<number> {
      let total = 0
      for (let n = 1; n <= 12; n++) {
        total = await ctx.callActivity(add, [total, n], { inline: { commitEvery } })
      }
      return total
    }
    const bench = await open({ workflows: { sum }, activities: { add } })
    const commits = []
    for (const every of [1, 4, 100]) {
      const id = await bench.start('sum', every, { instanceId: `every-${every}` })
      expect((await bench.ended(id)).output).toBe(78)
      commits.push((await bench.history(id)).length)
    }
    expect(commits).toEqual([13, 4, 2])
  },

  async 'an inline activity that fails is tried again as its policy says, and then fails as a queued one does'(
    open,
  ) {
    const pay = async (ctx: ActivityContext, lastAttempt: number) => {
      if (ctx.attempt < lastAttempt) throw new RangeError(`attempt ${ctx.attempt} failed`)
      return ctx.attempt
    }
    const order = async (
      ctx: WorkflowContext,
      { ms, last }: { readonly ms: number; readonly last: number },
    ) =>
      ctx.callActivity(pay, last, {
        inline: true,
        retry: { firstRetryInterval: ms / 1000, maxNumberOfAttempts: 3 },
      })
    const bench = await open({ workflows: { order }, activities: { pay } })
    const ms = bench.shortMs
    const good = await bench.start('order', { ms, last: 3 }, { instanceId: 'good' })
    expect(await bench.ended(good)).toMatchObject({ status: 'COMPLETED', output: 3 })
    const bad = await bench.start('order', { ms, last: 4 }, { instanceId: 'bad' })
    const { status, failure } = await bench.ended(bad)
    expect(status).toBe('FAILED')
    expect(failure?.cause).toMatchObject({ errorType: 'RangeError', message: 'attempt 3 failed' })
  },

  async 'inline activities go with children, events, timers and generations'(open) {
    const child = async (ctx: WorkflowContext, n: number) => ctx.callActivity(square, n)
    async function parent(ctx: WorkflowContext, [round, ms]: readonly [number, number]): Promise<number> {
      const inChild = await ctx.callChildWorkflow(child, round)
      await ctx.createTimer(ms / 1000)
      const afterTimer = await ctx.callActivity(square, inChild)
      const event = await ctx.waitForExternalEvent<number>('more')
      const total = await ctx.callActivity(add, [afterTimer, event], { inline: true })
      if (round < 3) ctx.continueAsNew([round + 1, ms], true)
      return total
    }
    const bench = await open({ workflows: { parent, child }, activities: { square, add } })
    await bench.start('parent', [1, bench.shortMs])
    for (const n of [100, 200, 300]) await bench.raise('parent', 'more', n)
    expect(await bench.ended('parent')).toMatchObject({ status: 'COMPLETED', output: 381 })
  },

  async 'an inline attempt that takes longer than its timeout is told to stop, and fails'(open) {
    const slow = async (ctx: ActivityContext) =>
      new Promise<never>((_resolve, reject) =>
        ctx.signal.addEventListener('abort', () => reject(new Error('stopped'))),
      )
    const order = async (ctx: WorkflowContext, ms: number) =>
      ctx.callActivity(slow, undefined, { inline: true, timeout: ms / 1000 })
    const bench = await open({ workflows: { order }, activities: { slow } })
    const { status, failure } = await bench.run('order', bench.shortMs)
    expect(status).toBe('FAILED')
    expect(failure?.cause).toMatchObject({ code: 'ACTIVITY_TIMEOUT' })
  },
}
