// whenAll and whenAny, under await and under yield.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { WorkflowFunction } from '../../src/workflow/functions.ts'
import type { Task } from '../../src/workflow/task.ts'
import { completed, failed, fired, raised } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

type Build = (ctx: WorkflowContext) => Task<unknown>

/** The same composite, waited for in each style. */
function styles(build: Build): readonly (readonly [style: string, workflow: WorkflowFunction])[] {
  return [
    ['await', async (ctx: WorkflowContext) => build(ctx)],
    [
      'await of a variable',
      async (ctx: WorkflowContext) => {
        const task = build(ctx)
        const result = await task
        return result
      },
    ],
    [
      'yield in a generator',
      function* (ctx: WorkflowContext) {
        const result: unknown = yield build(ctx)
        return result
      },
    ],
    [
      'yield in an async generator',
      async function* (ctx: WorkflowContext) {
        const result: unknown = yield build(ctx)
        return result
      },
    ],
  ]
}

describe('whenAll', () => {
  const two: Build = (ctx) => ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')])

  test.each(styles(two))('gives all results in the order of its tasks (%s)', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(completed(2, 'b'))
    expect(run.outcome).toBeUndefined()
    await run.turn(completed(1, 'a'))
    expect(run.output).toEqual(['a', 'b'])
    await run.replayed()
  })

  test.each(styles(two))('fails as soon as one fails (%s)', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(failed(2, 'broken'))
    expect(run.failure.message).toContain('Activity task #2 failed: broken')
    await run.replayed()
  })

  test.each(styles((ctx) => ctx.whenAll([])))(
    'of nothing completes at once with [] (%s)',
    async (_style, workflow) => {
      const run = await start(workflow)
      expect(run.output).toEqual([])
      await run.replayed()
    },
  )

  const styled = {
    await: async (ctx: WorkflowContext) => {
      const tasks = [ctx.callActivity('a'), ctx.callActivity('b')] as const
      try {
        await ctx.whenAll(tasks)
      } catch {
        return [await tasks[1], await ctx.callActivity('c')]
      }
      return 'no failure'
    },
    yield: function* (ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
      const tasks = [ctx.callActivity('a'), ctx.callActivity('b')] as const
      try {
        yield ctx.whenAll(tasks)
      } catch {
        return [yield tasks[1], yield ctx.callActivity('c')]
      }
      return 'no failure'
    },
  }
  test.each(Object.entries(styled))(
    'after a caught failure a sibling may complete and be used (%s)',
    async (_style, workflow) => {
      const run = await start(workflow)
      await run.turn(failed(1))
      await run.turn(completed(2, 'b'))
      await run.turn(completed(3, 'c'))
      expect(run.output).toEqual(['b', 'c'])
      await run.replayed()
    },
  )

  test('of tasks that have all completed before completes at once', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      await a
      await b
      return ctx.whenAll([a, b])
    })
    await run.turn(completed(1, 1), completed(2, 2))
    expect(run.output).toEqual([1, 2])
    await run.replayed()
  })

  test('of a task that has failed before fails at once', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const a = ctx.callActivity('a')
      await a.catch(() => {})
      return ctx.whenAll([ctx.callActivity('b'), a])
    })
    await run.turn(failed(1))
    expect(run.failure.errorType).toBe('TaskFailedError')
    await run.replayed()
  })

  test('may hold one task twice', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const task = ctx.callActivity('a')
      return ctx.whenAll([task, task])
    })
    await run.turn(completed(1, 'a'))
    expect(run.output).toEqual(['a', 'a'])
    await run.replayed()
  })

  test('of activities, children, timers and events', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.whenAll([ctx.callActivity('a'), ctx.createTimer(1), ctx.waitForExternalEvent('e')]),
    )
    await run.turn(raised('E', { x: 1 }), fired(2), completed(1, false))
    expect(run.output).toEqual([false, null, { x: 1 }])
    await run.replayed()
  })

  test('keeps the first failure when others follow', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const all = ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')])
      await all.catch(() => {})
      await ctx.waitForExternalEvent('go')
      return all.getException().message
    })
    await run.turn(failed(2, 'first'))
    await run.turn(failed(1, 'second'), raised('go'))
    expect(run.output).toContain('first')
    await run.replayed()
  })

  test('getResult gives the same list as await', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const all = ctx.whenAll([ctx.callActivity<number>('a')])
      const awaited = await all
      return [awaited, all.getResult(), all.isComplete]
    })
    await run.turn(completed(1, 1))
    expect(run.output).toEqual([[1], [1], true])
    await run.replayed()
  })
})

describe('whenAny({ … })', () => {
  const keyed: Build = (ctx) =>
    ctx.whenAny({ event: ctx.waitForExternalEvent('go'), timeout: ctx.createTimer(5) })

  test.each(styles(keyed))('gives the key of the first that completes (%s)', async (_style, workflow) => {
    const event = await start(workflow)
    await event.turn(raised('go'))
    expect(event.output).toBe('event')
    await event.replayed()

    const timeout = await start(workflow)
    await timeout.turn(fired(1))
    expect(timeout.output).toBe('timeout')
    await timeout.replayed()
  })

  test.each(styles((ctx) => ctx.whenAny({ a: ctx.callActivity('a'), b: ctx.callActivity('b') })))(
    'a failed task wins too, and does not throw (%s)',
    async (_style, workflow) => {
      const run = await start(workflow)
      await run.turn(failed(2))
      expect(run.output).toBe('b')
      await run.replayed()
    },
  )

  test('of a task that has completed before gives its key at once', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const a = ctx.callActivity('a')
      await a
      return ctx.whenAny({ pending: ctx.callActivity('b'), a })
    })
    await run.turn(completed(1))
    expect(run.output).toBe('a')
    await run.replayed()
  })
})

describe('whenAny([ … ])', () => {
  const list: Build = (ctx) => ctx.whenAny([ctx.callActivity('a'), ctx.callActivity('b')])

  test.each(styles(list))('comes to the result of the winner (%s)', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(completed(2, 'b'))
    expect(run.output).toBe('b')
    await run.replayed()
  })

  const compare = {
    generator: function* (ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      const winner = yield ctx.whenAny([a, b])
      return [winner === a, winner === b, (winner as Task<unknown>).isFailed]
    },
    'async generator': async function* (ctx: WorkflowContext): AsyncGenerator<unknown, unknown, unknown> {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      const winner = yield ctx.whenAny([a, b])
      return [winner === a, winner === b, (winner as Task<unknown>).isFailed]
    },
    'await in an async generator': async function* (ctx: WorkflowContext) {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      const winner: unknown = await ctx.whenAny([a, b])
      yield ctx.createTimer(0)
      return [winner === a, winner === b, (winner as Task<unknown>).isFailed]
    },
  }
  describe.each(Object.entries(compare))('%s', (style, workflow) => {
    const timer = style.startsWith('await') ? [fired(3)] : []

    test('is given the winning task itself', async () => {
      const run = await start(workflow)
      await run.turn(completed(1, 'a'), ...timer)
      expect(run.output).toEqual([true, false, false])
      await run.replayed()
    })

    test('is given a winner that has failed without a throw', async () => {
      const run = await start(workflow)
      await run.turn(failed(2), ...timer)
      expect(run.output).toEqual([false, true, true])
      await run.replayed()
    })
  })

  test('under await it fails when the winner has failed', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.whenAny([ctx.callActivity('a'), ctx.callActivity('b')]),
    )
    await run.turn(failed(2, 'broken'))
    expect(run.failure.message).toContain('broken')
    await run.replayed()
  })

  test('getResult gives the winning task in every style', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      const any = ctx.whenAny([a, b])
      const result = await any
      return [result, any.getResult() === b, any.getResult().getResult()]
    })
    await run.turn(completed(2, 'b'))
    expect(run.output).toEqual(['b', true, 'b'])
    await run.replayed()
  })

  test('a loser that fails later changes nothing', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const any = ctx.whenAny([ctx.callActivity('a'), ctx.callActivity('b')])
      await any
      await ctx.waitForExternalEvent('go')
      return [any.isFailed, await any]
    })
    await run.turn(completed(2, 'b'))
    await run.turn(failed(1), raised('go'))
    expect(run.output).toEqual([false, 'b'])
    await run.replayed()
  })

  test('a winner without a result gives none, not itself', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const result: unknown = await ctx.whenAny([ctx.createTimer(1), ctx.createTimer(2)])
      return { result: result === undefined ? 'undefined' : typeof result }
    })
    await run.turn(fired(1))
    expect(run.output).toEqual({ result: 'undefined' })
    await run.replayed()
  })

  test('of tasks that completed before gives the first of the list', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      await Promise.all([a, b])
      return ctx.whenAny([a, b])
    })
    await run.turn(completed(2, 'b'), completed(1, 'a'))
    expect(run.output).toBe('a')
    await run.replayed()
  })

  test('the winner may be taken out and the rest waited for again', async () => {
    const run = await start(function* (ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
      let waiting: Task<unknown>[] = ['a', 'b', 'c'].map((name) => ctx.callActivity(name))
      const order: unknown[] = []
      while (waiting.length > 0) {
        const winner = (yield ctx.whenAny(waiting)) as Task<unknown>
        order.push(winner.getResult())
        waiting = waiting.filter((task) => task !== winner)
      }
      return order
    })
    await run.turn(completed(2, 'b'))
    await run.turn(completed(3, 'c'), completed(1, 'a'))
    expect(run.output).toEqual(['b', 'c', 'a'])
    await run.replayed()
  })
})

describe('nesting', () => {
  test.each(
    styles((ctx) =>
      ctx.whenAny({
        both: ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')]),
        timeout: ctx.createTimer(5),
      }),
    ),
  )('whenAny of whenAll (%s)', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(completed(1))
    await run.turn(completed(2))
    expect(run.output).toBe('both')
    await run.replayed()
  })

  test('whenAll of whenAny of whenAll gives results, not tasks, under await', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.whenAll([
        ctx.whenAny([ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')]), ctx.createTimer(9)]),
        ctx.whenAny([ctx.callActivity('c')]),
        ctx.whenAny({ d: ctx.callActivity('d') }),
      ]),
    )
    await run.turn(completed(5, 'd'), completed(4, 'c'), completed(1, 'a'))
    expect(run.outcome).toBeUndefined()
    await run.turn(completed(2, 'b'))
    expect(run.output).toEqual([['a', 'b'], 'c', 'd'])
    await run.replayed()
  })

  test('whenAll of whenAny gives the winning tasks under yield', async () => {
    const run = await start(function* (ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
      const a = ctx.callActivity('a')
      const results = yield ctx.whenAll([ctx.whenAny([a, ctx.createTimer(9)])])
      return (results as Task<unknown>[])[0] === a
    })
    await run.turn(completed(1, 'a'))
    expect(run.output).toBe(true)
    await run.replayed()
  })

  test('whenAny of whenAny comes to the innermost winner under await', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.whenAny([ctx.createTimer(9), ctx.whenAny([ctx.createTimer(9), ctx.callActivity('a')])]),
    )
    await run.turn(completed(3, 'a'))
    expect(run.output).toBe('a')
    await run.replayed()
  })

  test('a failure comes up through every level', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.whenAll([ctx.whenAll([ctx.whenAny([ctx.callActivity('a')])])]),
    )
    await run.turn(failed(1, 'deep'))
    expect(run.failure.message).toContain('deep')
    await run.replayed()
  })
})

describe('arguments', () => {
  const wrong: readonly (readonly [string, (ctx: WorkflowContext) => unknown, string])[] = [
    ['whenAny([])', (ctx) => ctx.whenAny([]), 'EMPTY_WHEN_ANY'],
    ['whenAny({})', (ctx) => ctx.whenAny({}), 'EMPTY_WHEN_ANY'],
    ['whenAny(null)', (ctx) => ctx.whenAny(null as never), 'INVALID_ARGUMENT'],
    ['whenAny(5)', (ctx) => ctx.whenAny(5 as never), 'INVALID_ARGUMENT'],
    ['whenAny of a number', (ctx) => ctx.whenAny([5 as never]), 'INVALID_ARGUMENT'],
    ['whenAny of a key without task', (ctx) => ctx.whenAny({ a: undefined as never }), 'INVALID_ARGUMENT'],
    ['whenAll(undefined)', (ctx) => ctx.whenAll(undefined as never), 'INVALID_ARGUMENT'],
    ['whenAll of null', (ctx) => ctx.whenAll([null as never]), 'INVALID_ARGUMENT'],
    ['whenAll with a hole', (ctx) => ctx.whenAll([, ctx.createTimer(1)] as never), 'INVALID_ARGUMENT'],
    ['whenAll of a plain promise', (ctx) => ctx.whenAll([Promise.resolve(1) as never]), 'INVALID_ARGUMENT'],
  ]
  test.each(wrong)('%s is refused at the call', async (_what, call, code) => {
    const run = await start(async (ctx: WorkflowContext) => {
      call(ctx)
    })
    expect(run.failure.code).toBe(code)
    await run.replayed()
  })

  test('a promise that is no task is told to use the combinators of the language', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.whenAll([ctx.callActivity('a').then(() => 1) as never]),
    )
    expect(run.failure.message).toContain('Promise.all')
  })
})
