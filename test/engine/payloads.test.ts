// Payloads keep their value on every way: input, output, activity, child, event, continue-as-new.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { limits } from '../../src/workflow/limits.ts'
import { childCompleted, completed, raised } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

const falsy: readonly unknown[] = [0, '', false, null]
const values: readonly unknown[] = [
  ...falsy,
  'text',
  1.5,
  [null, 0, ''],
  { a: { b: [] } },
  '{"not":"parsed"}',
  '5',
]

const echo = async (_ctx: WorkflowContext, input: unknown) => ({ input, type: typeof input })

describe.each(values)('%j', (value) => {
  const seen = { input: value, type: typeof value }

  test('as input of a workflow', async () => {
    const run = await start(echo, { input: value })
    expect(run.output).toEqual(seen)
    await run.replayed()
  })

  test('as output of a workflow', async () => {
    const run = await start(async () => value)
    expect(run.outcome).toEqual({ kind: 'completed', output: JSON.stringify(value) })
    await run.replayed()
  })

  test('as input and output of an activity', async () => {
    const run = await start(async (ctx: WorkflowContext) => echo(ctx, await ctx.callActivity('a', value)))
    expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'a', input: JSON.stringify(value) }])
    await run.turn(completed(1, value))
    expect(run.output).toEqual(seen)
    await run.replayed()
  })

  test('as input and output of a child', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      echo(ctx, await ctx.callChildWorkflow('c', value)),
    )
    expect(run.commands).toMatchObject([{ kind: 'createChild', name: 'c', input: JSON.stringify(value) }])
    await run.turn(childCompleted(1, value))
    expect(run.output).toEqual(seen)
    await run.replayed()
  })

  test('as data of an event, waited for and buffered', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const first = await ctx.waitForExternalEvent('e')
      return [echo(ctx, first), await echo(ctx, await ctx.waitForExternalEvent('e'))][1]
    })
    await run.turn(raised('e', value), raised('e', value))
    expect(run.output).toEqual(seen)
    await run.replayed()
  })

  test('as data of a sent event', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.sendEvent('other', 'e', value))
    expect(run.commands).toMatchObject([{ kind: 'sendEvent', input: JSON.stringify(value) }])
    await run.replayed()
  })

  test('as input of continueAsNew', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.continueAsNew(value))
    expect(run.outcome).toEqual({ kind: 'continuedAsNew', input: JSON.stringify(value), unread: [] })
    await run.replayed()
  })
})

describe('undefined', () => {
  test('is no payload, on every way', async () => {
    const run = await start(async (ctx: WorkflowContext, input: unknown) => {
      const results = [
        input,
        await ctx.callActivity('a'),
        await ctx.callActivity('a', undefined),
        await ctx.waitForExternalEvent('e'),
      ]
      ctx.sendEvent('other', 'e')
      return results.map((result) => typeof result)
    })
    expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'a' }])
    await run.turn(completed(1))
    expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 2, name: 'a' }])
    await run.turn(completed(2), raised('e'))
    expect(run.commands).toEqual([{ kind: 'sendEvent', seq: 3, instanceId: 'other', name: 'e' }])
    expect(run.output).toEqual(['undefined', 'undefined', 'undefined', 'undefined'])
    await run.replayed()
  })

  test('continueAsNew without input has none', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.continueAsNew())
    expect(run.outcome).toEqual({ kind: 'continuedAsNew', input: undefined, unread: [] })
    await run.replayed()
  })

  test('empty text from outside is no value', async () => {
    const run = await start(async (_ctx: WorkflowContext, input: unknown) => typeof input, { rawInput: '' })
    expect(run.output).toBe('undefined')
    await run.replayed()
  })
})

describe('text from outside that is no JSON is handed over as it is', () => {
  const raw = 'hello, {world'

  test('input', async () => {
    const run = await start(echo, { rawInput: raw })
    expect(run.output).toEqual({ input: raw, type: 'string' })
    await run.replayed()
  })

  test('event', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.waitForExternalEvent('e'))
    await run.turn({ kind: 'eventRaised', id: 'x', name: 'e', input: raw })
    expect(run.output).toBe(raw)
    await run.replayed()
  })
})

class Unwilling {
  toJSON(): never {
    throw new Error('not me')
  }
}
const cycle: unknown[] = []
cycle.push({ cycle })

const unwritable: readonly (readonly [string, unknown])[] = [
  ['a BigInt', 5n],
  ['a BigInt inside', { deep: [5n] }],
  ['a cycle', cycle],
  ['a function', () => {}],
  ['a symbol', Symbol('s')],
  ['an object whose toJSON throws', new Unwilling()],
]

describe.each(unwritable)('%s cannot be written as JSON', (_what, value) => {
  const calls: Readonly<Record<string, (ctx: WorkflowContext) => unknown>> = {
    callActivity: (ctx) => ctx.callActivity('a', value),
    callChildWorkflow: (ctx) => ctx.callChildWorkflow('a', value),
    sendEvent: (ctx) => ctx.sendEvent('other', 'a', value),
    continueAsNew: (ctx) => ctx.continueAsNew(value),
    setCustomStatus: (ctx) => ctx.setCustomStatus(value),
  }

  test.each(Object.entries(calls))('%s refuses it at the call', async (_name, call) => {
    const run = await start(async (ctx: WorkflowContext) => {
      try {
        call(ctx)
      } catch (error) {
        return [(error as { code: string }).code, await ctx.callActivity('next')]
      }
      return 'not refused'
    })
    expect(run.commands, 'the refused call has taken no number').toEqual([
      { kind: 'scheduleTask', seq: 1, name: 'next' },
    ])
    await run.turn(completed(1, 'on'))
    expect(run.output).toEqual(['PAYLOAD_NOT_SERIALIZABLE', 'on'])
    await run.replayed()
  })

  test('as output it fails the workflow and names the output', async () => {
    const run = await start(async () => value)
    expect(run.failure.code).toBe('PAYLOAD_NOT_SERIALIZABLE')
    expect(run.failure.message).toContain("The output of workflow 'main'")
    await run.replayed()
  })
})

describe('size', () => {
  const fits = 'x'.repeat(limits.payloadBytes - 2)

  test('a payload of exactly the limit passes', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity('a', fits))
    expect(run.commands).toHaveLength(1)
  })

  test('one byte more is refused, with limit and size', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity('a', `${fits}x`))
    expect(run.failure).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    expect(run.failure.message).toContain(String(limits.payloadBytes))
    expect(run.failure.message).toContain(String(limits.payloadBytes + 1))
  })

  test('bytes count, not characters', async () => {
    const run = await start(async () => 'ä'.repeat(limits.payloadBytes / 2))
    expect(run.failure.code).toBe('PAYLOAD_TOO_LARGE')
  })
})

describe('a task handed on as data', () => {
  test('is refused and named', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.callActivity('second', { total: ctx.callActivity('first') }),
    )
    expect(run.failure.code).toBe('PAYLOAD_NOT_SERIALIZABLE')
    expect(run.failure.message).toMatch(
      /^The input of activity 'second'.*task of callActivity\('first'\).*await/,
    )
    expect(run.failure.stackTrace).toContain('payloads.test.ts')
    await run.replayed()
  })

  test('in the output too', async () => {
    const run = await start(async (ctx: WorkflowContext) => [ctx.createTimer(5)])
    expect(run.failure).toMatchObject({ code: 'PAYLOAD_NOT_SERIALIZABLE' })
    await run.replayed()
  })
})

const thrown: readonly (readonly [unknown, string, string])[] = [
  ['just text', 'String', 'just text'],
  ['', 'String', ''],
  [0, 'Number', '0'],
  [5n, 'BigInt', '5'],
  [false, 'Boolean', 'false'],
  [null, 'null', 'null'],
  [undefined, 'undefined', 'undefined'],
  [Symbol('s'), 'Symbol', 'Symbol(s)'],
  [{ reason: 1 }, 'Object', '{"reason":1}'],
  [Object.create(null), 'Object', '{}'],
  [cycle, 'Array', '[object Array]'],
  [new Unwilling(), 'Unwilling', '[object Object]'],
]

describe('what is thrown and is no Error', () => {
  test.each(thrown)('%s: fails the workflow with its type and text', async (value, errorType, message) => {
    const run = await start(async () => {
      throw value
    })
    expect(run.failure).toEqual({ errorType, message })
    await run.replayed()
  })

  test('an error without a message, with a code, a cause and a mark keeps them', async () => {
    class Refused extends TypeError {
      override readonly name = 'Refused'
      readonly code = 'E_REFUSED'
      readonly nonRetriable = true
    }
    const run = await start(async () => {
      throw new Refused('', { cause: new Error('why', { cause: 'deep' }) })
    })
    expect(run.failure).toMatchObject({
      errorType: 'Refused',
      message: '',
      code: 'E_REFUSED',
      nonRetriable: true,
      cause: { errorType: 'Error', message: 'why', cause: { errorType: 'String', message: 'deep' } },
    })
    expect(run.failure.stackTrace).toContain('payloads.test.ts')
    await run.replayed()
  })

  test('causes that go in a circle end', async () => {
    const run = await start(async () => {
      const error = new Error('round')
      error.cause = error
      throw error
    })
    expect(JSON.stringify(run.failure).match(/round/g)?.length).toBeLessThan(30)
    await run.replayed()
  })

  test('a very long message is cut and says so', async () => {
    const run = await start(async () => {
      throw new Error('x'.repeat(100_000))
    })
    expect(run.failure.message.length).toBeLessThan(limits.failureMessageCharacters + 100)
    expect(run.failure.message).toContain('cut at')
  })
})
