// Retry policies: attempts and the waits between them are durable, and a call keeps its identity.

import { expect } from 'vitest'
import {
  activity,
  type ActivityContext,
  NonRetriableError,
  type WorkflowContext,
} from '../../../src/index.ts'
import type { Cases } from '../bench.ts'

interface Attempt {
  readonly attempt: number
  readonly taskId: number
  readonly key: string
}

/** An activity that fails until its last attempt, and what it saw. */
function flaky(succeedsAt: number) {
  const attempts: Attempt[] = []
  async function charge(ctx: ActivityContext): Promise<string> {
    attempts.push({ attempt: ctx.attempt, taskId: ctx.taskId, key: ctx.idempotencyKey })
    if (attempts.length < succeedsAt) throw new Error(`attempt ${ctx.attempt} failed`)
    return 'charged'
  }
  return { charge, attempts }
}

const policy = (shortMs: number, maxNumberOfAttempts: number) => ({
  firstRetryInterval: shortMs / 1000,
  maxNumberOfAttempts,
})

export const retryCases: Cases = {
  async 'a call is tried until it succeeds, with durable waits between the attempts (Dapr: retries/retries; DG: ActivityRetries, runtimestate/CreateTimer; MJ: retry/transient)'(
    open,
  ) {
    const { charge, attempts } = flaky(3)
    const order = async (ctx: WorkflowContext, ms: number) =>
      ctx.callActivity(charge, undefined, { retry: policy(ms, 3) })
    const bench = await open({ workflows: { order }, activities: { charge } })
    expect(await bench.run('order', bench.shortMs)).toMatchObject({ status: 'COMPLETED', output: 'charged' })
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    const history = await bench.history('order')
    const waits = history.flatMap(({ commands, at }) =>
      commands.flatMap((command) =>
        command.kind === 'createTimer' ? [[command.dueAt - at, command.origin]] : [],
      ),
    )
    const origin = { kind: 'retry', firstSeq: 1 }
    expect(waits).toEqual([
      [bench.shortMs, origin],
      [bench.shortMs, origin],
    ])
  },

  async 'the attempts of one call share an idempotency key and have a task id each (Dapr: taskexecutionid/single; DG: TaskExecutionId)'(
    open,
  ) {
    const { charge, attempts } = flaky(3)
    async function order(ctx: WorkflowContext, ms: number): Promise<void> {
      await ctx.callActivity(charge, undefined, { retry: policy(ms, 3) })
      await ctx.callActivity(charge)
    }
    const bench = await open({ workflows: { order }, activities: { charge } })
    await bench.run('order', bench.shortMs)
    const keys = attempts.map(({ key }) => key)
    expect(new Set(keys.slice(0, 3)).size).toBe(1)
    expect(keys[3]).not.toBe(keys[0])
    expect(new Set(attempts.map(({ taskId }) => taskId)).size).toBe(4)
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1])
  },

  async 'after the last attempt the call fails with the last failure (MJ: retry/exhausted)'(open) {
    const { charge, attempts } = flaky(99)
    const order = async (ctx: WorkflowContext, ms: number) =>
      ctx.callActivity(charge, undefined, { retry: policy(ms, 4) })
    const bench = await open({ workflows: { order }, activities: { charge } })
    const { status, failure } = await bench.run('order', bench.shortMs)
    expect(status).toBe('FAILED')
    expect(failure?.cause).toMatchObject({ message: 'attempt 4 failed' })
    expect(attempts).toHaveLength(4)
  },

  async 'without a policy there is one attempt (Dapr: retries/default; MJ: retry/none)'(open) {
    const { charge, attempts } = flaky(2)
    const order = async (ctx: WorkflowContext) => ctx.callActivity(charge)
    const bench = await open({ workflows: { order }, activities: { charge } })
    expect(await bench.run('order')).toMatchObject({ status: 'FAILED' })
    expect(attempts).toHaveLength(1)
  },

  async 'the policy of an activity holds where the call names none'(open) {
    const { charge: run, attempts } = flaky(2)
    const charge = activity(run, { retry: { firstRetryInterval: '1ms', maxNumberOfAttempts: 2 } })
    const order = async (ctx: WorkflowContext) => ctx.callActivity(charge)
    const bench = await open({ workflows: { order }, activities: { charge } })
    expect(await bench.run('order')).toMatchObject({ output: 'charged' })
    expect(attempts).toHaveLength(2)
  },

  async 'each wait is the one before times the coefficient, up to the bound (DG: computeNextDelay/all; MJ: retry/backoff, retry/cap)'(
    open,
  ) {
    const { charge } = flaky(5)
    const order = async (ctx: WorkflowContext) =>
      ctx.callActivity(charge, undefined, {
        retry: {
          firstRetryInterval: '2ms',
          maxNumberOfAttempts: 5,
          backoffCoefficient: 2,
          maxRetryInterval: '5ms',
        },
      })
    const bench = await open({ workflows: { order }, activities: { charge } })
    expect(await bench.run('order')).toMatchObject({ output: 'charged' })
    const history = await bench.history('order')
    const waits = history.flatMap(({ commands, at }) =>
      commands.flatMap((command) => (command.kind === 'createTimer' ? [command.dueAt - at] : [])),
    )
    expect(waits).toEqual([2, 4, 5, 5])
  },

  async 'an error marked as not retriable is not tried again (MJ: retry/non-retriable)'(open) {
    let runs = 0
    const refuse = async (): Promise<never> => {
      runs++
      throw new NonRetriableError('never')
    }
    const order = async (ctx: WorkflowContext, ms: number) =>
      ctx.callActivity(refuse, undefined, { retry: policy(ms, 5) })
    const bench = await open({ workflows: { order }, activities: { refuse } })
    expect(await bench.run('order', bench.shortMs)).toMatchObject({ status: 'FAILED' })
    expect(runs).toBe(1)
  },

  async 'an attempt that takes longer than its timeout is told to stop, fails, and is tried again'(open) {
    async function slow(ctx: ActivityContext): Promise<string> {
      if (ctx.attempt === 2) return 'quick'
      return new Promise<never>((_resolve, reject) =>
        ctx.signal.addEventListener('abort', () => reject(new Error('stopped'))),
      )
    }
    const order = async (ctx: WorkflowContext, ms: number) =>
      ctx.callActivity(slow, undefined, { retry: policy(ms, 2), timeout: ms / 1000 })
    const bench = await open({ workflows: { order }, activities: { slow } })
    expect(await bench.run('order', bench.shortMs)).toMatchObject({ output: 'quick' })
    const failures = (await bench.history('order')).flatMap(({ events }) =>
      events.flatMap((event) => (event.kind === 'taskFailed' ? [event.failure.code] : [])),
    )
    expect(failures).toEqual(['ACTIVITY_TIMEOUT'])
  },
}
