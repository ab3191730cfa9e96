// Durable timers: never early, and exactly one answer each.

import { expect } from 'vitest'
import type { WorkflowContext } from '../../../src/index.ts'
import type { Episode } from '../../../src/runtime/episode.ts'
import { type Cases, gate } from '../bench.ts'

/** How late each timer fired, by sequence number; negative is early. */
function lateness(history: readonly Episode[]): Map<number, number> {
  const due = new Map<number, number>()
  const late = new Map<number, number>()
  for (const { events, commands, at } of history) {
    for (const event of events)
      if (event.kind === 'timerFired') late.set(event.seq, at - (due.get(event.seq) ?? Number.NaN))
    for (const command of commands) if (command.kind === 'createTimer') due.set(command.seq, command.dueAt)
  }
  return late
}

export const timerCases: Cases = {
  async 'a timer fires, and never early (Dapr: timer/base; DG: SingleTimer; JS: single timer)'(open) {
    async function nap(ctx: WorkflowContext, ms: number): Promise<number> {
      const before = ctx.getCurrentUtcDateTime().getTime()
      await ctx.createTimer(ms / 1000)
      return ctx.getCurrentUtcDateTime().getTime() - before
    }
    const bench = await open({ workflows: { nap } })
    const { output } = await bench.run('nap', bench.shortMs)
    expect(output).toBeGreaterThanOrEqual(bench.shortMs)
    expect([...lateness(await bench.history('nap')).values()].every((late) => late >= 0)).toBe(true)
  },

  async 'a timer to a date fires at that date or later'(open) {
    const until = async (ctx: WorkflowContext, at: number) => ctx.createTimer(new Date(at))
    const bench = await open({ workflows: { until } })
    const at = bench.host.now() + bench.shortMs
    await bench.run('until', at)
    expect(bench.host.now()).toBeGreaterThanOrEqual(at)
  },

  async 'a timer of less than a second is exact (Dapr: timer/subsecond)'(open) {
    const tick = async (ctx: WorkflowContext) => ctx.createTimer('3ms')
    const bench = await open({ workflows: { tick } })
    await bench.run('tick')
    const history = await bench.history('tick')
    const [timer] = history.flatMap(({ commands }) => commands)
    expect(timer).toMatchObject({ kind: 'createTimer', dueAt: (history[0]?.at ?? 0) + 3 })
    expect(lateness(history).get(1)).toBeGreaterThanOrEqual(0)
  },

  async 'a timer in the past is due at once, one of zero seconds too (MJ: timer/validation/accepted)'(open) {
    async function past(ctx: WorkflowContext): Promise<string> {
      await ctx.createTimer(new Date(0))
      await ctx.createTimer(-5)
      await ctx.createTimer(0)
      return 'done'
    }
    const bench = await open({ workflows: { past } })
    await bench.start('past')
    await bench.idle()
    expect(await bench.ended('past')).toMatchObject({ output: 'done' })
  },

  async 'many timers at once all fire, none early (DG: ConcurrentTimers)'(open) {
    async function concurrent(ctx: WorkflowContext, unit: number): Promise<void> {
      await ctx.whenAll(Array.from({ length: 10 }, (_, at) => ctx.createTimer(((at % 4) * unit) / 3000)))
    }
    const bench = await open({ workflows: { concurrent } })
    expect(await bench.run('concurrent', bench.shortMs)).toMatchObject({ status: 'COMPLETED' })
    const late = lateness(await bench.history('concurrent'))
    expect(late.size).toBe(10)
    expect(Math.min(...late.values())).toBeGreaterThanOrEqual(0)
  },

  async 'what wins against a timer goes on at once, and the timer is nobody any more (MJ: whenAny/timer against activity)'(
    open,
  ) {
    const held = gate<string>()
    const answer = async () => held.passed
    async function race(ctx: WorkflowContext): Promise<unknown> {
      const timer = ctx.createTimer('1h')
      const result = ctx.callActivity(answer)
      if ((await ctx.whenAny({ timer, result })) === 'timer') return 'too late'
      timer.cancel()
      return result
    }
    const bench = await open({ workflows: { race }, activities: { answer } })
    const before = bench.host.now()
    await bench.start('race')
    held.open('in time')
    expect(await bench.ended('race')).toMatchObject({ output: 'in time' })
    expect(bench.host.now() - before).toBeLessThan(3_600_000)
  },

  async 'a timer that was due while the instance was suspended fires right after resume (Dapr: timer/resumelate)'(
    open,
  ) {
    async function nap(ctx: WorkflowContext, ms: number): Promise<string> {
      await ctx.createTimer(ms / 1000)
      return 'awake'
    }
    const marker = async (ctx: WorkflowContext, ms: number) => ctx.createTimer((2 * ms) / 1000)
    const bench = await open({ workflows: { nap, marker } })
    await bench.start('nap', bench.shortMs)
    await bench.host.pass(bench.management.suspend('nap'))
    await bench.until('nap', ({ status }) => status === 'SUSPENDED')
    await bench.run('marker', bench.shortMs)
    expect(await bench.view('nap')).toMatchObject({ status: 'SUSPENDED' })
    await bench.host.pass(bench.management.resume('nap'))
    expect(await bench.ended('nap')).toMatchObject({ output: 'awake' })
  },

  async 'a timer that is due after resume fires on its time (Dapr: timer/resumeearly)'(open) {
    async function nap(ctx: WorkflowContext, ms: number): Promise<number> {
      await ctx.createTimer(ms / 1000)
      return ctx.getCurrentUtcDateTime().getTime()
    }
    const bench = await open({ workflows: { nap } })
    await bench.start('nap', bench.shortMs)
    await bench.host.pass(bench.management.suspend('nap'))
    await bench.host.pass(bench.management.resume('nap'))
    const { output, createdAt } = await bench.ended('nap')
    expect(output).toBeGreaterThanOrEqual(createdAt.getTime() + bench.shortMs)
  },
}
