// What the context tells: the same at every replay, and to nobody else.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Cases } from '../bench.ts'

const echo = async (_ctx: ActivityContext, value: unknown) => value

export const contextCases: Cases = {
  async 'GUIDs are the same at every replay, and different in every instance and call (MJ: context/newGuid)'(
    open,
  ) {
    async function guids(ctx: WorkflowContext): Promise<unknown> {
      const before = [ctx.newGuid(), ctx.newGuid()]
      // What an activity was given was made before it; what is compared is made again at each turn.
      const sent = await ctx.callActivity(echo, before)
      return [before, sent]
    }
    const bench = await open({ workflows: { guids }, activities: { echo } })
    const ids = ['one', 'two', 'order-1', 'order-2']
    const all: unknown[] = []
    for (const instanceId of ids) {
      await bench.start('guids', undefined, { instanceId })
      const [before, sent] = (await bench.ended(instanceId)).output as [string[], string[]]
      expect(sent).toEqual(before)
      all.push(...before)
    }
    expect(new Set(all).size).toBe(2 * ids.length)
  },

  async 'a line of the log is written once, however often the past is replayed (MJ: context/replay-safe logging)'(
    open,
  ) {
    async function talking(ctx: WorkflowContext): Promise<void> {
      for (let at = 0; at < 5; at++) {
        ctx.logger.info(`line ${at}`)
        await ctx.callActivity(echo, at)
      }
    }
    const bench = await open({ workflows: { talking }, activities: { echo } })
    await bench.run('talking')
    const lines = bench.logger.lines.map(({ message }) => message).filter((line) => line.startsWith('line '))
    // A turn that is run again before its commit, or loses it to a rival, tells its own once more.
    expect([...new Set(lines)]).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4'])
  },

  async 'the past is replayed, what is new is not (DG: IsReplaying)'(open) {
    async function looking(ctx: WorkflowContext): Promise<boolean[]> {
      const seen: boolean[] = []
      for (let at = 0; at < 3; at++) await ctx.callActivity(echo, at)
      seen.push(ctx.isReplaying())
      return seen
    }
    const bench = await open({ workflows: { looking }, activities: { echo } })
    expect(await bench.run('looking')).toMatchObject({ output: [false] })
  },

  async 'the time is that of the turn: it does not run within one, and is the same at every replay (MJ: timer/deterministic)'(
    open,
  ) {
    async function times(ctx: WorkflowContext, seconds: number): Promise<unknown> {
      // A virtual clock may stand between two milliseconds, which a Date cannot show.
      const first = [ctx.getCurrentUtcDateTime().getTime(), Math.floor(Date.now())]
      const sent = await ctx.callActivity(echo, first)
      await ctx.createTimer(seconds)
      const passed = ctx.getCurrentUtcDateTime().getTime() - (first[0] ?? 0)
      return [first[0] === first[1], sent, first, passed]
    }
    const bench = await open({ workflows: { times }, activities: { echo } })
    const output = (await bench.run('times', bench.shortMs / 1000)).output as [
      boolean,
      number[],
      number[],
      number,
    ]
    expect(output[0]).toBe(true)
    expect(output[1]).toEqual(output[2])
    expect(output[3]).toBeGreaterThanOrEqual(bench.shortMs)
  },

  async 'commands come in the order of the calls (DG: Executor/ActionsDeterministicOrder)'(open) {
    async function mixed(ctx: WorkflowContext): Promise<void> {
      const first = ctx.callActivity(echo, 1)
      const second = ctx.createTimer(0)
      const third = ctx.callChildWorkflow(leaf)
      const fourth = ctx.callActivity(echo, 4)
      await ctx.whenAll([first, second, third, fourth])
    }
    const leaf = async () => 1
    const bench = await open({ workflows: { mixed, leaf }, activities: { echo } })
    await bench.run('mixed')
    const [first] = await bench.history('mixed')
    expect(first?.commands.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['scheduleTask', 1],
      ['createTimer', 2],
      ['createChild', 3],
      ['scheduleTask', 4],
    ])
  },

  async 'created and updated are told, and the second is not before the first (Dapr: fetch; DG: runtimestate/GetStartedTime)'(
    open,
  ) {
    async function told(ctx: WorkflowContext, input: number): Promise<number> {
      ctx.setCustomStatus('on the way')
      return (await ctx.callActivity(echo, input + 1)) as number
    }
    const bench = await open({ workflows: { told }, activities: { echo } })
    const before = bench.host.now()
    const view = await bench.run('told', 1)
    expect(view).toMatchObject({ input: '1', output: 2, customStatus: 'on the way', workflowName: 'told' })
    expect(view.createdAt.getTime()).toBeGreaterThanOrEqual(before)
    expect(view.lastUpdatedAt.getTime()).toBeGreaterThanOrEqual(view.createdAt.getTime())
  },
}
