// Rewinds: what failed is made anew, in place; what succeeded stays.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

/** A switch, and activities that fail while it is on. */
function world() {
  const state = { isBroken: true, ran: [] as string[] }
  async function step(_ctx: ActivityContext, name: string): Promise<string> {
    state.ran.push(name)
    return `${name} done`
  }
  async function fragile(ctx: ActivityContext, name: string): Promise<string> {
    state.ran.push(`${name} ${ctx.attempt}`)
    if (state.isBroken) throw new Error(`${name} is broken`)
    return `${name} done`
  }
  return { state, step, fragile, activities: { step, fragile } }
}

async function rewind(bench: Bench, instanceId: string): Promise<void> {
  await bench.host.pass(bench.management.rewind({ instanceId }))
}

const codeOf = async (bench: Bench, instanceId: string) =>
  bench.codeOf(bench.management.rewind({ instanceId }))

export const rewindCases: Cases = {
  async 'the failed activity runs again and the others do not, and nothing else of the instance changes (MJ: rewind/failedOnly, rewind/keepsResults)'(
    open,
  ) {
    const { state, step, fragile, activities } = world()
    async function three(ctx: WorkflowContext, order: string): Promise<unknown> {
      ctx.setCustomStatus('busy')
      const first = await ctx.callActivity(step, `${order} first`)
      const second = await ctx.callActivity(fragile, 'second')
      return [first, second, await ctx.callActivity(step, 'third')]
    }
    const bench = await open({ workflows: { three }, activities })
    await bench.start('three', 'x', { tags: { team: 'a' } })
    const before = await bench.ended('three')
    expect(before).toMatchObject({ status: 'FAILED' })
    state.isBroken = false
    state.ran.length = 0
    await rewind(bench, 'three')
    const after = await bench.ended('three')
    expect(after).toMatchObject({
      status: 'COMPLETED',
      output: ['x first done', 'second done', 'third done'],
      createdAt: before.createdAt,
      customStatus: before.customStatus,
      input: '"x"',
      tags: { team: 'a' },
    })
    expect(after.failure).toBeUndefined()
    expect(state.ran).toEqual(['second 1', 'third'])
  },

  async 'of activities side by side those that failed run again, with all their attempts'(open) {
    const { state, step, fragile, activities } = world()
    const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 2 }
    async function fan(ctx: WorkflowContext): Promise<unknown> {
      const calls = [
        ctx.callActivity(step, 'a'),
        ctx.callActivity(fragile, 'b', { retry }),
        ctx.callActivity(step, 'c'),
        ctx.callActivity(fragile, 'd'),
      ]
      const results = await Promise.allSettled(calls)
      await ctx.callActivity(step, 'e')
      return (await ctx.whenAll(calls)).length + results.length
    }
    const bench = await open({ workflows: { fan }, activities })
    await bench.run('fan')
    expect(state.ran.toSorted()).toEqual(['a', 'b 1', 'b 2', 'c', 'd 1', 'e'])
    state.ran.length = 0
    await rewind(bench, 'fan')
    expect(await bench.ended('fan')).toMatchObject({ status: 'FAILED' })
    expect(state.ran.toSorted()).toEqual(['b 1', 'b 2', 'd 1', 'e'])
    state.isBroken = false
    state.ran.length = 0
    await rewind(bench, 'fan')
    expect(await bench.ended('fan')).toMatchObject({ status: 'COMPLETED', output: 8 })
    expect(state.ran.toSorted()).toEqual(['b 1', 'd 1', 'e'])
  },

  async 'only what has failed can be rewound (MJ: rewind/othersError, rewind/terminatedError, rewind/unknownError)'(
    open,
  ) {
    const done = async () => 1
    const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
    const bench = await open({ workflows: { done, waiting } })
    await bench.run('done')
    await bench.start('waiting')
    await bench.until('waiting', ({ status }) => status === 'RUNNING')
    for (const id of ['done', 'waiting']) expect(await codeOf(bench, id)).toBe('ERR_REWIND_WORKFLOW')
    await bench.host.pass(bench.management.terminate('waiting'))
    await bench.ended('waiting')
    expect(await codeOf(bench, 'waiting')).toBe('ERR_REWIND_WORKFLOW')
    expect(await codeOf(bench, 'nobody')).toBe('ERR_INSTANCE_ID_NOT_FOUND')
  },

  async 'what fails again can be rewound again, and again (MJ: rewind/again)'(open) {
    const { state, step, fragile, activities } = world()
    async function two(ctx: WorkflowContext): Promise<unknown> {
      const first = await ctx.callActivity(step, 'first')
      return [first, await ctx.callActivity(fragile, 'second')]
    }
    const bench = await open({ workflows: { two }, activities })
    await bench.run('two')
    for (let round = 1; round <= 3; round++) {
      await rewind(bench, 'two')
      expect(await bench.ended('two')).toMatchObject({ status: 'FAILED' })
    }
    state.isBroken = false
    await rewind(bench, 'two')
    expect(await bench.ended('two')).toMatchObject({ output: ['first done', 'second done'] })
    expect(state.ran).toEqual(['first', ...Array.from({ length: 5 }, () => 'second 1')])
  },

  async 'a failed child is rewound with its parent, and so is its own; children that completed are not run again (MJ: rewind/children)'(
    open,
  ) {
    const { state, step, fragile, activities } = world()
    async function leaf(ctx: WorkflowContext, name: string): Promise<unknown> {
      const first = await ctx.callActivity(step, `${name} first`)
      return [first, await ctx.callActivity(name === 'bad' ? fragile : step, `${name} second`)]
    }
    const middle = async (ctx: WorkflowContext, name: string) => ctx.callChildWorkflow(leaf, name)
    async function top(ctx: WorkflowContext): Promise<unknown> {
      const good = await ctx.callChildWorkflow(middle, 'good')
      return [good, await ctx.callChildWorkflow(middle, 'bad', { instanceId: 'bad' })]
    }
    const bench = await open({ workflows: { top, middle, leaf }, activities })
    await bench.run('top')
    expect(await codeOf(bench, 'bad')).toBe('ERR_REWIND_WORKFLOW')
    state.isBroken = false
    state.ran.length = 0
    await rewind(bench, 'top')
    expect(await bench.ended('top')).toMatchObject({
      status: 'COMPLETED',
      output: [
        ['good first done', 'good second done'],
        ['bad first done', 'bad second done'],
      ],
    })
    expect(state.ran).toEqual(['bad second 1'])
    await bench.host.pass(bench.management.purge('top'))
    for (const id of ['top:0001', 'top:0001:0001', 'bad', 'bad:0001'])
      expect(await bench.host.pass(bench.management.get(id))).toBeUndefined()
  },

  async 'the last generation is rewound, with its children'(open) {
    const { state, step, fragile, activities } = world()
    const child = async (ctx: WorkflowContext, name: string) => ctx.callActivity(step, name)
    async function rounds(ctx: WorkflowContext, round: number): Promise<unknown> {
      const result = await ctx.callChildWorkflow(child, `child ${round}`)
      if (round < 3) {
        ctx.continueAsNew(round + 1)
        return undefined
      }
      return [result, await ctx.callActivity(fragile, 'last')]
    }
    const bench = await open({ workflows: { rounds, child }, activities })
    await bench.run('rounds', 1)
    state.isBroken = false
    state.ran.length = 0
    await rewind(bench, 'rounds')
    expect(await bench.ended('rounds')).toMatchObject({
      output: ['child 3 done', 'last done'],
      input: '1',
    })
    expect(state.ran).toEqual(['last 1'])
  },

  async 'events that were taken stay taken, and what was sent is not sent again'(open) {
    const { state, fragile, activities } = world()
    async function sink(ctx: WorkflowContext): Promise<unknown[]> {
      return [await ctx.waitForExternalEvent('sent'), await ctx.waitForExternalEvent('sent')]
    }
    async function sending(ctx: WorkflowContext): Promise<unknown> {
      const event = await ctx.waitForExternalEvent('go')
      ctx.sendEvent('sink', 'sent', 'once')
      const result = await ctx.callActivity(fragile, 'it')
      ctx.sendEvent('sink', 'sent', 'last')
      return [event, result, await ctx.waitForExternalEvent('go')]
    }
    const bench = await open({ workflows: { sink, sending }, activities })
    await bench.start('sink')
    // Its first turn takes both: what nobody has taken when an instance fails goes with that life.
    await bench.start('sending', undefined, { startAt: bench.host.now() + bench.shortMs })
    await bench.raise('sending', 'go', 1, 'e1')
    await bench.raise('sending', 'go', 2, 'e2')
    await bench.ended('sending')
    state.isBroken = false
    await rewind(bench, 'sending')
    expect(await bench.ended('sending')).toMatchObject({ output: [1, 'it done', 2] })
    expect(await bench.ended('sink')).toMatchObject({ output: ['once', 'last'] })
  },

  async 'a failure that the code has caught is made anew as well, and what does not fit any more is left out'(
    open,
  ) {
    const { state, step, fragile, activities } = world()
    async function saga(ctx: WorkflowContext): Promise<unknown> {
      await ctx.callActivity(step, 'reserve')
      try {
        return await ctx.callActivity(fragile, 'charge')
      } catch (error) {
        await ctx.callActivity(step, 'release')
        throw error
      }
    }
    const bench = await open({ workflows: { saga }, activities })
    await bench.run('saga')
    expect(state.ran).toEqual(['reserve', 'charge 1', 'release'])
    state.isBroken = false
    state.ran.length = 0
    await rewind(bench, 'saga')
    expect(await bench.ended('saga')).toMatchObject({ output: 'charge done' })
    expect(state.ran).toEqual(['charge 1'])
  },

  async 'a workflow that threw by itself runs its last turn again: with the same code it fails again'(open) {
    let isBroken = true
    async function throwing(ctx: WorkflowContext): Promise<string> {
      await ctx.createTimer(0)
      if (isBroken) throw new Error('a defect')
      return 'mended'
    }
    const bench = await open({ workflows: { throwing } })
    await bench.run('throwing')
    await rewind(bench, 'throwing')
    expect(await bench.ended('throwing')).toMatchObject({ status: 'FAILED' })
    isBroken = false
    await rewind(bench, 'throwing')
    expect(await bench.ended('throwing')).toMatchObject({ output: 'mended' })
  },

  async 'a rewind with a key is one however often it is asked for'(open) {
    const { state, fragile, activities } = world()
    const one = async (ctx: WorkflowContext) => ctx.callActivity(fragile, 'it')
    const bench = await open({ workflows: { one }, activities })
    await bench.run('one')
    for (const _ of [1, 2]) {
      await bench.host.pass(bench.management.rewind({ instanceId: 'one', idempotencyKey: 'k1' }))
      expect(await bench.ended('one')).toMatchObject({ status: 'FAILED' })
    }
    expect(state.ran).toEqual(['it 1', 'it 1'])
  },

  async 'an event that was taken before counts once, however early it is raised again'(open) {
    const { state, fragile, activities } = world()
    async function taking(ctx: WorkflowContext): Promise<unknown> {
      const first = await ctx.waitForExternalEvent('go')
      await ctx.callActivity(fragile, 'it')
      return [first, await ctx.waitForExternalEvent('go')]
    }
    const bench = await open({ workflows: { taking }, activities })
    await bench.start('taking')
    await bench.raise('taking', 'go', 1, 'e1')
    await bench.ended('taking')
    state.isBroken = false
    await rewind(bench, 'taking')
    await bench.raise('taking', 'go', 1, 'e1')
    await bench.raise('taking', 'go', 2, 'e2')
    expect(await bench.ended('taking')).toMatchObject({ output: [1, 2] })
  },
}
