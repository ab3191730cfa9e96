// Who decides about another attempt, and how children are tried again, side by side and one after the other.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Cases } from '../bench.ts'

/** A child that fails until its attempt `succeedsAt`, counted by name. */
function flakyChild() {
  const runs = new Map<string, number>()
  async function count(_ctx: ActivityContext, name: string): Promise<number> {
    const run = (runs.get(name) ?? 0) + 1
    runs.set(name, run)
    return run
  }
  async function child(ctx: WorkflowContext, input: { name: string; succeedsAt: number }): Promise<string> {
    const run = await ctx.callActivity(count, input.name)
    if (run < input.succeedsAt) throw new Error(`${input.name}: run ${run}`)
    return `${input.name} ${run}`
  }
  return { count, child }
}

const policyOf = (ms: number) => ({ firstRetryInterval: ms / 1000, maxNumberOfAttempts: 3 })

export const retryRuleCases: Cases = {
  async 'several children are tried again side by side; those that fail for good fail alone (Dapr: retries/childworkflowparallel, retries/childworkflowparallelmixed)'(
    open,
  ) {
    const { count, child } = flakyChild()
    async function parent(ctx: WorkflowContext, ms: number): Promise<unknown> {
      const calls = [1, 2, 3, 4].map((succeedsAt) =>
        ctx.callChildWorkflow(child, { name: `c${succeedsAt}`, succeedsAt }, { retry: policyOf(ms) }),
      )
      return Promise.all(
        calls.map((call) => call.catch((error: unknown) => String(error).split('failed: ')[1])),
      )
    }
    const bench = await open({ workflows: { parent, child }, activities: { count } })
    expect((await bench.run('parent', bench.shortMs)).output).toEqual(['c1 1', 'c2 2', 'c3 3', 'c4: run 3'])
  },

  async 'one child that is tried again after the other (Dapr: retries/childworkflowsequential)'(open) {
    const { count, child } = flakyChild()
    async function parent(ctx: WorkflowContext, ms: number): Promise<unknown> {
      const results: unknown[] = []
      for (const name of ['a', 'b'])
        results.push(await ctx.callChildWorkflow(child, { name, succeedsAt: 2 }, { retry: policyOf(ms) }))
      return results
    }
    const bench = await open({ workflows: { parent, child }, activities: { count } })
    expect((await bench.run('parent', bench.shortMs)).output).toEqual(['a 2', 'b 2'])
  },

  async 'a child whose id is taken fails its parent, and the stranger is untouched (Dapr: reuseid/occupied/basic)'(
    open,
  ) {
    const stranger = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
    const parent = async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow(stranger, undefined, { instanceId: 'taken' })
    const bench = await open({ workflows: { parent, stranger } })
    await bench.start('stranger', undefined, { instanceId: 'taken' })
    await bench.until('taken', ({ status }) => status === 'RUNNING')
    const { status, failure } = await bench.run('parent')
    expect([status, failure?.cause?.code]).toEqual(['FAILED', 'CHILD_NOT_STARTED'])
    await bench.raise('taken', 'go', 'on')
    expect(await bench.ended('taken')).toMatchObject({ status: 'COMPLETED', output: 'on' })
  },

  async 'however deep children nest, their default ids stay within the limit of ids (MJ: children/bounded ids)'(
    open,
  ) {
    async function nested(ctx: WorkflowContext, depth: number): Promise<string> {
      if (depth === 0) return ctx.getWorkflowInstanceId()
      return ctx.callChildWorkflow<string>('nested', depth - 1)
    }
    const bench = await open({ workflows: { nested } })
    const id = 'n'.repeat(64)
    await bench.start('nested', 20, { instanceId: id })
    const { output } = await bench.ended(id)
    expect(output).toBe(id + ':0001'.repeat(20))
  },

  async 'a handler decides by the failure whether there is another attempt (MJ: retry/predicate)'(open) {
    let runs = 0
    async function broken(): Promise<never> {
      throw runs++ === 0 ? new TypeError('first') : new RangeError('second')
    }
    async function careful(ctx: WorkflowContext, ms: number): Promise<void> {
      const handle = ({ errorType }: { errorType: string }) => errorType === 'TypeError'
      await ctx.callActivity(broken, undefined, { retry: { ...policyOf(ms), handle } })
    }
    const bench = await open({ workflows: { careful }, activities: { broken } })
    expect((await bench.run('careful', bench.shortMs)).failure?.cause).toMatchObject({ message: 'second' })
    expect(runs).toBe(2)
  },

  async 'what a handler throws is the failure of the call (MJ: retry/predicate throws)'(open) {
    async function broken(): Promise<never> {
      throw new Error('no')
    }
    async function careless(ctx: WorkflowContext, ms: number): Promise<void> {
      const handle = (): boolean => {
        throw new TypeError('the handler itself')
      }
      await ctx.callActivity(broken, undefined, { retry: { ...policyOf(ms), handle } })
    }
    const bench = await open({ workflows: { careless }, activities: { broken } })
    expect((await bench.run('careless', bench.shortMs)).failure).toMatchObject({
      errorType: 'TypeError',
      message: 'the handler itself',
    })
  },

  async 'no attempt begins when the time of the policy is over (MJ: retry/timeout)'(open) {
    async function broken(ctx: ActivityContext): Promise<never> {
      throw new Error(`run ${ctx.attempt}`)
    }
    async function hurried(ctx: WorkflowContext, ms: number): Promise<void> {
      const retry = { firstRetryInterval: ms / 1000, maxNumberOfAttempts: 9, retryTimeout: ms / 2000 }
      await ctx.callActivity(broken, undefined, { retry })
    }
    const bench = await open({ workflows: { hurried }, activities: { broken } })
    expect((await bench.run('hurried', bench.shortMs)).failure?.cause).toMatchObject({ message: 'run 1' })
  },
}
