// Child workflows: their ids, their outcomes, and what happens when an id is taken.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import { limits } from '../../../src/workflow/limits.ts'
import { type Cases, gate } from '../bench.ts'

const double = async (_ctx: WorkflowContext, x: number) => x * 2

async function broken(): Promise<never> {
  throw new RangeError('no stock')
}

/** Waits for `go` and gives back what it brings. */
const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')

export const childCases: Cases = {
  async 'a child gets the id <parent>:0001 and its output is the result of the call (Dapr: basic/child; DG: SingleChildWorkflow_Completed; MJ: children/default id; JS: sub-orchestration)'(
    open,
  ) {
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(double, 21)
    const bench = await open({ workflows: { parent, double } })
    expect(await bench.run('parent')).toMatchObject({ status: 'COMPLETED', output: 42 })
    expect(await bench.ended('parent:0001')).toMatchObject({
      workflowName: 'double',
      output: 42,
      input: '21',
    })
  },

  async 'a child of a later generation has an id of its own (Dapr: continueasnew/multi/child; MJ: children/default ids across generations)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext, round: number): Promise<number> {
      const result = await ctx.callChildWorkflow(double, round)
      if (round < 3) ctx.continueAsNew(round + 1)
      return result
    }
    const bench = await open({ workflows: { parent, double } })
    expect(await bench.run('parent', 1)).toMatchObject({ output: 6 })
    for (const [id, output] of [
      ['parent:0001', 2],
      ['parent:2:0001', 4],
      ['parent:3:0001', 6],
    ] as const)
      expect(await bench.ended(id)).toMatchObject({ output })
  },

  async 'ids of children that look like anything of a store or of a language are ids and no more (Dapr: loadbalance/keycollision)'(
    open,
  ) {
    const ids = [
      'row',
      'parent#e#0000000001',
      '#fs',
      '%23e',
      'a||b',
      'a/b',
      '../x',
      't:1.1',
      '__proto__',
      'e:',
    ]
    const parent = async (ctx: WorkflowContext) =>
      Promise.all(ids.map((instanceId, at) => ctx.callChildWorkflow(double, at, { instanceId })))
    const bench = await open({ workflows: { parent, double } })
    expect(await bench.run('parent')).toMatchObject({ output: ids.map((_, at) => at * 2) })
    for (const [at, id] of ids.entries()) {
      expect(await bench.ended(id)).toMatchObject({ instanceId: id, output: at * 2 })
      expect(await bench.history(id)).toHaveLength(1)
    }
  },

  async 'a child may be given an id'(open) {
    const parent = async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow(double, 2, { instanceId: 'my-child' })
    const bench = await open({ workflows: { parent, double } })
    expect(await bench.run('parent')).toMatchObject({ output: 4 })
    expect(await bench.ended('my-child')).toMatchObject({ output: 4 })
  },

  async 'a failed child fails its parent, in the words of Dapr (DG: SingleChildWorkflow_Failed; JS: keep/words of a failed child)'(
    open,
  ) {
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(broken)
    const bench = await open({ workflows: { parent, broken } })
    const { status, failure } = await bench.run('parent')
    expect(status).toBe('FAILED')
    expect(failure).toMatchObject({
      errorType: 'TaskFailedError',
      message: 'parent: Sub-orchestration task #1 failed: no stock',
      cause: { errorType: 'RangeError', message: 'no stock' },
    })
  },

  async 'a termination reaches the children and theirs, after the parent (Dapr: chaos/terminatecascade; DG: TerminateWorkflow_Recursive, backend/cascadeTerminate; MJ: control/terminate recursive)'(
    open,
  ) {
    const ran: string[] = []
    async function after(ctx: ActivityContext) {
      ran.push(ctx.getWorkflowInstanceId())
    }
    async function leaf(ctx: WorkflowContext): Promise<void> {
      await ctx.waitForExternalEvent('go')
      await ctx.callActivity(after)
    }
    const middle = async (ctx: WorkflowContext) =>
      Promise.all([ctx.callChildWorkflow(leaf), ctx.callChildWorkflow(leaf)])
    const top = async (ctx: WorkflowContext) => ctx.callChildWorkflow(middle)
    const bench = await open({ workflows: { top, middle, leaf }, activities: { after } })
    await bench.start('top')
    await bench.until('top:0001:0002', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.terminate('top', '"enough"'))
    expect(await bench.ended('top')).toMatchObject({ status: 'TERMINATED', output: 'enough' })
    for (const id of ['top:0001', 'top:0001:0001', 'top:0001:0002'])
      expect(await bench.ended(id)).toMatchObject({ status: 'TERMINATED', output: undefined })
    const ends = await Promise.all(['top', 'top:0001', 'top:0001:0001'].map(async (id) => bench.view(id)))
    const times = ends.map(({ lastUpdatedAt }) => lastUpdatedAt.getTime())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(ran).toEqual([])
  },

  async 'a termination that is not recursive leaves the children alone (DG: backend/nonRecursive; MJ: control/terminate not recursive)'(
    open,
  ) {
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(waiting)
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent')
    await bench.until('parent:0001', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.terminate('parent', undefined, { recursive: false }))
    expect(await bench.ended('parent')).toMatchObject({ status: 'TERMINATED' })
    await bench.raise('parent:0001', 'go', 1)
    expect(await bench.ended('parent:0001')).toMatchObject({ status: 'COMPLETED', output: 1 })
  },

  async 'a termination leaves alone the instance that holds the id of a child which was refused'(open) {
    const parent = async (ctx: WorkflowContext) => {
      const child = ctx.callChildWorkflow(waiting, undefined, { instanceId: 'other' })
      await ctx.whenAny([child, ctx.waitForExternalEvent('never')]).catch(() => {})
      await ctx.waitForExternalEvent('never')
    }
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('waiting', undefined, { instanceId: 'other' })
    await bench.until('other', ({ status }) => status === 'RUNNING')
    await bench.start('parent')
    await bench.host.pass(bench.management.terminate('parent'))
    await bench.ended('parent')
    await bench.raise('other', 'go', 'still here')
    expect(await bench.ended('other')).toMatchObject({ status: 'COMPLETED', output: 'still here' })
  },

  async 'a purge takes the children and theirs along; of those that still run it takes none (DG: PurgeWorkflow_Recursive, backend/recursivePurge; MJ: control/purge recursive)'(
    open,
  ) {
    const middle = async (ctx: WorkflowContext) => ctx.callChildWorkflow(double, 2)
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      ctx.callChildWorkflow(waiting, undefined, { instanceId: 'loose' }).catch(() => {})
      return ctx.callChildWorkflow(middle, undefined, { instanceId: 'middle' })
    }
    const bench = await open({ workflows: { parent, middle, double, waiting } })
    await bench.run('parent')
    await bench.until('loose', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.purge('parent'))
    for (const id of ['parent', 'middle', 'middle:0001'])
      expect(await bench.host.pass(bench.management.get(id))).toBeUndefined()
    expect(await bench.view('loose')).toMatchObject({ status: 'RUNNING' })
  },

  async 'a purge that is not recursive leaves the children (MJ: control/purge not recursive)'(open) {
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(double, 2)
    const bench = await open({ workflows: { parent, double } })
    await bench.run('parent')
    await bench.host.pass(bench.management.purge('parent', { recursive: false }))
    expect(await bench.host.pass(bench.management.get('parent'))).toBeUndefined()
    expect(await bench.ended('parent:0001')).toMatchObject({ status: 'COMPLETED' })
  },

  async 'a terminated child fails the call of its parent'(open) {
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(waiting)
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent')
    await bench.until('parent:0001', ({ status }) => status === 'RUNNING')
    await bench.host.pass(bench.management.terminate('parent:0001'))
    const { status, failure } = await bench.ended('parent')
    expect(status).toBe('FAILED')
    expect(failure?.cause).toMatchObject({ errorType: 'WorkflowTerminated' })
  },

  async 'an id that a stranger holds is a failure that can be caught, and the stranger is untouched (Dapr: reuseid/occupied/handled)'(
    open,
  ) {
    async function parent(ctx: WorkflowContext): Promise<string> {
      const outcome = ctx.callChildWorkflow(double, 1, { instanceId: 'taken' })
      return outcome.then(
        () => 'started',
        (error: unknown) => (error as { failure: { code: string } }).failure.code,
      )
    }
    const bench = await open({ workflows: { parent, double, waiting } })
    await bench.start('waiting', undefined, { instanceId: 'taken' })
    await bench.until('taken', ({ status }) => status === 'RUNNING')
    expect(await bench.run('parent')).toMatchObject({ output: 'CHILD_NOT_STARTED' })
    expect(await bench.view('taken')).toMatchObject({ status: 'RUNNING', workflowName: 'waiting' })
    await bench.raise('taken', 'go', 'on')
    expect(await bench.ended('taken')).toMatchObject({ status: 'COMPLETED', output: 'on' })
  },

  async 'of a fan-out only the branch whose id is taken fails (Dapr: reuseid/occupied/fanout)'(open) {
    async function parent(ctx: WorkflowContext): Promise<unknown> {
      const ids = ['a', 'taken', 'b']
      const calls = ids.map((instanceId, at) => ctx.callChildWorkflow(double, at, { instanceId }))
      return Promise.all(calls.map((call) => call.catch(() => 'failed')))
    }
    const bench = await open({ workflows: { parent, double, waiting } })
    await bench.start('waiting', undefined, { instanceId: 'taken' })
    expect(await bench.run('parent')).toMatchObject({ output: [0, 'failed', 4] })
  },

  async 'a call that is tried again succeeds once the id is free (Dapr: reuseid/occupied/retrypolicy)'(open) {
    const refused = gate()
    async function parent(ctx: WorkflowContext, wait: number): Promise<number> {
      const handle = (): boolean => {
        refused.open()
        return true
      }
      const retry = { firstRetryInterval: wait / 1000, maxNumberOfAttempts: 1_000, handle }
      return ctx.callChildWorkflow(double, 4, { instanceId: 'taken', retry })
    }
    const bench = await open({ workflows: { parent, double, waiting } })
    await bench.start('waiting', undefined, { instanceId: 'taken' })
    await bench.until('taken', ({ status }) => status === 'RUNNING')
    await bench.start('parent', bench.shortMs)
    await bench.host.pass(refused.passed)
    await bench.raise('taken', 'go')
    expect(await bench.ended('parent')).toMatchObject({ output: 8 })
    expect(await bench.ended('taken')).toMatchObject({ workflowName: 'double', output: 8 })
  },

  async 'each attempt of a retried child is an instance of its own (Dapr: retries/childworkflow, retries/childworkflowdistinct; DG: SingleChildWorkflow_Failed_Retries, SingleChildWorkflow_Failed_Retries_AutoInstanceID; MJ: retry/child)'(
    open,
  ) {
    let runs = 0
    const count = async (_ctx: ActivityContext) => ++runs
    async function flaky(ctx: WorkflowContext): Promise<number> {
      const run = await ctx.callActivity(count)
      if (run < 3) throw new Error(`run ${run}`)
      return run
    }
    async function parent(ctx: WorkflowContext, wait: number): Promise<number> {
      return ctx.callChildWorkflow(flaky, undefined, {
        retry: { firstRetryInterval: wait / 1000, maxNumberOfAttempts: 3 },
      })
    }
    const bench = await open({ workflows: { parent, flaky }, activities: { count } })
    expect(await bench.run('parent', bench.shortMs)).toMatchObject({ output: 3 })
    for (const [id, status] of [
      ['parent:0001', 'FAILED'],
      ['parent:0003', 'FAILED'],
      ['parent:0005', 'COMPLETED'],
    ] as const)
      expect(await bench.ended(id)).toMatchObject({ status })
  },

  async 'a recursion ends with a failure at the bottom instead of going on for ever'(open) {
    const recurse = async (ctx: WorkflowContext): Promise<unknown> => ctx.callChildWorkflow('recurse')
    const bench = await open({ workflows: { recurse } })
    const { status } = await bench.run('recurse')
    expect(status).toBe('FAILED')
    const deepest = `recurse${':0001'.repeat(limits.childDepth)}`
    const { failure } = await bench.ended(deepest)
    expect(failure?.cause).toMatchObject({ code: 'CHILD_NOT_STARTED' })
    expect(await bench.host.pass(bench.management.get(`${deepest}:0001`))).toBeUndefined()
  },

  async 'twenty children run at once, and their results come in the order of the calls'(open) {
    const numbers = Array.from({ length: 20 }, (_, at) => at)
    const parent = async (ctx: WorkflowContext) =>
      ctx.whenAll(numbers.map((x) => ctx.callChildWorkflow(double, x)))
    const bench = await open({ workflows: { parent, double } })
    expect((await bench.run('parent')).output).toEqual(numbers.map((x) => 2 * x))
  },

  async 'a child that nobody awaits runs although its parent has ended'(open) {
    async function parent(ctx: WorkflowContext): Promise<string> {
      void ctx.callChildWorkflow(waiting)
      return 'gone'
    }
    const bench = await open({ workflows: { parent, waiting } })
    expect(await bench.run('parent')).toMatchObject({ output: 'gone' })
    await bench.until('parent:0001', ({ status }) => status === 'RUNNING')
    await bench.raise('parent:0001', 'go', 7)
    expect(await bench.ended('parent:0001')).toMatchObject({ output: 7 })
    await bench.idle()
    expect(await bench.view('parent')).toMatchObject({ status: 'COMPLETED', output: '"gone"' })
  },

  async 'a child that continues as new answers once, at its end (DG: runtimestate/DuplicateCompletionSingleParentNotification; MJ: children/parent hears once)'(
    open,
  ) {
    async function rounds(ctx: WorkflowContext, left: number): Promise<string> {
      if (left > 0) ctx.continueAsNew(left - 1)
      return `left ${left}`
    }
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(rounds, 5)
    const bench = await open({ workflows: { parent, rounds } })
    expect(await bench.run('parent')).toMatchObject({ output: 'left 0' })
  },

  async 'the late result of a child does not disturb the next generation (Dapr: childcompletions)'(open) {
    async function parent(ctx: WorkflowContext, round: number): Promise<unknown> {
      const child = ctx.callChildWorkflow(waiting)
      if (round > 1) return child
      child.catch(() => {})
      await ctx.waitForExternalEvent('next')
      ctx.continueAsNew(2)
      return 'old'
    }
    const bench = await open({ workflows: { parent, waiting } })
    await bench.start('parent', 1)
    await bench.until('parent:0001', ({ status }) => status === 'RUNNING')
    await bench.raise('parent', 'next')
    await bench.until('parent:2:0001', ({ status }) => status === 'RUNNING')
    await bench.raise('parent:0001', 'go', 'old')
    expect(await bench.ended('parent:0001')).toMatchObject({ output: 'old' })
    await bench.idle()
    expect(await bench.view('parent')).toMatchObject({ status: 'RUNNING' })
    await bench.raise('parent:2:0001', 'go', 'new')
    expect(await bench.ended('parent')).toMatchObject({ output: 'new' })
  },
}
