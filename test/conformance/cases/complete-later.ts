// Activities that are completed from outside, by the token that they gave away.

import { expect } from 'vitest'
import { type ActivityContext, TaskFailedError, type WorkflowContext } from '../../../src/index.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

/** An activity that gives its token away, and a way to wait for the next one. */
function asking() {
  const waiting: ((token: string) => void)[] = []
  const tokens: string[] = []
  return {
    ask: async (ctx: ActivityContext): Promise<string> => {
      const token = await ctx.completeLater()
      const heard = waiting.shift()
      if (heard) heard(token)
      else tokens.push(token)
      return 'ignored'
    },
    next: async (bench: Bench): Promise<string> => {
      const token = tokens.shift()
      return token ?? bench.host.pass(new Promise((resolve) => waiting.push(resolve)))
    },
  }
}

const complete = async (bench: Bench, token: string, output?: unknown) =>
  bench.host.pass(
    bench.management.completeActivity({
      token,
      ...(output !== undefined && { output: JSON.stringify(output) }),
    }),
  )

const refusal = async (bench: Bench, token: string, output = '"other"') =>
  bench.codeOf(bench.management.completeActivity({ token, output }))

export const completeLaterCases: Cases = {
  async 'what an activity that completes later returns is ignored, and its completion is its result'(open) {
    const { ask, next } = asking()
    const approval = async (ctx: WorkflowContext) => ctx.callActivity(ask)
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const token = await next(bench)
    await bench.idle()
    expect(await bench.view('approval')).toMatchObject({ status: 'RUNNING' })
    await complete(bench, token, { approved: true })
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: { approved: true } })
    const history = await bench.history('approval')
    const outcomes = history.flatMap(({ events }) => events).filter((event) => 'seq' in event)
    expect(outcomes).toEqual([{ kind: 'taskCompleted', generation: 1, seq: 1, output: '{"approved":true}' }])
  },

  async 'a completion counts once: the same one again is accepted, another one is refused, also after the end'(
    open,
  ) {
    const { ask, next } = asking()
    async function approval(ctx: WorkflowContext): Promise<unknown> {
      const first = await ctx.callActivity(ask)
      await ctx.waitForExternalEvent('go')
      return first
    }
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const token = await next(bench)
    for (let time = 0; time < 3; time++) await complete(bench, token, 1)
    expect(await refusal(bench, token, '2')).toBe('ERR_ACTIVITY_OUTCOME_CONFLICT')
    await bench.idle()
    await complete(bench, token, 1)
    await bench.raise('approval', 'go')
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: 1 })
    await complete(bench, token, 1)
    expect(await refusal(bench, token, '2')).toBe('ERR_ACTIVITY_OUTCOME_CONFLICT')
  },

  async 'a failure by token is tried again by the retry policy, under a new token; the old one is refused'(
    open,
  ) {
    const { ask, next } = asking()
    const retry = { firstRetryInterval: 0.001, maxNumberOfAttempts: 2 }
    const approval = async (ctx: WorkflowContext) => ctx.callActivity(ask, undefined, { retry })
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const first = await next(bench)
    const failure = { errorType: 'Declined', message: 'not now' }
    await bench.host.pass(bench.management.failActivity({ token: first, failure }))
    const second = await next(bench)
    expect(second).not.toBe(first)
    expect(await refusal(bench, first)).toBe('ERR_ACTIVITY_OUTCOME_CONFLICT')
    await bench.host.pass(bench.management.failActivity({ token: first, failure }))
    await complete(bench, second, 'yes')
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: 'yes' })
  },

  async 'a failure by token without a retry policy fails the task, as if the activity had thrown'(open) {
    const { ask, next } = asking()
    async function approval(ctx: WorkflowContext): Promise<unknown> {
      const error = await ctx.callActivity(ask).catch((caught: unknown) => caught)
      return error instanceof TaskFailedError && [error.failure.errorType, error.failure.message]
    }
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const failure = { errorType: 'Declined', message: 'never' }
    await bench.host.pass(bench.management.failActivity({ token: await next(bench), failure }))
    expect((await bench.ended('approval')).output).toEqual(['Declined', 'never'])
  },

  async 'an activity that is not completed within its timeout fails, and its completion is refused then'(
    open,
  ) {
    const { ask, next } = asking()
    async function approval(ctx: WorkflowContext): Promise<unknown> {
      const timeout = bench.shortMs / 1000
      const error = await ctx.callActivity(ask, undefined, { timeout }).catch((caught: unknown) => caught)
      return error instanceof TaskFailedError && error.failure.code
    }
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const token = await next(bench)
    expect((await bench.ended('approval')).output).toBe('ACTIVITY_TIMEOUT')
    expect(await refusal(bench, token)).toBe('ERR_ACTIVITY_OUTCOME_CONFLICT')
  },

  async 'an activity that is completed within its timeout does not hear of it'(open) {
    const { ask, next } = asking()
    async function approval(ctx: WorkflowContext): Promise<unknown> {
      const answer = await ctx.callActivity(ask, undefined, { timeout: '30d' })
      await ctx.waitForExternalEvent('go')
      return answer
    }
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    await complete(bench, await next(bench), 'in time')
    await bench.raise('approval', 'go')
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: 'in time' })
  },

  async 'forty activities that complete later are completed in any order'(open) {
    const { ask, next } = asking()
    const many = async (ctx: WorkflowContext) =>
      Promise.all(Array.from({ length: 40 }, () => ctx.callActivity<number>('ask')))
    const bench = await open({ workflows: { many }, activities: { ask } })
    await bench.start('many')
    const tokens: string[] = []
    while (tokens.length < 40) tokens.push(await next(bench))
    expect(new Set(tokens).size).toBe(40)
    for (const [at, token] of tokens.toReversed().entries()) await complete(bench, token, at)
    const { output } = await bench.ended('many')
    expect((output as number[]).toSorted((a, b) => a - b)).toEqual(tokens.map((_, at) => at))
  },

  async 'a completion that comes before the activity has returned counts'(open) {
    const completed = gate()
    const { ask, next } = asking()
    async function hasty(ctx: ActivityContext): Promise<void> {
      await ask(ctx)
      await completed.passed
    }
    const approval = async (ctx: WorkflowContext) => ctx.callActivity<string>('hasty')
    const bench = await open({ workflows: { approval }, activities: { hasty } })
    await bench.start('approval')
    await complete(bench, await next(bench), 'early')
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: 'early' })
    completed.open()
  },

  async 'an activity that throws after it asked to complete later has failed'(open) {
    const { ask, next } = asking()
    async function broken(ctx: ActivityContext): Promise<never> {
      await ask(ctx)
      throw new RangeError('after all')
    }
    async function approval(ctx: WorkflowContext): Promise<unknown> {
      const error = await ctx.callActivity(broken).catch((caught: unknown) => caught)
      return error instanceof TaskFailedError && error.failure.message
    }
    const bench = await open({ workflows: { approval }, activities: { broken } })
    expect((await bench.run('approval')).output).toBe('after all')
    expect(await refusal(bench, await next(bench))).toBe('ERR_ACTIVITY_OUTCOME_CONFLICT')
  },

  async 'a token whose instance was terminated, continued as new, purged or replaced completes nothing'(
    open,
  ) {
    const { ask, next } = asking()
    async function approval(ctx: WorkflowContext, again: boolean): Promise<void> {
      const task = ctx.callActivity(ask)
      if (!again) return void (await task)
      await ctx.waitForExternalEvent('go')
      ctx.continueAsNew(false)
    }
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval', true)
    const older = await next(bench)
    await bench.raise('approval', 'go')
    const newer = await next(bench)
    expect(await refusal(bench, older)).toBe('ERR_COMPLETE_ACTIVITY')
    await bench.idle()
    await bench.host.pass(bench.management.terminate('approval'))
    await bench.ended('approval')
    expect(await refusal(bench, newer)).toBe('ERR_COMPLETE_ACTIVITY')
    await bench.host.pass(bench.management.purge('approval'))
    expect(await refusal(bench, newer)).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    await bench.start('approval', false)
    const latest = await next(bench)
    expect(await refusal(bench, newer)).toBe('ERR_COMPLETE_ACTIVITY')
    await complete(bench, latest)
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED' })
  },

  async 'a token that is none, or was made up, is refused'(open) {
    const { ask, next } = asking()
    const approval = async (ctx: WorkflowContext) => ctx.callActivity(ask)
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const token = await next(bench)
    const [body = '', mac = ''] = token.split('.')
    const forged = `${body}.${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`
    const texts = ['', 'x', body, `${body}.`, `${token}.x`, forged, `W10.${mac}`, 'x'.repeat(10_000)]
    const codes = []
    for (const text of texts) codes.push(await refusal(bench, text))
    expect(codes).toEqual(texts.map(() => 'ERR_ACTIVITY_TOKEN_INVALID'))
    await complete(bench, token, 'real')
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: 'real' })
  },

  async 'a completion is accepted while the instance is suspended, and taken up at the resume'(open) {
    const { ask, next } = asking()
    const approval = async (ctx: WorkflowContext) => ctx.callActivity(ask)
    const bench = await open({ workflows: { approval }, activities: { ask } })
    await bench.start('approval')
    const token = await next(bench)
    await bench.host.pass(bench.management.suspend('approval'))
    await bench.until('approval', ({ status }) => status === 'SUSPENDED')
    await complete(bench, token, 'yes')
    await bench.idle()
    expect(await bench.view('approval')).toMatchObject({ status: 'SUSPENDED' })
    await bench.host.pass(bench.management.resume('approval'))
    expect(await bench.ended('approval')).toMatchObject({ status: 'COMPLETED', output: 'yes' })
  },

  async 'an inline activity cannot complete later, and is told so'(open) {
    const { ask } = asking()
    async function approval(ctx: WorkflowContext): Promise<unknown> {
      const call = ctx.callActivity(ask, undefined, { inline: true })
      const error = await call.catch((caught: unknown) => caught)
      return error instanceof TaskFailedError && error.failure.code
    }
    const bench = await open({ workflows: { approval }, activities: { ask } })
    expect((await bench.run('approval')).output).toBe('ACTIVITY_INLINE')
  },
}
