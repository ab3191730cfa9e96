// Activities that take long: how far they are, and whether they may begin again.

import { expect } from 'vitest'
import {
  type ActivityContext,
  isTenutoError,
  TaskFailedError,
  type WorkflowContext,
} from '../../../src/index.ts'
import { type Cases, gate } from '../bench.ts'

const retry = { firstRetryInterval: 0.001, maxNumberOfAttempts: 5 }
const codeOf = (error: unknown) => error instanceof TaskFailedError && error.failure.code

export const longActivityCases: Cases = {
  async 'an attempt reads how far the one before it came'(open) {
    const seen: unknown[] = []
    async function load(ctx: ActivityContext): Promise<string> {
      const at = await ctx.lastHeartbeatDetails<{ row: number }>()
      seen.push(at)
      await ctx.heartbeat({ row: (at?.row ?? 0) + 10 })
      if (ctx.attempt < 3) throw new Error('not yet')
      return 'loaded'
    }
    const run = async (ctx: WorkflowContext) => ctx.callActivity(load, undefined, { retry })
    const bench = await open({ workflows: { run }, activities: { load } })
    expect(await bench.run('run')).toMatchObject({ status: 'COMPLETED', output: 'loaded' })
    expect(seen).toEqual([undefined, { row: 10 }, { row: 20 }])
  },

  async 'two calls know nothing of the heartbeats of each other'(open) {
    async function load(ctx: ActivityContext, at: number): Promise<unknown> {
      const before = await ctx.lastHeartbeatDetails()
      await ctx.heartbeat(at)
      // A run that comes again hears of itself.
      return [before ?? at, await ctx.lastHeartbeatDetails()]
    }
    const run = async (ctx: WorkflowContext) =>
      Promise.all(Array.from({ length: 9 }, async (_, at) => ctx.callActivity(load, at)))
    const bench = await open({ workflows: { run }, activities: { load } })
    expect((await bench.run('run')).output).toEqual(Array.from({ length: 9 }, (_, at) => [at, at]))
  },

  async 'an attempt that gives no heartbeat in time fails, and is tried again'(open) {
    async function stuck(ctx: ActivityContext): Promise<number> {
      if (ctx.attempt === 2) return ctx.attempt
      const { signal } = ctx
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    }
    const run = async (ctx: WorkflowContext) => {
      const heartbeatTimeout = Math.min(bench.shortMs, 5_000) / 1_000
      const once = ctx.callActivity(stuck, undefined, { heartbeatTimeout })
      const again = ctx.callActivity(stuck, undefined, { heartbeatTimeout, retry })
      return [await once.catch(codeOf), await again]
    }
    const bench = await open({ workflows: { run }, activities: { stuck } })
    expect((await bench.run('run')).output).toEqual(['ACTIVITY_HEARTBEAT_TIMEOUT', 2])
  },

  async 'an activity hears by its heartbeats that its instance was terminated'(open) {
    const begun = gate()
    const heard = gate<unknown>()
    async function load(ctx: ActivityContext): Promise<void> {
      while (!ctx.signal.aborted) {
        // What an outage refuses is no reason to stop.
        await ctx.heartbeat().catch(() => {})
        begun.open()
      }
      heard.open(ctx.signal.reason)
    }
    const run = async (ctx: WorkflowContext) => ctx.callActivity(load)
    const bench = await open({ workflows: { run }, activities: { load } })
    await bench.start('run')
    await bench.host.pass(begun.passed)
    await bench.host.pass(bench.management.terminate('run'))
    expect(await bench.host.pass(heard.passed)).toMatchObject({ code: 'ACTIVITY_CANCELLED' })
    expect(await bench.ended('run')).toMatchObject({ status: 'TERMINATED' })
  },

  async 'an activity hears by its heartbeats that its workflow has cancelled it, and nobody hears of its outcome'(
    open,
  ) {
    const begun = gate()
    const heard = gate<unknown>()
    async function load(ctx: ActivityContext): Promise<string> {
      while (!ctx.signal.aborted) {
        // What an outage refuses is no reason to stop.
        await ctx.heartbeat().catch(() => {})
        begun.open()
      }
      heard.open(ctx.signal.reason)
      return 'too late'
    }
    async function run(ctx: WorkflowContext): Promise<unknown> {
      const task = ctx.callActivity(load)
      await ctx.waitForExternalEvent('stop')
      const answers = [task.cancel(), task.cancel()]
      await ctx.waitForExternalEvent('end')
      return [answers, await task.catch((error: unknown) => isTenutoError(error) && error.code)]
    }
    const bench = await open({ workflows: { run }, activities: { load } })
    await bench.start('run')
    await bench.host.pass(begun.passed)
    await bench.host.pass(bench.management.raiseEvent({ instanceId: 'run', eventName: 'stop' }))
    expect(await bench.host.pass(heard.passed)).toMatchObject({ code: 'ACTIVITY_CANCELLED' })
    await bench.host.pass(bench.management.raiseEvent({ instanceId: 'run', eventName: 'end' }))
    const output = [[true, false], 'TASK_CANCELLED']
    expect(await bench.ended('run')).toMatchObject({ status: 'COMPLETED', output })
  },

  async 'what runs at most once runs once, many at a time, and its failures are tried again'(open) {
    const begun: string[] = []
    async function once(ctx: ActivityContext, x: number): Promise<number> {
      begun.push(`${x}#${ctx.attempt}`)
      if (x === 3 && ctx.attempt === 1) throw new Error('not yet')
      return x
    }
    const options = { atMostOnce: true, retry }
    const run = async (ctx: WorkflowContext) =>
      Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(async (x) => ctx.callActivity(once, x, options).catch(codeOf)))
    const bench = await open({ workflows: { run }, activities: { once } })
    const { output } = await bench.run('run')
    expect(new Set(begun).size).toBe(begun.length)
    // Where everything fails, a claim may have been lost: that is told, and never run again.
    const results = (output as unknown[]).map((each, x) => (each === 'ACTIVITY_INTERRUPTED' ? x : each))
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  },

  async 'one that runs at most once and completes later is completed'(open) {
    const asked = gate<string>()
    const ask = async (ctx: ActivityContext) => asked.open(await ctx.completeLater())
    const run = async (ctx: WorkflowContext) =>
      ctx.callActivity<number>('ask', undefined, { atMostOnce: true })
    const bench = await open({ workflows: { run }, activities: { ask } })
    await bench.start('run')
    const token = await bench.host.pass(asked.passed)
    await bench.host.pass(bench.management.completeActivity({ token, output: '7' }))
    expect(await bench.ended('run')).toMatchObject({ status: 'COMPLETED', output: 7 })
  },
}
