// Bounded parallelism in a workflow.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import {
  mapInParallel,
  type MapOptions,
  type TolerantMapOptions,
} from '../../src/workflow/map-in-parallel.ts'
import { childCompleted, completed, failed } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

const items = ['a', 'b', 'c', 'd', 'e']

const mapping = (options: MapOptions | TolerantMapOptions) => async (ctx: WorkflowContext) =>
  mapInParallel(items, (item, index) => ctx.callActivity<string>('work', `${item}${index}`), options)

/** What was asked for, in order. */
function asked({ commands }: { readonly commands: readonly object[] }): unknown[] {
  return commands.map((command) => 'input' in command && command.input)
}

describe('mapInParallel', () => {
  test('at most so many calls are under way, and results come in the order of the items', async () => {
    const run = await start(mapping({ maxConcurrency: 2 }))
    expect(asked(run)).toEqual(['"a0"', '"b1"'])
    for (const seq of [2, 1, 4, 3, 5]) await run.turn(completed(seq, seq * 10))
    expect(run.output).toEqual([10, 20, 30, 40, 50])
    await run.replayed()
  })

  test('after a failure no further call begins, and those under way are waited for', async () => {
    const run = await start(mapping({ maxConcurrency: 2 }))
    await run.turn(failed(1, 'broken'))
    expect(run.outcome).toBeUndefined()
    expect(asked(run)).toEqual([])
    await run.turn(completed(2, 1))
    expect(run.failure.message).toContain('broken')
    await run.replayed()
  })

  test('tolerated failures are results', async () => {
    const run = await start(mapping({ maxConcurrency: 5, toleratedFailures: 2 }))
    for (const seq of [1, 3]) await run.turn(failed(seq, `no ${seq}`))
    for (const seq of [2, 4, 5]) await run.turn(completed(seq, seq))
    expect(run.output).toMatchObject([
      { status: 'rejected' },
      { status: 'fulfilled', value: 2 },
      { status: 'rejected' },
      { status: 'fulfilled', value: 4 },
      { status: 'fulfilled', value: 5 },
    ])
    await run.replayed()
  })

  test('the failure that is one too many ends it', async () => {
    const run = await start(mapping({ maxConcurrency: 1, toleratedFailures: 1 }))
    await run.turn(failed(1, 'first'))
    expect(run.outcome).toBeUndefined()
    await run.turn(failed(2, 'second'))
    expect(run.failure.message).toContain('second')
    await run.replayed()
  })

  test('all may fail', async () => {
    const run = await start(mapping({ maxConcurrency: 5, toleratedFailures: 'all' }))
    for (const seq of [1, 2, 3, 4, 5]) await run.turn(failed(seq, 'no'))
    expect(run.output).toHaveLength(5)
  })

  test('nothing to do is done at once', async () => {
    const run = await start(async () => mapInParallel([], async () => 1, { maxConcurrency: 1 }))
    expect(run.output).toEqual([])
  })

  test('activities and children may be in one fan-out: the bound is that of both together', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      mapInParallel(
        items,
        async (item, at) => (at % 2 ? ctx.callChildWorkflow('child', item) : ctx.callActivity('work', item)),
        { maxConcurrency: 3 },
      ),
    )
    expect(run.commands.map(({ kind }) => kind)).toEqual(['scheduleTask', 'createChild', 'scheduleTask'])
    const { commands } = await run.turn(childCompleted(2, 'b'))
    expect(commands.map(({ kind }) => kind)).toEqual(['createChild'])
    await run.replayed()
  })

  test.each([
    { maxConcurrency: 0 },
    { maxConcurrency: 1.5 },
    { maxConcurrency: Number.NaN },
    { maxConcurrency: 1, toleratedFailures: -1 },
    { maxConcurrency: 1, toleratedFailures: 0.5 },
  ])('options must make sense: %j', async (options) => {
    const run = await start(mapping(options))
    expect(run.failure.code).toBe('INVALID_ARGUMENT')
  })
})
