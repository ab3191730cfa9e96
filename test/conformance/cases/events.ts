// External events: nothing is lost, nothing comes twice, and the order is that of acceptance.

import { expect } from 'vitest'
import { isTenutoError, type WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

/** Takes `count` events of one name, one after the other. */
async function take(ctx: WorkflowContext, count: number): Promise<unknown[]> {
  const taken: unknown[] = []
  while (taken.length < count) taken.push(await ctx.waitForExternalEvent('item'))
  return taken
}

/** Takes `item` events until `stop` comes. */
async function collect(ctx: WorkflowContext): Promise<unknown[]> {
  const taken: unknown[] = []
  for (;;) {
    const item = ctx.waitForExternalEvent('item')
    const stop = ctx.waitForExternalEvent('stop')
    if ((await ctx.whenAny({ item, stop })) === 'stop') return taken
    stop.cancel()
    taken.push(item.getResult())
  }
}

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

export const eventCases: Cases = {
  async 'an event that comes before its waiter is kept for it (DG: ExternalEventWorkflow; MJ: events/early)'(
    open,
  ) {
    async function patient(ctx: WorkflowContext): Promise<unknown> {
      await ctx.waitForExternalEvent('open')
      return ctx.waitForExternalEvent('early')
    }
    const bench = await open({ workflows: { patient } })
    await bench.start('patient')
    await bench.raise('patient', 'early', { n: 1 })
    await bench.idle()
    await bench.raise('patient', 'open')
    expect(await bench.ended('patient')).toMatchObject({ output: { n: 1 } })
  },

  async 'events of one name are taken in the order of acceptance (MJ: events/many)'(open) {
    const bench = await open({ workflows: { take } })
    await bench.start('take', 20)
    for (let at = 0; at < 20; at++) await bench.raise('take', 'item', at)
    expect((await bench.ended('take')).output).toEqual(Array.from({ length: 20 }, (_, at) => at))
  },

  async 'several waiters of one name are served first come, first served (DG: ExternalEventContention)'(
    open,
  ) {
    const pair = async (ctx: WorkflowContext) =>
      Promise.all([ctx.waitForExternalEvent('item'), ctx.waitForExternalEvent('item')])
    const bench = await open({ workflows: { pair } })
    await bench.start('pair')
    await running(bench, 'pair')
    await bench.raise('pair', 'item', 'first')
    await bench.raise('pair', 'item', 'second')
    expect((await bench.ended('pair')).output).toEqual(['first', 'second'])
  },

  async 'events of several names come in any order (JS: several external events)'(open) {
    const names = async (ctx: WorkflowContext) =>
      ctx.whenAll(['a', 'b', 'c'].map((name) => ctx.waitForExternalEvent(name)))
    const bench = await open({ workflows: { names } })
    await bench.start('names')
    for (const name of ['c', 'a', 'b']) await bench.raise('names', name, name)
    expect((await bench.ended('names')).output).toEqual(['a', 'b', 'c'])
  },

  async 'names are compared without case (Dapr: raise/deletetimer/caseinsensitive)'(open) {
    const single = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('Approval')
    const bench = await open({ workflows: { single } })
    await bench.start('single')
    await bench.raise('single', 'aPPROVAL', true)
    expect(await bench.ended('single')).toMatchObject({ output: true })
  },

  async 'an event that does not come in time fails its waiter with EVENT_TIMEOUT (DG: ExternalEventTimeout, Executor/WaitForEvent_TimerFiresCancelsTask; JS: event too late)'(
    open,
  ) {
    async function impatient(ctx: WorkflowContext, wait: number): Promise<unknown> {
      try {
        return await ctx.waitForExternalEvent('never', { timeout: wait / 1000 })
      } catch (error) {
        return isTenutoError(error) ? error.code : 'other'
      }
    }
    const bench = await open({ workflows: { impatient } })
    const before = bench.host.now()
    expect(await bench.run('impatient', bench.shortMs)).toMatchObject({ output: 'EVENT_TIMEOUT' })
    expect(bench.host.now() - before).toBeGreaterThanOrEqual(bench.shortMs)
  },

  async 'an event that comes in time wins, and its time-out does not disturb (Dapr: raise/deletetimer/base; DG: Executor/WaitForEventSchedulesTimer; JS: event in time)'(
    open,
  ) {
    async function twice(ctx: WorkflowContext, wait: number): Promise<unknown> {
      const first = await ctx.waitForExternalEvent('first', { timeout: 3600 })
      await ctx.createTimer(wait / 1000)
      const second = await ctx.waitForExternalEvent('second')
      return [first, second]
    }
    const bench = await open({ workflows: { twice } })
    await bench.start('twice', bench.shortMs)
    await bench.raise('twice', 'first', 1)
    await bench.raise('twice', 'second', 2)
    expect((await bench.ended('twice')).output).toEqual([1, 2])
    const commands = (await bench.history('twice')).flatMap((episode) => episode.commands)
    expect(commands.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['cancelTimer']))
  },

  async 'with a time-out of zero only what has come already is taken'(open) {
    async function now(ctx: WorkflowContext): Promise<unknown> {
      const missing = await ctx.waitForExternalEvent('item', { timeout: 0 }).catch(() => 'nothing')
      await ctx.waitForExternalEvent('open')
      return [missing, await ctx.waitForExternalEvent('item', { timeout: 0 })]
    }
    const bench = await open({ workflows: { now } })
    await bench.start('now')
    await running(bench, 'now')
    await bench.raise('now', 'item', 5)
    await bench.raise('now', 'open')
    expect((await bench.ended('now')).output).toEqual(['nothing', 5])
  },

  async 'an event raised again with its id counts once, before and after it was taken (Dapr: chaos/eventdedup)'(
    open,
  ) {
    const bench = await open({ workflows: { collect } })
    await bench.start('collect')
    await bench.raise('collect', 'item', 1, 'id-1')
    await bench.raise('collect', 'item', 1, 'id-1')
    await bench.idle()
    await bench.raise('collect', 'item', 1, 'id-1')
    await bench.raise('collect', 'item', 2, 'id-2')
    await bench.raise('collect', 'stop')
    expect((await bench.ended('collect')).output).toEqual([1, 2])
  },

  async 'many calls at once with one event id are one event'(open) {
    const bench = await open({ workflows: { collect } })
    await bench.start('collect')
    await Promise.all(Array.from({ length: 10 }, () => bench.raise('collect', 'item', 'x', 'same')))
    await bench.raise('collect', 'stop')
    expect((await bench.ended('collect')).output).toEqual(['x'])
  },

  async 'equal events without an id are all delivered (Dapr: chaos/eventdedup)'(open) {
    const bench = await open({ workflows: { collect } })
    await bench.start('collect')
    for (let times = 0; times < 3; times++) await bench.raise('collect', 'item', 'same')
    await bench.raise('collect', 'stop')
    expect((await bench.ended('collect')).output).toEqual(['same', 'same', 'same'])
  },

  async 'an event id with other data or another name is refused, before and after it was taken'(open) {
    const bench = await open({ workflows: { collect } })
    const { management } = bench
    const raise = (eventName: string, data: string) =>
      management.raiseEvent({ instanceId: 'collect', eventName, data, eventId: 'id-1' })
    await bench.start('collect')
    await bench.host.pass(raise('item', '1'))
    expect(await bench.codeOf(raise('item', '2'))).toBe('ERR_EVENT_ID_CONFLICT')
    await bench.idle()
    expect(await bench.codeOf(raise('item', '2'))).toBe('ERR_EVENT_ID_CONFLICT')
    expect(await bench.codeOf(raise('other', '1'))).toBe('ERR_EVENT_ID_CONFLICT')
    await bench.host.pass(raise('ITEM', '1'))
    await bench.raise('collect', 'stop')
    expect((await bench.ended('collect')).output).toEqual([1])
  },

  async 'an event counts once across continue-as-new too'(open) {
    async function rounds(ctx: WorkflowContext, taken: unknown[]): Promise<unknown> {
      const next = await ctx.waitForExternalEvent('item')
      if (next === 'stop') return taken
      ctx.continueAsNew([...taken, next], true)
      return taken
    }
    const bench = await open({ workflows: { rounds } })
    await bench.start('rounds', [])
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) {
      await bench.raise('rounds', 'item', id, id)
      await bench.idle()
    }
    await bench.raise('rounds', 'item', 'stop')
    expect((await bench.ended('rounds')).output).toEqual(['a', 'b', 'c'])
  },

  async '50 events raised at once are all counted (Dapr: continueasnew/raise)'(open) {
    const bench = await open({ workflows: { take } })
    await bench.start('take', 50)
    await Promise.all(Array.from({ length: 50 }, (_, at) => bench.raise('take', 'item', at)))
    const { output } = await bench.ended('take')
    expect((output as number[]).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at))
  },

  async 'an activity may raise the event that its workflow waits for next: 3 × 8 rounds, none lost (Dapr: agentloop)'(
    open,
  ) {
    const raise = { event: async (_id: string, _data: unknown): Promise<void> => {} }
    const answer = async (ctx: { getWorkflowInstanceId(): string }, turn: number) =>
      raise.event(ctx.getWorkflowInstanceId(), turn + 1)
    async function agent(ctx: WorkflowContext): Promise<unknown> {
      let turn = await ctx.waitForExternalEvent<number>('turn')
      while (turn < 8) {
        await ctx.callActivity(answer, turn)
        turn = await ctx.waitForExternalEvent<number>('turn')
      }
      return turn
    }
    const bench = await open({ workflows: { agent }, activities: { answer } })
    raise.event = (instanceId, turn) =>
      bench.management.raiseEvent({ instanceId, eventName: 'turn', data: JSON.stringify(turn) })
    for (const id of ['one', 'two', 'three']) {
      await bench.start('agent', undefined, { instanceId: id })
      await bench.raise(id, 'turn', 0)
    }
    for (const id of ['one', 'two', 'three']) expect(await bench.ended(id)).toMatchObject({ output: 8 })
  },
}
