// Continue-as-new: a new generation with an empty history, and nothing lost on the way.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

/** One event a generation, until `count` have been taken. */
async function oneEach(ctx: WorkflowContext, { taken, count }: { taken: unknown[]; count: number }) {
  const all = [...taken, await ctx.waitForExternalEvent('item')]
  if (all.length < count) ctx.continueAsNew({ taken: all, count }, true)
  return all
}

async function countdown(ctx: WorkflowContext, left: number): Promise<string> {
  if (left > 0) ctx.continueAsNew(left - 1)
  return 'zero'
}

/** Two items and, in the second generation, whatever of them is still there. */
async function leftover(ctx: WorkflowContext, { round, keep }: { round: number; keep: boolean }) {
  if (round === 1) {
    await ctx.waitForExternalEvent('next')
    ctx.continueAsNew({ round: 2, keep }, keep)
    return []
  }
  await ctx.waitForExternalEvent('end')
  const rest: unknown[] = []
  for (const name of ['a', 'b', 'a', 'b'])
    rest.push(await ctx.waitForExternalEvent(name, { timeout: 0 }).catch(() => 'none'))
  return rest
}

async function withLeftovers(open: Parameters<Cases[string]>[0], keep: boolean): Promise<unknown> {
  const bench = await open({ workflows: { leftover } })
  await bench.start('leftover', { round: 1, keep })
  for (const [name, data] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ] as const)
    await bench.raise('leftover', name, data)
  await bench.idle()
  await bench.raise('leftover', 'next')
  await bench.idle()
  await bench.raise('leftover', 'end')
  return (await bench.ended('leftover')).output
}

export const continueAsNewCases: Cases = {
  async 'each generation gets the new input, and the last one gives the output (Dapr: continueasnew/base, continueasnew/activity; DG: ContinueAsNew, runtimestate/ContinueAsNew; JS: continue as new)'(
    open,
  ) {
    const inputs: unknown[] = []
    const note = async (_ctx: ActivityContext, input: unknown) => void inputs.push(input)
    async function count(ctx: WorkflowContext, n: number): Promise<number> {
      await ctx.callActivity(note, n)
      if (n < 10) ctx.continueAsNew(n + 1)
      return n
    }
    const bench = await open({ workflows: { count }, activities: { note } })
    expect(await bench.run('count', 1)).toMatchObject({ output: 10, input: '1' })
    expect(inputs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  },

  async 'the history holds one round, however many there were (Dapr: memory/state, continueasnew/multi/generation number)'(
    open,
  ) {
    const step = async (_ctx: ActivityContext, n: number) => n
    async function monitor(ctx: WorkflowContext, n: number): Promise<string> {
      await ctx.callActivity(step, n)
      await ctx.callActivity(step, n)
      if (n === 30) await ctx.waitForExternalEvent('stop')
      else ctx.continueAsNew(n + 1)
      return 'stopped'
    }
    const bench = await open({ workflows: { monitor }, activities: { step } })
    await bench.start('monitor', 1)
    await bench.until('monitor', () => true)
    await bench.idle()
    const row = await bench.row('monitor')
    const { keepsPast, store } = bench.host
    const episodes = keepsPast ? (await store.read(row)).episodes : await store.readHistory(row)
    expect(episodes.at(-1)?.generation).toBe(30)
    expect(episodes.length).toBeLessThanOrEqual(8)
    await bench.raise('monitor', 'stop')
    expect(await bench.ended('monitor')).toMatchObject({ output: 'stopped' })
  },

  async 'events that nobody took go along when they are to be kept, in order (Dapr: continueasnew/carryover, continueasnew/edges/fifo; DG: ContinueAsNew+Events; MJ: control/continue-as-new carry-over)'(
    open,
  ) {
    expect(await withLeftovers(open, true)).toEqual([1, 2, 3, 'none'])
  },

  async 'events that nobody took are dropped when they are not to be kept (Dapr: continueasnew/carryover)'(
    open,
  ) {
    expect(await withLeftovers(open, false)).toEqual(['none', 'none', 'none', 'none'])
  },

  async '25 events that wait for the start are taken in order, one a generation (Dapr: continueasnew/inboxoverload, continueasnew/raisebatch, continueasnew/raisebatchnodup, continueasnew/edges/partial consumption)'(
    open,
  ) {
    const bench = await open({ workflows: { oneEach } })
    await bench.start('oneEach', { taken: [], count: 25 }, { startAt: bench.host.now() + bench.shortMs })
    for (let at = 0; at < 25; at++) await bench.raise('oneEach', 'item', at)
    expect((await bench.ended('oneEach')).output).toEqual(Array.from({ length: 25 }, (_, at) => at))
  },

  async '50 events raised at once reach 50 generations, each once (Dapr: continueasnew/raise, continueasnew/multi/events between)'(
    open,
  ) {
    const bench = await open({ workflows: { oneEach } })
    await bench.start('oneEach', { taken: [], count: 50 })
    await Promise.all(Array.from({ length: 50 }, (_, at) => bench.raise('oneEach', 'item', at)))
    const { output } = await bench.ended('oneEach')
    expect((output as number[]).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at))
  },

  async '200 generations in a row come to their end (Dapr: continueasnew/edges/tight loop)'(open) {
    const bench = await open({ workflows: { countdown } })
    expect(await bench.run('countdown', 200)).toMatchObject({ status: 'COMPLETED', output: 'zero' })
  },

  async 'the custom status begins anew (Dapr: continueasnew/edges/status reset; MJ: custom status/continue-as-new)'(
    open,
  ) {
    async function shown(ctx: WorkflowContext, round: number): Promise<string> {
      if (round === 1) {
        ctx.setCustomStatus('first round')
        await ctx.waitForExternalEvent('next')
        ctx.continueAsNew(2)
        return ''
      }
      await ctx.waitForExternalEvent('end')
      return 'done'
    }
    const bench = await open({ workflows: { shown } })
    await bench.start('shown', 1)
    await bench.until('shown', ({ customStatus }) => customStatus === 'first round')
    await bench.raise('shown', 'next')
    await bench.until('shown', ({ customStatus }) => customStatus === undefined)
    await bench.raise('shown', 'end')
    const ended = await bench.ended('shown')
    expect([ended.output, ended.customStatus]).toEqual(['done', undefined])
  },

  async 'a generation may fail an activity, wait for a timer, and go on (Dapr: continueasnew/edges/after activity failure, continueasnew/edges/timer, continueasnew/multi/timer)'(
    open,
  ) {
    const refuse = async (): Promise<never> => {
      throw new Error('no')
    }
    async function edges(
      ctx: WorkflowContext,
      { round, ms }: { round: number; ms: number },
    ): Promise<number> {
      await ctx.callActivity(refuse).catch(() => {})
      await ctx.createTimer(ms / 1000)
      if (round < 3) ctx.continueAsNew({ round: round + 1, ms })
      return round
    }
    const bench = await open({ workflows: { edges }, activities: { refuse } })
    expect(await bench.run('edges', { round: 1, ms: bench.shortMs })).toMatchObject({ output: 3 })
  },

  async 'continue-as-new without an input begins without one (Dapr: continueasnew/multi/no input)'(open) {
    async function empty(ctx: WorkflowContext, input?: string): Promise<string> {
      if (input !== undefined) {
        ctx.continueAsNew()
        return ''
      }
      return 'no input'
    }
    const bench = await open({ workflows: { empty } })
    expect(await bench.run('empty', 'first')).toMatchObject({ output: 'no input' })
  },

  async 'a late outcome of the old generation is not taken for one of the new (Dapr: dedup/continueasnew, loadbalance/canorphan)'(
    open,
  ) {
    const held = gate<string>()
    const begun = gate()
    async function slow(_ctx: ActivityContext, round: number): Promise<string> {
      if (round > 1) return 'new'
      begun.open()
      return held.passed
    }
    async function rounds(ctx: WorkflowContext, round: number): Promise<unknown> {
      const result = ctx.callActivity(slow, round)
      if (round > 1) {
        ctx.setCustomStatus('second round')
        await ctx.waitForExternalEvent('end')
        return result
      }
      await ctx.waitForExternalEvent('next')
      ctx.continueAsNew(2)
      return 'old'
    }
    const bench = await open({ workflows: { rounds }, activities: { slow } })
    await bench.start('rounds', 1)
    await bench.host.pass(begun.passed)
    await bench.raise('rounds', 'next')
    await bench.until('rounds', ({ customStatus }) => customStatus === 'second round')
    held.open('old')
    await bench.idle()
    await bench.raise('rounds', 'end')
    expect(await bench.ended('rounds')).toMatchObject({ output: 'new' })
  },

  async 'an endless loop of generations can be terminated (Dapr: terminate/continueasnew)'(open) {
    const endless = async (ctx: WorkflowContext, n: number) => ctx.continueAsNew(n + 1)
    const bench = await open({ workflows: { endless } })
    await bench.start('endless', 0)
    await running(bench, 'endless')
    await bench.host.pass(bench.management.terminate('endless', '"enough"'))
    expect(await bench.ended('endless')).toMatchObject({ status: 'TERMINATED', output: 'enough' })
  },
}
