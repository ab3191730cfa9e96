// A yield of something that is no task ends the workflow at once and says what was yielded, instead of waiting for ever.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { WorkflowFunction } from '../../src/workflow/functions.ts'
import { completed, failed } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

type Steps = (ctx: WorkflowContext) => Generator<unknown, unknown, unknown>

/** The same steps as generator and as async generator. */
function styles(steps: Steps): readonly (readonly [style: string, workflow: WorkflowFunction])[] {
  return [
    ['generator', steps],
    [
      'async generator',
      async function* (ctx: WorkflowContext) {
        const inner = steps(ctx)
        let step = inner.next()
        while (!step.done) {
          try {
            const given: unknown = yield step.value
            step = inner.next(given)
          } catch (error) {
            step = inner.throw(error)
          }
        }
        return step.value
      },
    ],
  ]
}

const values: readonly (readonly [unknown, string])[] = [
  [5, '5 (number)'],
  [undefined, 'undefined (undefined)'],
  [null, '[object Null]'],
  ['text', 'text (string)'],
  [{}, '[object Object]'],
  [[1], '[object Array]'],
  [() => {}, '[object Function]'],
]

describe.each(values)('%j', (value, shown) => {
  test.each(
    styles(function* () {
      return yield value
    }),
  )('as first yield of a %s', async (_style, workflow) => {
    const run = await start(workflow)
    expect(run.failure.code).toBe('NOT_A_TASK')
    expect(run.failure.message).toContain(shown)
    expect(run.failure.message).toContain('before any durable call')
    await run.replayed()
  })

  test.each(
    styles(function* (ctx) {
      yield ctx.callActivity('a')
      yield ctx.callActivity('b')
      return yield value
    }),
  )('as later yield of a %s, with the last call before it', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(completed(1, 5))
    await run.turn(completed(2, 5))
    expect(run.failure.code).toBe('NOT_A_TASK')
    expect(run.failure.message).toMatch(/It happened after callActivity\('b'\) at .*not-a-task\.test\.ts:\d+/)
    await run.replayed()
  })

  test.each(
    styles(function* (ctx) {
      try {
        yield ctx.callActivity('a')
      } catch {
        return yield value
      }
      return 'no failure'
    }),
  )('after a caught failure in a %s', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(failed(1))
    expect(run.failure.code).toBe('NOT_A_TASK')
    await run.replayed()
  })

  test.each(
    styles(function* (ctx) {
      yield ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')])
      return yield value
    }),
  )('after a composite in a %s', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(completed(1), completed(2))
    expect(run.failure.code).toBe('NOT_A_TASK')
    await run.replayed()
  })
})

test.each(
  styles(function* (ctx) {
    return yield [ctx.callActivity('a'), ctx.callActivity('b')]
  }),
)('a list of tasks without whenAll is no task in a %s', async (_style, workflow) => {
  const run = await start(workflow)
  expect(run.failure.code).toBe('NOT_A_TASK')
  expect(run.failure.message).toContain("after callActivity('b')")
  await run.replayed()
})

const proper: readonly (readonly [string, Steps, readonly unknown[]])[] = [
  [
    'a task that completed before',
    function* (ctx) {
      const [a, b] = [ctx.callActivity('a'), ctx.callActivity('b')]
      return [yield b, yield a, yield b]
    },
    ['b', 'a', 'b'],
  ],
  [
    'Promise.all, made before and yielded after another task',
    function* (ctx) {
      const all = Promise.all([ctx.callActivity('a')])
      const b = yield ctx.callActivity('b')
      return [yield all, b]
    },
    [['a'], 'b'],
  ],
  [
    'Promise.all of nothing',
    function* (ctx) {
      return [yield Promise.all([]), yield ctx.whenAll([ctx.callActivity('a'), ctx.callActivity('b')])]
    },
    [[], ['a', 'b']],
  ],
  [
    'what then and catch give',
    function* (ctx) {
      const a = yield ctx.callActivity('a').then((value) => `${String(value)}!`)
      const b = yield ctx.callActivity('b').catch(() => 'caught')
      return [a, b]
    },
    ['a!', 'b'],
  ],
]
describe.each(proper)('%s is a proper yield', (_what, steps, output) => {
  test.each(styles(steps))('%s', async (_style, workflow) => {
    const run = await start(workflow)
    await run.turn(completed(1, 'a'), completed(2, 'b'))
    expect(run.output).toEqual(output)
    await run.replayed()
  })
})

test.each(
  styles(function* (ctx) {
    return yield ctx.callActivity('a').catch(() => 'caught')
  }),
)('a yielded catch of a task that fails is proper in a %s', async (_style, workflow) => {
  const run = await start(workflow)
  await run.turn(failed(1))
  expect(run.output).toBe('caught')
  await run.replayed()
})

test('an async function is not judged: it may await what it likes, as long as that settles by itself', async () => {
  const run = await start(async (ctx: WorkflowContext) => [
    await 5,
    await Promise.resolve('x'),
    await (async () => ctx.callActivity('a'))(),
  ])
  await run.turn(completed(1, 'a'))
  expect(run.output).toEqual([5, 'x', 'a'])
  await run.replayed()
})
