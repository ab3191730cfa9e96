// Workflows that are written wrongly: each mistake is named at once, and none of them hangs.

import { expect } from 'vitest'
import type { ActivityContext, RetryPolicy, WorkflowContext } from '../../../src/index.ts'
import type { Case, Cases } from '../bench.ts'

const echo = async (_ctx: ActivityContext, value: unknown) => value

async function refuse(): Promise<never> {
  throw new RangeError('no stock')
}

type Steps = AsyncGenerator<unknown, unknown, unknown>

function failsWith(code: string, workflow: (ctx: WorkflowContext) => unknown): Case {
  return async (open) => {
    const bench = await open({ workflows: { workflow }, activities: { echo, refuse } })
    expect((await bench.run('workflow')).failure).toMatchObject({ code })
  }
}

/** The codes with which the calls are refused, one after the other. */
function refusedWith(code: string, calls: readonly ((ctx: WorkflowContext) => unknown)[]): Case {
  return async (open) => {
    async function workflow(ctx: WorkflowContext): Promise<unknown> {
      const codes = calls.map((call) => {
        try {
          call(ctx)
          return 'none'
        } catch (error) {
          return (error as { code: unknown }).code
        }
      })
      return [codes, await ctx.callActivity(echo, 'on')]
    }
    const bench = await open({ workflows: { workflow }, activities: { echo } })
    expect(await bench.run('workflow')).toMatchObject({ output: [calls.map(() => code), 'on'] })
  }
}

const whens: readonly unknown[] = [
  Number.NaN,
  Infinity,
  -Infinity,
  new Date(Number.NaN),
  'soon',
  {},
  undefined,
]

const policy: RetryPolicy = { firstRetryInterval: 1, maxNumberOfAttempts: 3 }
const policies: readonly RetryPolicy[] = [
  { ...policy, firstRetryInterval: 0 },
  { ...policy, maxNumberOfAttempts: 0 },
  { ...policy, maxNumberOfAttempts: Number.NaN },
  { ...policy, backoffCoefficient: 0.5 },
  { ...policy, backoffCoefficient: Infinity },
  { ...policy, retryTimeout: -1 },
]

export const mistakeCases: Cases = {
  'a first yield of what is no task fails at once (MJ: yield/first not a task; JS: fix/first yield of no task)':
    failsWith('NOT_A_TASK', async function* (): Steps {
      return yield 5
    }),

  'so does a later one (MJ: yield/later not a task)': failsWith('NOT_A_TASK', async function* (ctx): Steps {
    yield ctx.callActivity(echo, 1)
    return yield { not: 'a task' }
  }),

  'and one after a failure that was caught (MJ: yield/after a caught failure)': failsWith(
    'NOT_A_TASK',
    function* (ctx): Generator<unknown, unknown, unknown> {
      try {
        yield ctx.callActivity(refuse)
      } catch {
        return yield 'text'
      }
      return 'no failure'
    },
  ),

  async 'an async function needs no yield, and a generator need not be async (MJ: yield/async function; JS: fix/sync generator, keep/async function)'(
    open,
  ) {
    const plain = async (ctx: WorkflowContext) => ctx.callActivity(echo, 1)
    function* sync(ctx: WorkflowContext): Generator<unknown, unknown, unknown> {
      return yield ctx.callActivity(echo, 2)
    }
    const bench = await open({ workflows: { plain, sync }, activities: { echo } })
    expect([(await bench.run('plain')).output, (await bench.run('sync')).output]).toEqual([1, 2])
  },

  async 'a workflow may do without any call (MJ: yield/no activity)'(open) {
    // oxlint-disable-next-line require-yield -- that is the case
    async function* none(_ctx: WorkflowContext, input: number): AsyncGenerator<unknown, number> {
      return input + 1
    }
    const bench = await open({ workflows: { none } })
    expect(await bench.run('none', 1)).toMatchObject({ output: 2 })
  },

  'a timer for no time is refused at the call, and takes nothing with it (MJ: timer/validation/refused)':
    refusedWith(
      'INVALID_DURATION',
      whens.map((when) => (ctx) => ctx.createTimer(when as never)),
    ),

  'a policy that makes no sense is refused at the call (MJ: retry/validation)': async (open) => {
    const heard = new Set<unknown>()
    async function workflow(ctx: WorkflowContext): Promise<unknown> {
      const codes: unknown[] = []
      for (const retry of policies) {
        try {
          void ctx.callActivity(echo, 1, { retry })
        } catch (error) {
          codes.push((error as { code: unknown }).code)
        }
      }
      for (const code of codes) heard.add(code)
      return codes.length
    }
    const bench = await open({ workflows: { workflow }, activities: { echo } })
    expect(await bench.run('workflow')).toMatchObject({ output: policies.length })
    expect(heard).toEqual(new Set(['INVALID_RETRY_POLICY']))
  },

  'an event without a name is refused at the call (MJ: events/empty name)': refusedWith('INVALID_ARGUMENT', [
    (ctx) => ctx.waitForExternalEvent(''),
    (ctx) => ctx.sendEvent('somebody', ''),
  ]),

  'a function without a name, or of another app, is refused at the call (MJ: registry/anonymous)':
    refusedWith('ACTIVITY_NOT_REGISTERED', [
      (ctx) =>
        ctx.callActivity(
          (
            () => async () =>
              1
          )(),
        ),
      (ctx) => ctx.callActivity(refuse),
    ]),

  'a custom status that JSON cannot carry is refused at the call (MJ: custom status/circular and BigInt)':
    refusedWith('PAYLOAD_NOT_SERIALIZABLE', [
      (ctx) => ctx.setCustomStatus(5n),
      (ctx) => {
        const circular: { self?: unknown } = {}
        circular.self = circular
        ctx.setCustomStatus(circular)
      },
    ]),

  async 'a text that is thrown is the message of the failure (JS: fix/thrown text)'(open) {
    const thrower = async (): Promise<never> => {
      // oxlint-disable-next-line typescript/only-throw-error, no-throw-literal -- that is the case
      throw 'just text'
    }
    const bench = await open({ workflows: { thrower } })
    expect((await bench.run('thrower')).failure).toEqual({ errorType: 'String', message: 'just text' })
  },
}
