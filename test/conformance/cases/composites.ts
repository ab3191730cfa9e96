// whenAll and whenAny: in every order of answers, in every nesting, and where there is nothing to wait for.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import { type Case, type Cases, gate } from '../bench.ts'

const echo = async (_ctx: ActivityContext, value: unknown) => value

async function refuse(_ctx: ActivityContext, message: string): Promise<never> {
  throw new RangeError(message)
}

type Steps = AsyncGenerator<unknown, unknown, unknown>

/** One workflow with two activities, and the output that it must have. */
function gives(expected: unknown, workflow: (ctx: WorkflowContext) => unknown): Case {
  return async (open) => {
    const bench = await open({ workflows: { workflow }, activities: { echo, refuse } })
    const { output, failure } = await bench.run('workflow')
    expect(failure?.message).toBeUndefined()
    expect(output).toEqual(expected)
  }
}

function failsWith(code: string, workflow: (ctx: WorkflowContext) => unknown): Case {
  return async (open) => {
    const bench = await open({ workflows: { workflow }, activities: { echo, refuse } })
    expect((await bench.run('workflow')).failure).toMatchObject({ code })
  }
}

export const compositeCases: Cases = {
  'whenAll of nothing completes at once (MJ: whenAll/empty; JS: fix/whenAll of nothing)': gives(
    [[], 'on'],
    async function* (ctx): Steps {
      const nothing = yield ctx.whenAll([])
      return [nothing, yield ctx.callActivity(echo, 'on')]
    },
  ),

  async 'whenAll gives its results in the order of the tasks, whatever their speed (MJ: whenAll/order)'(
    open,
  ) {
    const second = gate()
    async function slow(): Promise<string> {
      await second.passed
      return 'slow'
    }
    async function quick(): Promise<string> {
      second.open()
      return 'quick'
    }
    const both = async (ctx: WorkflowContext) =>
      ctx.whenAll([ctx.callActivity(slow), ctx.callActivity(quick)])
    const bench = await open({ workflows: { both }, activities: { slow, quick } })
    expect(await bench.run('both')).toMatchObject({ output: ['slow', 'quick'] })
  },

  'whenAll of tasks that have completed before completes (MJ: whenAll/pre-completed; JS: fix/whenAll of a completed task)':
    gives([1, 2], async function* (ctx): Steps {
      const tasks = [ctx.callActivity(echo, 1), ctx.callActivity(echo, 2)]
      for (const task of tasks) yield task
      return yield ctx.whenAll(tasks)
    }),

  'whenAll of a task that has failed before fails at once (MJ: whenAll/pre-failed, whenAll/original details)':
    gives(['RangeError', 'early'], async function* (ctx): Steps {
      const failed = ctx.callActivity(refuse, 'early')
      yield ctx.whenAny([failed])
      try {
        yield ctx.whenAll([failed, ctx.waitForExternalEvent('never')])
      } catch (error) {
        const { failure } = error as { failure: { errorType: string; message: string } }
        return [failure.errorType, failure.message]
      }
      return 'no failure'
    }),

  async 'a failure of whenAll is caught, a sibling completes later, and the workflow goes on (MJ: whenAll/caught failure; JS: fix/whenAll caught and then a sibling)'(
    open,
  ) {
    const caught = gate()
    async function sibling(): Promise<string> {
      await caught.passed
      return 'late'
    }
    async function* careful(ctx: WorkflowContext): Steps {
      const late = ctx.callActivity(sibling)
      try {
        yield ctx.whenAll([ctx.callActivity(refuse, 'no'), late])
      } catch {
        yield ctx.callActivity(release)
      }
      return [yield late, yield ctx.callActivity(echo, 'on')]
    }
    const release = async () => caught.open()
    const bench = await open({ workflows: { careful }, activities: { sibling, refuse, release, echo } })
    expect(await bench.run('careful')).toMatchObject({ status: 'COMPLETED', output: ['late', 'on'] })
  },

  'composites nest in composites, to any depth (MJ: whenAll/nested; JS: fix/nested composites)': gives(
    ['all', [[1, 2], 'first']],
    async (ctx) => {
      const inner = ctx.whenAll([ctx.callActivity(echo, 1), ctx.callActivity(echo, 2)])
      const winner = ctx.whenAny({
        first: ctx.callActivity(echo, 3),
        never: ctx.waitForExternalEvent('never'),
      })
      const all = ctx.whenAll([inner, winner])
      const key = await ctx.whenAny({ all, never: ctx.waitForExternalEvent('never') })
      return [key, all.getResult()]
    },
  ),

  'whenAny of nothing is refused (MJ: whenAny/empty; JS: fix/whenAny of nothing)': failsWith(
    'EMPTY_WHEN_ANY',
    async function* (ctx): Steps {
      return yield ctx.whenAny([])
    },
  ),

  'whenAny gives the task that completes first, and keeps to it (MJ: whenAny/first wins)': gives(
    [true, true, 'quick'],
    async function* (ctx): Steps {
      const quick = ctx.callActivity(echo, 'quick')
      const never = ctx.waitForExternalEvent('never')
      const any = ctx.whenAny([never, quick])
      const winner = yield any
      yield ctx.callActivity(echo, 'later')
      return [winner === quick, any.getResult() === quick, quick.getResult()]
    },
  ),

  'a failed task wins whenAny, and does not throw in a generator (MJ: whenAny/failed counts)': gives(
    [true, 'RangeError'],
    async function* (ctx): Steps {
      const failing = ctx.callActivity(refuse, 'no')
      const winner = yield ctx.whenAny([failing, ctx.waitForExternalEvent('never')])
      const error = failing.getException() as unknown as { failure: { errorType: string } }
      return [winner === failing && failing.isFailed, error.failure.errorType]
    },
  ),

  'of tasks that have completed before, whenAny gives the first of its list (MJ: whenAny/pre-completed)':
    gives(true, async function* (ctx): Steps {
      const [one, two] = [ctx.callActivity(echo, 1), ctx.callActivity(echo, 2)]
      yield two
      yield one
      const winner = yield ctx.whenAny([one, two])
      return winner === one
    }),
}
