// A workflow may be an async function, an async generator, a generator or a plain function: one engine runs them all.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed, failed } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

const twoSteps = {
  'async function': async (ctx: WorkflowContext, input: number) => {
    const first = await ctx.callActivity<number>('add', input)
    return (await ctx.callActivity<number>('add', first)) + 1
  },
  'async generator': async function* (
    ctx: WorkflowContext,
    input: number,
  ): AsyncGenerator<unknown, number, number> {
    const first = yield ctx.callActivity('add', input)
    return (yield ctx.callActivity('add', first)) + 1
  },
  generator: function* (ctx: WorkflowContext, input: number): Generator<unknown, number, number> {
    const first = yield ctx.callActivity('add', input)
    return (yield ctx.callActivity('add', first)) + 1
  },
}

describe.each(Object.entries(twoSteps))('%s', (_style, workflow) => {
  test('runs activities one after the other and completes with its return value', async () => {
    const run = await start(workflow, { input: 1 })
    expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'add', input: '1' }])
    await run.turn(completed(1, 10))
    expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 2, name: 'add', input: '10' }])
    await run.turn(completed(2, 20))
    expect(run.output).toBe(21)
    await run.replayed()
  })

  test('fails with TaskFailedError when a failed activity is not caught', async () => {
    const run = await start(workflow, { input: 1 })
    await run.turn(failed(1, { errorType: 'RangeError', message: 'too much', code: 'E42' }))
    expect(run.failure).toMatchObject({
      errorType: 'TaskFailedError',
      message: 'test: Activity task #1 failed: too much',
      cause: { errorType: 'RangeError', message: 'too much', code: 'E42' },
    })
    await run.replayed()
  })
})

const catching = {
  'async function': async (ctx: WorkflowContext) => {
    try {
      await ctx.callActivity('risky')
    } catch (error) {
      return `${(error as Error).name}, then ${await ctx.callActivity<string>('undo')}`
    }
    return 'no failure'
  },
  'async generator': async function* (ctx: WorkflowContext): AsyncGenerator<unknown, unknown, string> {
    try {
      yield ctx.callActivity('risky')
    } catch (error) {
      return `${(error as Error).name}, then ${yield ctx.callActivity('undo')}`
    }
    return 'no failure'
  },
  generator: function* (ctx: WorkflowContext): Generator<unknown, unknown, string> {
    try {
      yield ctx.callActivity('risky')
    } catch (error) {
      return `${(error as Error).name}, then ${yield ctx.callActivity('undo')}`
    }
    return 'no failure'
  },
}

test.each(Object.entries(catching))(
  '%s: a caught failure leads on to the next call',
  async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(failed(1))
    await run.turn(completed(2, 'undone'))
    expect(run.output).toBe('TaskFailedError, then undone')
    await run.replayed()
  },
)

describe('return values', () => {
  const values: readonly unknown[] = [
    [1, [2]],
    'text',
    ['a'],
    { next: 1, throw: 2 },
    new Map(),
    '',
    0,
    false,
    null,
  ]

  test.each(values)('an async function may return %j', async (value) => {
    const run = await start(async () => value)
    expect(run.output).toEqual(JSON.parse(JSON.stringify(value)))
    await run.replayed()
  })

  test.each(values)('a plain function may return %j', async (value) => {
    const run = await start(() => value)
    expect(run.output).toEqual(JSON.parse(JSON.stringify(value)))
    await run.replayed()
  })

  test.each(values)('a generator may return %j', async (value) => {
    // oxlint-disable-next-line eslint/require-yield -- it has nothing to wait for
    const run = await start(function* () {
      return value
    })
    expect(run.output).toEqual(JSON.parse(JSON.stringify(value)))
    await run.replayed()
  })

  test('no return value completes without output', async () => {
    const run = await start(async () => {})
    expect(run.outcome).toEqual({ kind: 'completed', output: undefined })
    await run.replayed()
  })
})

const returningTask = {
  'plain function': (ctx: WorkflowContext) => ctx.callActivity('add', 1),
  'async function': async (ctx: WorkflowContext) => ctx.callActivity('add', 1),
  // oxlint-disable-next-line eslint/require-yield -- it returns the task
  'async generator': async function* (ctx: WorkflowContext) {
    return ctx.callActivity('add', 1)
  },
  // oxlint-disable-next-line eslint/require-yield -- it returns the task
  generator: function* (ctx: WorkflowContext) {
    return ctx.callActivity('add', 1)
  },
}

describe.each(Object.entries(returningTask))('%s that returns a task', (_style, workflow) => {
  test('completes with its result', async () => {
    const run = await start(workflow)
    expect(run.outcome).toBeUndefined()
    await run.turn(completed(1, 2))
    expect(run.output).toBe(2)
    await run.replayed()
  })

  test('fails with its failure', async () => {
    const run = await start(workflow)
    await run.turn(failed(1))
    expect(run.failure.errorType).toBe('TaskFailedError')
    await run.replayed()
  })
})

test('a plain function may throw', async () => {
  const run = await start(() => {
    throw new RangeError('no')
  })
  expect(run.failure).toMatchObject({ errorType: 'RangeError', message: 'no' })
  await run.replayed()
})

test('a generator may delegate to helpers with yield*', async () => {
  function* helper(ctx: WorkflowContext, by: number): Generator<unknown, number, number> {
    return (yield ctx.callActivity('add', by)) * 2
  }
  const run = await start(function* (ctx: WorkflowContext): Generator<unknown, number, number> {
    return (yield* helper(ctx, 1)) + (yield* helper(ctx, 2))
  })
  await run.turn(completed(1, 10))
  await run.turn(completed(2, 20))
  expect(run.output).toBe(60)
  await run.replayed()
})

test('an async generator may delegate to helpers with yield* and await async helpers', async () => {
  async function* helper(ctx: WorkflowContext, by: number): AsyncGenerator<unknown, number, number> {
    return (yield ctx.callActivity('add', by)) * 2
  }
  const awaited = async (ctx: WorkflowContext) => (await ctx.callActivity<number>('add', 3)) * 3
  const run = await start(async function* (ctx: WorkflowContext): AsyncGenerator<unknown, number, number> {
    return (yield* helper(ctx, 1)) + (yield awaited(ctx)) + (await awaited(ctx))
  })
  await run.turn(completed(1, 10))
  await run.turn(completed(2, 100))
  await run.turn(completed(3, 1000))
  expect(run.output).toBe(20 + 300 + 3000)
  await run.replayed()
})

test('a generator that a compiler has rewritten to a plain object is run too', async () => {
  const run = await start((ctx: WorkflowContext) => {
    const inner = twoSteps.generator(ctx, 1)
    return {
      next: (value: number) => inner.next(value),
      throw: (error: unknown) => inner.throw(error),
      [Symbol.iterator]() {
        return this
      },
    }
  })
  await run.turn(completed(1, 10))
  await run.turn(completed(2, 20))
  expect(run.output).toBe(21)
  await run.replayed()
})

test('several events of one turn are delivered one after the other, each to the end of what it makes possible', async () => {
  const seen: string[] = []
  const run = await start(async (ctx: WorkflowContext) => {
    const branch = async (name: string) => {
      await ctx.callActivity(name)
      seen.push(`${name} 1`)
      await Promise.resolve()
      seen.push(`${name} 2`)
    }
    await Promise.all([branch('a'), branch('b')])
    return seen.join()
  })
  await run.turn(completed(2), completed(1))
  expect(run.output).toBe('b 1,b 2,a 1,a 2')
})

test('an answer that comes twice, or to nothing, is ignored', async () => {
  const run = await start(async (ctx: WorkflowContext) => [
    await ctx.callActivity('a'),
    await ctx.callActivity('b'),
  ])
  await run.turn(completed(7, 'stray'), completed(1, 'first'), completed(1, 'second'))
  await run.turn(completed(1, 'third'), failed(1), completed(2, 'b'))
  expect(run.output).toEqual(['first', 'b'])
  await run.replayed()
})
