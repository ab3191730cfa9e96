// Activities: one, many, in a row, at once, failing, awaited by nobody.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import { type Cases, gate } from '../bench.ts'

async function double(_ctx: ActivityContext, x: number): Promise<number> {
  return x * 2
}

async function refuse(): Promise<never> {
  throw new RangeError('no stock')
}

/** An activity that notes its inputs. */
function noting<T>(): { readonly note: (ctx: ActivityContext, x: T) => T; readonly noted: T[] } {
  const noted: T[] = []
  return {
    noted,
    note(_ctx, x) {
      noted.push(x)
      return x
    },
  }
}

export const basicCases: Cases = {
  async 'an empty workflow completes without output or failure (Dapr: empty; DG: EmptyWorkflow; JS: empty, no activity)'(
    open,
  ) {
    const bench = await open({ workflows: { async empty() {} } })
    const ended = await bench.run('empty')
    expect(ended).toMatchObject({ instanceId: 'empty', workflowName: 'empty', status: 'COMPLETED' })
    expect([ended.output, ended.failure, ended.input]).toEqual([undefined, undefined, undefined])
  },

  async 'one activity completes and its result is the output (Dapr: activity, basic/single; DG: SingleActivity)'(
    open,
  ) {
    const single = async (ctx: WorkflowContext, x: number) => ctx.callActivity(double, x)
    const bench = await open({ workflows: { single }, activities: { double } })
    expect(await bench.run('single', 21)).toMatchObject({ status: 'COMPLETED', output: 42, input: '21' })
  },

  async 'a chain of activities runs in order, each step once (DG: ActivityChain; JS: activity sequence)'(
    open,
  ) {
    const { note, noted } = noting<number>()
    async function chain(ctx: WorkflowContext): Promise<number> {
      let sum = 0
      for (let step = 0; step < 20; step++) sum += await ctx.callActivity(note, step)
      return sum
    }
    const bench = await open({ workflows: { chain }, activities: { note } })
    expect(await bench.run('chain')).toMatchObject({ output: 190 })
    expect(noted).toEqual(Array.from({ length: 20 }, (_, step) => step))
  },

  async 'a generator workflow does the same as an async one (JS: activity sequence)'(open) {
    const names = ['Tokyo', 'Seattle', 'London']
    const hello = async (_ctx: ActivityContext, name: string) => `Hello, ${name}!`
    async function* sequence(ctx: WorkflowContext): AsyncGenerator<unknown, string[], never> {
      const greetings: string[] = []
      for (const name of names) greetings.push(yield ctx.callActivity(hello, name))
      return greetings
    }
    const bench = await open({ workflows: { sequence }, activities: { hello } })
    const { output } = await bench.run('sequence')
    expect(output).toEqual(names.map((name) => `Hello, ${name}!`))
  },

  ...fanOutCases([5, 300]),

  async '30 activities that nobody awaits all run although the workflow has completed (Dapr: noawait; JS: fix/never yielded)'(
    open,
  ) {
    const { note, noted } = noting<number>()
    async function careless(ctx: WorkflowContext): Promise<string> {
      for (let at = 0; at < 30; at++) void ctx.callActivity(note, at)
      return 'done'
    }
    const bench = await open({ workflows: { careless }, activities: { note } })
    expect(await bench.run('careless')).toMatchObject({ status: 'COMPLETED', output: 'done' })
    await bench.idle()
    expect(noted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => at))
    expect(await bench.view('careless')).toMatchObject({ status: 'COMPLETED', output: '"done"' })
  },

  async 'ten activities are under way at the same time (Dapr: parallel)'(open) {
    let present = 0
    const all = gate()
    async function meet(): Promise<void> {
      if (++present === 10) all.open()
      await all.passed
    }
    async function parallel(ctx: WorkflowContext): Promise<number> {
      await ctx.whenAll(Array.from({ length: 10 }, () => ctx.callActivity(meet)))
      return present
    }
    const bench = await open({ workflows: { parallel }, activities: { meet } })
    expect(await bench.run('parallel')).toMatchObject({ output: 10 })
  },

  async 'a workflow whose name is unknown is accepted and ends FAILED (Dapr: nonexist; MJ: registry/unregistered)'(
    open,
  ) {
    const bench = await open({ workflows: {} })
    const ended = await bench.run('nobody')
    expect(ended).toMatchObject({ status: 'FAILED', failure: { code: 'WORKFLOW_NOT_REGISTERED' } })
    expect(ended.output).toBeUndefined()
  },

  async 'a failed workflow has a failure and no output (Dapr: failureoutput; DG: panics/orchestration)'(
    open,
  ) {
    const broken = async (): Promise<never> => {
      throw new TypeError('nothing fits')
    }
    const bench = await open({ workflows: { broken } })
    const ended = await bench.run('broken')
    expect(ended).toMatchObject({
      status: 'FAILED',
      failure: { errorType: 'TypeError', message: 'nothing fits' },
    })
    expect(ended).not.toHaveProperty('output', expect.anything())
  },

  async 'a failed activity fails its workflow with a message that names instance and task (DG: panics/activity; JS: keep/words of a failed activity)'(
    open,
  ) {
    const order = async (ctx: WorkflowContext) => ctx.callActivity(refuse)
    const bench = await open({ workflows: { order }, activities: { refuse } })
    const { failure } = await bench.run('order')
    expect(failure).toMatchObject({
      errorType: 'TaskFailedError',
      message: 'order: Activity task #1 failed: no stock',
      cause: { errorType: 'RangeError', message: 'no stock' },
    })
  },

  async 'a failed activity can be caught, and the workflow goes on'(open) {
    async function careful(ctx: WorkflowContext): Promise<number> {
      await ctx.callActivity(refuse).catch(() => {})
      return ctx.callActivity(double, 4)
    }
    const bench = await open({ workflows: { careful }, activities: { refuse, double } })
    expect(await bench.run('careful')).toMatchObject({ status: 'COMPLETED', output: 8 })
  },

  async 'an activity that is not registered fails the call (MJ: registry/unregistered)'(open) {
    const order = async (ctx: WorkflowContext) => ctx.callActivity('nobody')
    const bench = await open({ workflows: { order } })
    const { status, failure } = await bench.run('order')
    expect(status).toBe('FAILED')
    expect(failure?.cause).toMatchObject({ code: 'ACTIVITY_NOT_REGISTERED' })
  },

  async 'every call has a task id and an idempotency key of its own (Dapr: taskexecutionid/parallel)'(open) {
    const seen: { taskId: number; key: string }[] = []
    async function note(ctx: ActivityContext): Promise<void> {
      seen.push({ taskId: ctx.taskId, key: ctx.idempotencyKey })
    }
    async function keys(ctx: WorkflowContext): Promise<void> {
      await ctx.whenAll(Array.from({ length: 8 }, () => ctx.callActivity(note)))
    }
    const bench = await open({ workflows: { keys }, activities: { note } })
    await bench.run('keys')
    expect(new Set(seen.map(({ key }) => key)).size).toBe(8)
    expect(seen.map(({ taskId }) => taskId).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  },

  async 'an activity knows where it belongs'(open) {
    const seen: unknown[] = []
    async function look(ctx: ActivityContext): Promise<void> {
      const { name, attempt, signal } = ctx
      seen.push(ctx.getWorkflowInstanceId(), ctx.getWorkflowActivityId(), name, attempt, signal.aborted)
    }
    const place = async (ctx: WorkflowContext) => ctx.callActivity(look)
    const bench = await open({ workflows: { place }, activities: { look } })
    await bench.run('place')
    expect(seen).toEqual(['place', 1, 'look', 1, false])
  },
}

function fanOutCases(widths: readonly number[]): Cases {
  return Object.fromEntries(
    widths.map((width) => [
      `a fan-out of ${width} runs each activity once and gives the results in the order of the calls (Dapr: fanout; DG: ActivityFanOut; JS: fan-out)`,
      async (open) => {
        const { note, noted } = noting<number>()
        const numbers = Array.from({ length: width }, (_, at) => at)
        const fanOut = async (ctx: WorkflowContext) =>
          ctx.whenAll(numbers.map((x) => ctx.callActivity(note, x)))
        const bench = await open({ workflows: { fanOut }, activities: { note } })
        expect((await bench.run('fanOut')).output).toEqual(numbers)
        expect(noted.toSorted((a, b) => a - b)).toEqual(numbers)
      },
    ]),
  )
}
