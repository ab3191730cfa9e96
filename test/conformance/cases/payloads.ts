// Payloads go in and come out unchanged, wherever they travel.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import type { Case, Cases } from '../bench.ts'

const echo = async (_ctx: ActivityContext, value: unknown) => value

async function stop(_ctx: WorkflowContext, value: unknown): Promise<unknown> {
  return value
}

/** Sends a value through an activity, a child, an event to itself and continue-as-new; then takes one from outside. */
async function travel(
  ctx: WorkflowContext,
  input: { value: unknown } | { first: unknown },
): Promise<unknown> {
  if ('value' in input) return [input.value, await ctx.waitForExternalEvent('outside')]
  const fromActivity = await ctx.callActivity(echo, input.first)
  const fromChild = await ctx.callChildWorkflow(stop, fromActivity)
  ctx.sendEvent(ctx.getWorkflowInstanceId(), 'back', fromChild)
  ctx.continueAsNew({ value: await ctx.waitForExternalEvent('back') }, true)
  return []
}

const values: readonly unknown[] = [
  0,
  '',
  false,
  null,
  [],
  {},
  'text',
  '5',
  -1.5e300,
  'ü編🙂\u2028"\\',
  { a: [1, null, { b: '' }] },
]

function roundTrip(value: unknown): Case {
  return async (open) => {
    const bench = await open({ workflows: { travel, stop }, activities: { echo } })
    await bench.start('travel', { first: value })
    await bench.raise('travel', 'outside', value)
    expect((await bench.ended('travel')).output).toEqual([value, value])
  }
}

export const payloadCases: Cases = {
  ...Object.fromEntries(
    values.map((value) => [
      `${JSON.stringify(value)} comes back from activity, child, event and continue-as-new as it was (MJ: payloads/falsy round trips; JS: fix/falsy inputs, fix/falsy carry-over)`,
      roundTrip(value),
    ]),
  ),

  async 'a value is the input and the output of an instance as it was, falsy ones too'(open) {
    const bench = await open({ workflows: { stop } })
    for (const [at, value] of values.entries()) {
      const id = await bench.start('stop', value, { instanceId: `stop-${at}` })
      expect(await bench.ended(id)).toMatchObject({ output: value, input: JSON.stringify(value) })
    }
  },

  async 'nothing is nothing: an undefined value is no payload anywhere'(open) {
    async function nothing(ctx: WorkflowContext, input?: unknown): Promise<unknown> {
      const results = [
        input,
        await ctx.callActivity(echo, undefined),
        await ctx.callChildWorkflow(stop, undefined),
        await ctx.waitForExternalEvent('none'),
      ]
      return results.every((result) => result === undefined) ? undefined : results
    }
    const bench = await open({ workflows: { nothing, stop }, activities: { echo } })
    await bench.start('nothing')
    await bench.raise('nothing', 'none')
    const ended = await bench.ended('nothing')
    expect(ended).toMatchObject({ status: 'COMPLETED' })
    expect([ended.output, ended.input]).toEqual([undefined, undefined])
  },

  async 'text that is no JSON stands for itself (JS: fix/raw input)'(open) {
    const bench = await open({ workflows: { stop } })
    await bench.host.pass(
      bench.management.start({ workflowName: 'stop', instanceId: 'raw', input: 'not {json' }),
    )
    expect(await bench.ended('raw')).toMatchObject({ output: 'not {json', input: 'not {json' })
  },

  async 'a megabyte goes through input, activity, event, custom status and output (Dapr: largeactivityresult)'(
    open,
  ) {
    const megabyte = 'ü'.repeat(512 * 1024)
    async function large(ctx: WorkflowContext, input: string): Promise<string> {
      const result = (await ctx.callActivity(echo, input)) as string
      const event = await ctx.waitForExternalEvent<string>('large')
      ctx.setCustomStatus(event)
      return result + event
    }
    const bench = await open({ workflows: { large }, activities: { echo } })
    await bench.start('large', megabyte)
    await bench.raise('large', 'large', megabyte)
    const { output, customStatus } = await bench.ended('large')
    expect(output === megabyte + megabyte).toBe(true)
    expect(customStatus === megabyte).toBe(true)
  },

  async 'inputs that no message can carry reach every kind of call: many at once, retried, inline, awaited by nobody'(
    open,
  ) {
    const large = (at: number): string => `${at} ${'x'.repeat(1024 * 1024)}`
    const seen: string[] = []
    const measure = async (ctx: ActivityContext, value: string) => {
      seen.push(value.slice(0, 2).trim())
      if (ctx.attempt === 1 && value.startsWith('8')) throw new Error('not yet')
      return value.length
    }
    async function calls(ctx: WorkflowContext, again?: boolean): Promise<unknown> {
      if (again) return ctx.callActivity(measure, large(0))
      const many = await ctx.whenAll([1, 2, 3, 4, 5, 6, 7].map((at) => ctx.callActivity(measure, large(at))))
      const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 2 }
      const more = [
        await ctx.callActivity(measure, large(8), { retry }),
        await ctx.callActivity(measure, large(9), { inline: true }),
      ]
      void ctx.callActivity(measure, large(0))
      ctx.continueAsNew(true)
      return [many, more]
    }
    const bench = await open({ workflows: { calls }, activities: { measure } })
    expect((await bench.run('calls')).output).toBe(large(0).length)
    await bench.idle()
    expect(seen.toSorted().join('')).toBe('001234567889')
  },

  async 'what JSON cannot carry fails the activity, or the workflow, with a code (MJ: payloads/circular and BigInt)'(
    open,
  ) {
    const big = async () => 10n
    const workflow = async (ctx: WorkflowContext) => ctx.callActivity(big)
    const direct = async () => 10n
    const bench = await open({ workflows: { workflow, direct }, activities: { big } })
    const failed = await bench.run('workflow')
    expect(failed.failure?.cause).toMatchObject({ code: 'PAYLOAD_NOT_SERIALIZABLE' })
    expect((await bench.run('direct')).failure).toMatchObject({ code: 'PAYLOAD_NOT_SERIALIZABLE' })
  },
}
