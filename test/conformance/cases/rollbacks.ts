// What a workflow has done is undone when it fails, is terminated, or asks for it.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

/** Activities that say what they did, in a log of the test's own. */
function agency() {
  const log: string[] = []
  const broken = new Set<string>()
  async function book(_ctx: ActivityContext, what: string): Promise<{ ticket: string }> {
    if (broken.has(what)) throw new Error(`no ${what}`)
    log.push(`book ${what}`)
    return { ticket: what }
  }
  async function cancel(ctx: ActivityContext, { ticket }: { ticket: string }): Promise<void> {
    log.push(`cancel ${ticket}`)
    if (broken.has(`cancel ${ticket}`)) throw new Error(`no way back from ${ticket} (${ctx.attempt})`)
  }
  async function trip(ctx: WorkflowContext, whats: readonly string[]): Promise<string> {
    for (const what of whats) await ctx.callActivity(book, what, { rollback: cancel })
    await ctx.waitForExternalEvent('go')
    return 'booked'
  }
  return { log, broken, book, cancel, trip }
}

/** Waits until it waits for `go`. */
async function booked(bench: Bench, log: readonly string[], count: number): Promise<void> {
  await bench.until('trip', ({ status }) => status === 'RUNNING')
  while (log.length < count) await bench.idle()
  await bench.idle()
}

export const rollbackCases: Cases = {
  async 'a failed workflow undoes what it did, the last first, and fails as it had; the history shows it'(
    open,
  ) {
    const { log, broken, book, cancel, trip } = agency()
    broken.add('car')
    const bench = await open({ workflows: { trip }, activities: { book, cancel } })
    const { status, failure } = await bench.run('trip', ['flight', 'hotel', 'car'])
    expect([status, failure?.message]).toEqual(['FAILED', 'trip: Activity task #3 failed: no car'])
    expect(log).toEqual(['book flight', 'book hotel', 'cancel hotel', 'cancel flight'])
    const commands = (await bench.history('trip')).flatMap((episode) => episode.commands)
    expect(commands.filter((command) => 'rollbackOf' in command)).toMatchObject([
      { kind: 'scheduleTask', name: 'cancel', input: '{"ticket":"hotel"}', rollbackOf: 2 },
      { kind: 'scheduleTask', name: 'cancel', input: '{"ticket":"flight"}', rollbackOf: 1 },
    ])
  },

  async 'what was undone is not rewound: there is nothing left to go on from; a restart begins anew'(open) {
    const { log, broken, book, cancel, trip } = agency()
    broken.add('hotel')
    const bench = await open({ workflows: { trip }, activities: { book, cancel } })
    await bench.run('trip', ['flight', 'hotel'])
    expect(await bench.codeOf(bench.management.rewind({ instanceId: 'trip' }))).toBe('ERR_REWIND_WORKFLOW')
    expect(log).toEqual(['book flight', 'cancel flight'])
  },

  async 'what cannot be undone is told, after its retries, and the rest is undone'(open) {
    const { log, broken, book, cancel } = agency()
    broken.add('car').add('cancel hotel')
    async function trip(ctx: WorkflowContext): Promise<void> {
      const retry = { firstRetryInterval: 0.001, maxNumberOfAttempts: 2 }
      const rollback = { activity: cancel, retry }
      for (const what of ['flight', 'hotel', 'car']) await ctx.callActivity(book, what, { rollback })
    }
    const bench = await open({ workflows: { trip }, activities: { book, cancel } })
    const { failure } = await bench.run('trip')
    expect(failure).toMatchObject({
      message: 'trip: Activity task #3 failed: no car',
      cause: { code: 'ROLLBACK_FAILED', cause: { message: 'no car' } },
    })
    expect(failure?.cause?.message).toContain('no way back from hotel (2)')
    expect(log.slice(2)).toEqual(['cancel hotel', 'cancel hotel', 'cancel flight'])
  },

  async 'a terminated workflow undoes what it did, and ends with the output of the termination'(open) {
    const { log, book, cancel, trip } = agency()
    const bench = await open({ workflows: { trip }, activities: { book, cancel } })
    await bench.start('trip', ['flight', 'hotel'])
    await booked(bench, log, 2)
    await bench.host.pass(bench.management.suspend('trip'))
    await bench.host.pass(bench.management.terminate('trip', '"enough"'))
    expect(await bench.ended('trip')).toMatchObject({ status: 'TERMINATED', output: 'enough' })
    expect(log.slice(2)).toEqual(['cancel hotel', 'cancel flight'])
  },

  async 'what could not be undone at a termination is shown with it'(open) {
    const { log, broken, book, cancel, trip } = agency()
    broken.add('cancel flight')
    const bench = await open({ workflows: { trip }, activities: { book, cancel } })
    await bench.start('trip', ['flight'])
    await booked(bench, log, 1)
    await bench.host.pass(bench.management.terminate('trip'))
    expect(await bench.ended('trip')).toMatchObject({
      status: 'TERMINATED',
      failure: { code: 'ROLLBACK_FAILED' },
    })
  },

  async 'a termination reaches the children first, which undo what they did; the parent undoes those that had completed'(
    open,
  ) {
    const { log, book, cancel, trip } = agency()
    async function tour(ctx: WorkflowContext): Promise<void> {
      const done = ctx.callChildWorkflow(visa, 'visa', { rollback: cancel })
      const underWay = ctx.callChildWorkflow(trip, ['flight'], { instanceId: 'trip', rollback: 'cancel' })
      await Promise.all([done, underWay])
    }
    const visa = async (_ctx: WorkflowContext, ticket: string) => {
      log.push(`book ${ticket}`)
      return { ticket }
    }
    const bench = await open({ workflows: { tour, trip, visa }, activities: { book, cancel } })
    await bench.start('tour')
    await booked(bench, log, 2)
    await bench.host.pass(bench.management.terminate('tour'))
    expect(await bench.ended('tour')).toMatchObject({ status: 'TERMINATED' })
    expect(await bench.ended('trip')).toMatchObject({ status: 'TERMINATED' })
    expect(log.slice(2)).toEqual(['cancel flight', 'cancel visa'])
  },

  async 'a termination that is not recursive waits for the children that are to be undone'(open) {
    const { log, book, cancel, trip } = agency()
    const tour = async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow(trip, ['flight'], {
        instanceId: 'trip',
        rollback: { activity: cancel, input: { ticket: 'trip' } },
      })
    const bench = await open({ workflows: { tour, trip }, activities: { book, cancel } })
    await bench.start('tour')
    await booked(bench, log, 1)
    await bench.host.pass(bench.management.terminate('tour', undefined, { recursive: false }))
    await bench.idle()
    expect(await bench.view('tour')).toMatchObject({ status: 'RUNNING' })
    await bench.raise('trip', 'go')
    expect(await bench.ended('trip')).toMatchObject({ status: 'COMPLETED' })
    expect(await bench.ended('tour')).toMatchObject({ status: 'TERMINATED' })
    expect(log).toEqual(['book flight', 'cancel trip'])
  },

  async 'ctx.rollback() undoes in the middle, and the workflow goes on'(open) {
    const { log, broken, book, cancel } = agency()
    broken.add('hotel')
    async function trip(ctx: WorkflowContext): Promise<string> {
      const calls = ['flight', 'car', 'hotel'].map((what) =>
        ctx.callActivity(book, what, { rollback: cancel }),
      )
      try {
        await Promise.all(calls)
      } catch {
        await ctx.rollback()
        await ctx.callActivity(book, 'tent', { rollback: cancel })
        return 'camping'
      }
      return 'booked'
    }
    const bench = await open({ workflows: { trip }, activities: { book, cancel } })
    expect(await bench.run('trip')).toMatchObject({ status: 'COMPLETED', output: 'camping' })
    expect(log.toSorted()).toEqual(['book car', 'book flight', 'book tent', 'cancel car', 'cancel flight'])
  },
}
