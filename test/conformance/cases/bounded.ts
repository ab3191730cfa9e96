// A fan-out over children of which at most so many are under way.

import { expect } from 'vitest'
import { mapInParallel, type WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

const ids = ['a', 'b', 'c', 'd', 'e']

/** Waits for `go`, and fails if that says so. */
async function waiting(ctx: WorkflowContext): Promise<string> {
  const word = await ctx.waitForExternalEvent<string>('go')
  if (word === 'fail') throw new Error(`${ctx.getWorkflowInstanceId()} failed`)
  return word
}

/** Collects all, or stops at the first failure when nothing is tolerated. */
async function fanOut(ctx: WorkflowContext, toleratedFailures?: number): Promise<unknown> {
  const call = async (instanceId: string) => ctx.callChildWorkflow(waiting, undefined, { instanceId })
  if (toleratedFailures === undefined) return mapInParallel(ids, call, { maxConcurrency: 2 })
  const results = await mapInParallel(ids, call, { maxConcurrency: 2, toleratedFailures })
  return results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))
}

async function bounded(bench: Bench, toleratedFailures?: number): Promise<void> {
  await bench.start('fanOut', toleratedFailures)
  for (const id of ['a', 'b']) await bench.until(id, ({ status }) => status === 'RUNNING')
}

/** Which of the children have been made. */
async function made(bench: Bench): Promise<readonly string[]> {
  await bench.idle()
  const there = await Promise.all(ids.map(async (id) => bench.host.pass(bench.management.get(id))))
  return there.flatMap((view) => (view ? [view.instanceId] : []))
}

async function go(bench: Bench, id: string, word: string): Promise<void> {
  await bench.until(id, ({ status }) => status === 'RUNNING')
  await bench.raise(id, 'go', word)
  await bench.ended(id)
}

export const boundedCases: Cases = {
  async 'of children, too, at most so many are under way, and their results come in the order of the items'(
    open,
  ) {
    const bench = await open({ workflows: { fanOut, waiting } })
    await bounded(bench)
    expect(await made(bench)).toEqual(['a', 'b'])
    await go(bench, 'b', 'B')
    await bench.until('c', ({ status }) => status === 'RUNNING')
    expect(await made(bench)).toEqual(['a', 'b', 'c'])
    for (const id of ['c', 'd', 'e', 'a']) await go(bench, id, id.toUpperCase())
    expect(await bench.ended('fanOut')).toMatchObject({ output: ['A', 'B', 'C', 'D', 'E'] })
  },

  async 'after the failure of a child no further one begins; those under way are waited for'(open) {
    const bench = await open({ workflows: { fanOut, waiting } })
    await bounded(bench)
    await go(bench, 'a', 'fail')
    expect(await made(bench)).toEqual(['a', 'b'])
    expect(await bench.view('fanOut')).toMatchObject({ status: 'RUNNING' })
    await go(bench, 'b', 'B')
    const { status, failure } = await bench.ended('fanOut')
    expect([status, failure?.cause?.message]).toEqual(['FAILED', 'a failed'])
    expect(await made(bench)).toEqual(['a', 'b'])
  },

  async 'so many failures of children are tolerated, and shown beside the results'(open) {
    const bench = await open({ workflows: { fanOut, waiting } })
    await bounded(bench, 2)
    for (const [id, word] of [
      ['a', 'fail'],
      ['b', 'B'],
      ['c', 'C'],
      ['d', 'fail'],
      ['e', 'E'],
    ] as const)
      await go(bench, id, word)
    expect(await bench.ended('fanOut')).toMatchObject({ output: ['failed', 'B', 'C', 'failed', 'E'] })
  },

  async 'the failure of a child that is one too many ends the fan-out'(open) {
    const bench = await open({ workflows: { fanOut, waiting } })
    await bounded(bench, 1)
    await go(bench, 'a', 'fail')
    await bench.until('c', ({ status }) => status === 'RUNNING')
    await go(bench, 'b', 'fail')
    await go(bench, 'c', 'C')
    const { status, failure } = await bench.ended('fanOut')
    expect([status, failure?.cause?.message]).toEqual(['FAILED', 'b failed'])
    expect(await made(bench)).toEqual(['a', 'b', 'c'])
  },
}
