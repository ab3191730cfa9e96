// Reruns: a new instance with the past of another, up to one of its commands.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { RerunRequest } from '../../../src/runtime/running-again.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

type More = Omit<RerunRequest, 'instanceId' | 'eventId' | 'input'> & { readonly input?: unknown }

/** Reruns an instance as `again`, unless another id is given, and waits for its end. */
async function rerun(bench: Bench, instanceId: string, eventId: number, more: More = {}) {
  const { instanceId: id } = await begin(bench, instanceId, eventId, more)
  return bench.ended(id)
}

async function begin(bench: Bench, instanceId: string, eventId: number, { input, ...more }: More = {}) {
  const json = input === undefined ? {} : { input: JSON.stringify(input) }
  const request = { instanceId, eventId, newInstanceId: 'again', ...more, ...json }
  return bench.host.pass(bench.management.rerun(request))
}

const codeOf = async (bench: Bench, request: RerunRequest) => bench.codeOf(bench.management.rerun(request))

/** Five activities in a row; each tells that it ran. */
function chain() {
  const ran: string[] = []
  async function step(ctx: ActivityContext, at: number): Promise<number> {
    ran.push(`${ctx.getWorkflowInstanceId()} ${at}`)
    return at * 10
  }
  async function five(ctx: WorkflowContext): Promise<number[]> {
    const results: number[] = []
    for (let at = 1; at <= 5; at++) results.push(await ctx.callActivity(step, at))
    return results
  }
  return { ran, workflows: { five }, activities: { step } }
}

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

const basic = (eventId: number, runs: number) => async (open: Parameters<Cases[string]>[0]) => {
  const { ran, ...app } = chain()
  const bench = await open(app)
  await bench.run('five')
  expect(ran).toHaveLength(5)
  expect(await rerun(bench, 'five', eventId)).toMatchObject({
    status: 'COMPLETED',
    output: [10, 20, 30, 40, 50],
    rerunOf: { instanceId: 'five', eventId },
  })
  expect(ran.slice(5)).toEqual([1, 2, 3, 4, 5].slice(5 - runs).map((at) => `again ${at}`))
}

export const rerunCases: Cases = {
  'of five activities all run again from the first (Dapr: rerun/basic/one)': basic(1, 5),
  'four run again from the second (Dapr: rerun/basic/two)': basic(2, 4),
  'three run again from the third (Dapr: rerun/basic/three)': basic(3, 3),
  'two run again from the fourth (Dapr: rerun/basic/four)': basic(4, 2),
  'one runs again from the fifth (Dapr: rerun/basic/five)': basic(5, 1),

  async 'inline activities that shared a commit are told apart'(open) {
    const ran: number[] = []
    const step = async (_ctx: ActivityContext, at: number) => ran.push(at)
    async function three(ctx: WorkflowContext): Promise<number[]> {
      const results: number[] = []
      for (let at = 1; at <= 3; at++)
        results.push(await ctx.callActivity(step, at, { inline: { commitEvery: 3 } }))
      return results
    }
    const bench = await open({ workflows: { three }, activities: { step } })
    await bench.run('three')
    ran.length = 0
    expect(await rerun(bench, 'three', 3)).toMatchObject({ output: [1, 2, 1] })
    expect(ran).toEqual([3])
  },

  async 'a rerun of a rerun knows what both have done (Dapr: rerun/multirerun)'(open) {
    const { ran, ...app } = chain()
    const bench = await open(app)
    await bench.run('five')
    await rerun(bench, 'five', 4)
    ran.length = 0
    expect(await rerun(bench, 'again', 2, { newInstanceId: 'third' })).toMatchObject({
      output: [10, 20, 30, 40, 50],
      rerunOf: { instanceId: 'again', eventId: 2 },
    })
    expect(ran).toEqual(['third 2', 'third 3', 'third 4', 'third 5'])
    ran.length = 0
    await rerun(bench, 'third', 5, { newInstanceId: 'fourth' })
    expect(ran).toEqual(['fourth 5'])
  },

  async 'an instance that runs, or is suspended, cannot be rerun; once it has ended it can (Dapr: rerun/completed, rerun/suspend)'(
    open,
  ) {
    const { ran, ...app } = chain()
    async function two(ctx: WorkflowContext): Promise<unknown> {
      await ctx.waitForExternalEvent('go')
      return ctx.callActivity(app.activities.step, 1)
    }
    const bench = await open({ ...app, workflows: { two } })
    await bench.start('two')
    await bench.until('two', ({ status }) => status === 'RUNNING')
    const code = async () => codeOf(bench, { instanceId: 'two', eventId: 1 })
    expect(await code()).toBe('ERR_RERUN_WORKFLOW')
    await bench.host.pass(bench.management.suspend('two'))
    await bench.until('two', ({ status }) => status === 'SUSPENDED')
    await bench.raise('two', 'go')
    expect(await code()).toBe('ERR_RERUN_WORKFLOW')
    await bench.host.pass(bench.management.resume('two'))
    await bench.ended('two')
    expect(await rerun(bench, 'two', 1)).toMatchObject({ status: 'COMPLETED', output: 10 })
    expect(ran).toEqual(['two 1', 'again 1'])
  },

  async 'a failed instance runs again, and fails again (Dapr: rerun/failed)'(open) {
    let runs = 0
    async function broken(): Promise<void> {
      runs++
      throw new Error('broken')
    }
    const failing = async (ctx: WorkflowContext) => ctx.callActivity(broken)
    const bench = await open({ workflows: { failing }, activities: { broken } })
    await bench.run('failing')
    expect(await rerun(bench, 'failing', 1)).toMatchObject({ status: 'FAILED' })
    expect(runs).toBe(2)
  },

  async 'a terminated instance runs again, and takes events of its own (Dapr: rerun/terminated)'(open) {
    const { ran, ...app } = chain()
    async function two(ctx: WorkflowContext): Promise<unknown> {
      const first = await ctx.callActivity(app.activities.step, 1)
      return [first, await ctx.waitForExternalEvent('go')]
    }
    const bench = await open({ ...app, workflows: { two } })
    await bench.start('two')
    await bench.until('two', () => ran.length > 0)
    await bench.idle()
    await bench.host.pass(bench.management.terminate('two'))
    await bench.ended('two')
    await begin(bench, 'two', 1)
    await bench.raise('again', 'go', 'now')
    expect(await bench.ended('again')).toMatchObject({ status: 'COMPLETED', output: [10, 'now'] })
    expect(ran).toEqual(['two 1', 'again 1'])
  },

  async 'of a fan-out everything that was not known when it was asked for runs again (Dapr: rerun/fanout)'(
    open,
  ) {
    const { ran, ...app } = chain()
    async function fan(ctx: WorkflowContext): Promise<unknown> {
      await ctx.callActivity(app.activities.step, 0)
      return ctx.whenAll([1, 2, 3].map((at) => ctx.callActivity(app.activities.step, at)))
    }
    const bench = await open({ ...app, workflows: { fan } })
    await bench.run('fan')
    ran.length = 0
    expect(await rerun(bench, 'fan', 3)).toMatchObject({ output: [10, 20, 30] })
    expect(ran.toSorted()).toEqual(['again 1', 'again 2', 'again 3'])
  },

  async 'an activity is given another input, null too, or its own (Dapr: rerun/newinput, rerun/newinputactivity, rerun/nullinput, rerun/sameinput)'(
    open,
  ) {
    const show = async (_ctx: ActivityContext, input: unknown) => JSON.stringify(input)
    async function two(ctx: WorkflowContext): Promise<unknown> {
      return [await ctx.callActivity(show, 'a'), await ctx.callActivity(show, 'b')]
    }
    const bench = await open({ workflows: { two }, activities: { show } })
    await bench.run('two')
    const output = async (newInstanceId: string, input?: unknown) =>
      (await rerun(bench, 'two', 1, { newInstanceId, ...(input !== undefined && { input }) })).output
    expect(await output('same')).toEqual(['"a"', '"b"'])
    expect(await output('other', { x: 1 })).toEqual(['{"x":1}', '"b"'])
    expect(await output('null', null)).toEqual(['null', '"b"'])
  },

  async 'with a retry policy the other input is that of all attempts, and all of them are there again'(open) {
    const seen: string[] = []
    async function flaky(ctx: ActivityContext, input: string): Promise<string> {
      seen.push(`${input} ${ctx.attempt}`)
      if (ctx.attempt < 2) throw new Error('not yet')
      return input
    }
    const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 2 }
    const one = async (ctx: WorkflowContext) => ctx.callActivity(flaky, 'old', { retry })
    const bench = await open({ workflows: { one }, activities: { flaky } })
    await bench.run('one')
    expect(await rerun(bench, 'one', 1, { input: 'new' })).toMatchObject({ output: 'new' })
    expect(seen).toEqual(['old 1', 'old 2', 'new 1', 'new 2'])
    expect(
      await rerun(bench, 'one', 3, { newInstanceId: 'from the last'.replaceAll(' ', '_') }),
    ).toMatchObject({ output: 'old' })
    expect(seen.slice(4)).toEqual(['old 1', 'old 2'])
  },

  async 'a rerun needs another id, one that is free, and an instance that is there (Dapr: rerun/instanceid, rerun/targetexists, rerun/nosource)'(
    open,
  ) {
    const bench = await open(chain())
    await bench.run('five')
    await rerun(bench, 'five', 1)
    const code = async (newInstanceId: string, instanceId = 'five') =>
      codeOf(bench, { instanceId, eventId: 1, newInstanceId })
    expect(await code('five')).toBe('INVALID_ARGUMENT')
    expect(await code('again')).toBe('ERR_START_WORKFLOW')
    expect(await code('a:b')).toBe('ERR_INSTANCE_ID_INVALID')
    expect(await code('new', 'nobody')).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    const { instanceId } = await bench.host.pass(bench.management.rerun({ instanceId: 'five', eventId: 5 }))
    expect(await bench.ended(instanceId)).toMatchObject({ output: [10, 20, 30, 40, 50] })
  },

  async 'a number that stands for nothing, or for what cannot be rerun, is not found (Dapr: rerun/noeventid, rerun/notscheduleevent)'(
    open,
  ) {
    async function sending(ctx: WorkflowContext): Promise<void> {
      ctx.sendEvent('nobody', 'hello')
    }
    const bench = await open({ workflows: { sending } })
    await bench.run('sending')
    for (const eventId of [0, 1, 2, -1])
      expect(await codeOf(bench, { instanceId: 'sending', eventId })).toBe('ERR_RERUN_EVENT_NOT_FOUND')
  },

  async 'a rerun with a key is one however often it is asked for; the key with something else is refused'(
    open,
  ) {
    const { ran, ...app } = chain()
    const bench = await open(app)
    await bench.run('five')
    const key = { idempotencyKey: 'k1' }
    for (const _ of [1, 2]) await rerun(bench, 'five', 5, key)
    expect(ran).toHaveLength(6)
    const other = { instanceId: 'five', eventId: 4, newInstanceId: 'again', ...key }
    expect(await codeOf(bench, other)).toBe('ERR_START_WORKFLOW')
  },

  async 'what was under way before the command is made anew beside it'(open) {
    const held = gate()
    const ran: string[] = []
    async function slow(): Promise<void> {
      ran.push('slow')
      await held.passed
    }
    async function second(): Promise<void> {
      ran.push('second')
      held.open()
    }
    async function beside(ctx: WorkflowContext): Promise<unknown> {
      const first = ctx.callActivity(slow)
      const event = await ctx.waitForExternalEvent('go')
      await ctx.callActivity(second)
      await first
      return event
    }
    const bench = await open({ workflows: { beside }, activities: { slow, second } })
    await bench.start('beside')
    await bench.raise('beside', 'go', 'taken')
    await bench.ended('beside')
    ran.length = 0
    expect(await rerun(bench, 'beside', 2)).toMatchObject({ output: 'taken' })
    expect(ran.toSorted()).toEqual(['second', 'slow'])
  },

  async 'the clock and the GUIDs of the past are those of the other life, and events that were taken are not taken twice'(
    open,
  ) {
    async function telling(ctx: WorkflowContext): Promise<unknown> {
      const begun = [ctx.getCurrentUtcDateTime().getTime(), ctx.newGuid()]
      const event = await ctx.waitForExternalEvent('go')
      await ctx.createTimer(0)
      return [...begun, event]
    }
    const bench = await open({ workflows: { telling } })
    await bench.start('telling')
    await bench.raise('telling', 'go', 'first')
    const { output } = await bench.ended('telling')
    expect(await rerun(bench, 'telling', 1)).toMatchObject({ output })
  },

  async 'the last generation is rerun, with its own input and the events that it was handed'(open) {
    const { ran, ...app } = chain()
    async function rounds(ctx: WorkflowContext, round: number): Promise<unknown> {
      const event = await ctx.waitForExternalEvent('go')
      await ctx.callActivity(app.activities.step, round)
      if (round < 3) ctx.continueAsNew(round + 1, true)
      return [round, event]
    }
    const bench = await open({ ...app, workflows: { rounds } })
    await bench.start('rounds', 1)
    for (const at of ['a', 'b', 'c']) await bench.raise('rounds', 'go', at)
    expect(await bench.ended('rounds')).toMatchObject({ output: [3, 'c'] })
    ran.length = 0
    expect(await rerun(bench, 'rounds', 1)).toMatchObject({ output: [3, 'c'], input: '3' })
    expect(ran).toEqual(['again 3'])
  },

  async 'a source that is purged at once does not hold its rerun up'(open) {
    const { ran, ...app } = chain()
    const bench = await open(app)
    await bench.run('five')
    await begin(bench, 'five', 5)
    await bench.host.pass(bench.management.purge('five'))
    expect(await bench.ended('again')).toMatchObject({ output: [10, 20, 30, 40, 50] })
    expect(ran).toHaveLength(6)
  },

  async 'an event that was sent in the past is not sent again; one that comes after the command is'(open) {
    async function sink(ctx: WorkflowContext): Promise<unknown[]> {
      const taken: unknown[] = []
      while (taken.length < 3) taken.push(await ctx.waitForExternalEvent('sent'))
      return taken
    }
    async function sending(ctx: WorkflowContext): Promise<void> {
      ctx.sendEvent('sink', 'sent', 'before')
      await ctx.createTimer(0)
      ctx.sendEvent('sink', 'sent', 'after')
    }
    const bench = await open({ workflows: { sink, sending } })
    await bench.start('sink')
    await bench.run('sending')
    await rerun(bench, 'sending', 2)
    expect(await bench.ended('sink')).toMatchObject({ output: ['before', 'after', 'after'] })
  },

  async 'a rerun that is terminated before its first turn is terminated'(open) {
    const { ran, ...app } = chain()
    const bench = await open({ ...app, workflows: { ...app.workflows, waiting } })
    await bench.run('five')
    await begin(bench, 'five', 1)
    await bench.host.pass(bench.management.terminate('again'))
    expect(['TERMINATED', 'COMPLETED']).toContain((await bench.ended('again')).status)
    expect(ran.length).toBeLessThanOrEqual(10)
  },
}
