// What a workflow has done is undone: last in first out, one after the other, when it fails, is terminated, or asks for it.

import { describe, expect, test } from 'vitest'
import type { Command } from '../../src/engine/commands.ts'
import type { CallActivityOptions } from '../../src/workflow/call-options.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { limits } from '../../src/workflow/limits.ts'
import * as make from '../support/engine-events.ts'
import { type EngineRun, start } from '../support/engine-harness.ts'

const { completed, failed, terminated } = make

/** `#seq name(input) of #call` for each activity that the last turn asked for. */
const asked = ({ commands }: EngineRun): string[] => commands.map(textOf)

function textOf(command: Command): string {
  if (command.kind !== 'scheduleTask') return command.kind
  const { name, input = '', rollbackOf } = command
  return `${name}(${input})${rollbackOf === undefined ? '' : ` of #${rollbackOf}`}`
}

/** Does `a` and `b`, each with its undoing, then `c`. */
async function trip(ctx: WorkflowContext): Promise<string> {
  await ctx.callActivity('a', 1, { rollback: 'undo a' })
  await ctx.callActivity('b', 2, { rollback: 'undo b' })
  await ctx.callActivity('c')
  return 'done'
}

async function tripUntilC(): Promise<EngineRun> {
  const run = await start(trip)
  await run.turn(completed(1, 'A'))
  await run.turn(completed(2, { b: 2 }))
  return run
}

test('a termination in the middle of ctx.rollback(), while a call is still under way, undoes that call too, and comes to its end', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    void ctx.callActivity('a', 1, { rollback: 'undo a' })
    void ctx.callActivity('b', 2, { rollback: 'undo b' })
    await ctx.rollback()
    return 'never'
  })
  await run.turn(completed(1, 'A'))
  await run.turn(terminated('stop'), completed(2, 'B'))
  expect(asked(run)).toEqual(['undo b("B") of #2'])
  await run.turn(completed(3))
  expect(asked(run)).toEqual(['undo a("A") of #1'])
  await run.turn(completed(4))
  expect(run.outcome).toMatchObject({ kind: 'terminated', output: '"stop"' })
  await run.replayed()
})

describe('a failed workflow', () => {
  test('undoes what it did, the last first, one after the other, with what the calls gave; then it fails as it had', async () => {
    const run = await tripUntilC()
    await run.turn(failed(3, 'no stock'))
    expect(run.outcome).toBeUndefined()
    expect(asked(run)).toEqual(['undo b({"b":2}) of #2'])
    await run.turn(completed(4))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(5))
    expect(run.commands).toEqual([])
    expect(run.failure).toMatchObject({
      errorType: 'TaskFailedError',
      message: 'test: Activity task #3 failed: no stock',
      cause: { message: 'no stock' },
    })
    await run.replayed()
  })

  test('undoes nothing when it succeeds, nor what failed', async () => {
    const run = await tripUntilC()
    await run.turn(completed(3))
    expect(run.output).toBe('done')
    const broken = await start(trip)
    await broken.turn(failed(1))
    expect(broken.failure).toMatchObject({ errorType: 'TaskFailedError' })
    expect(broken.commands).toEqual([])
  })

  test('tells what could not be undone, and has undone the rest', async () => {
    const run = await tripUntilC()
    await run.turn(failed(3, 'no stock'))
    await run.turn(failed(4, 'b is closed'))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(5))
    expect(run.failure).toMatchObject({
      message: 'test: Activity task #3 failed: no stock',
      cause: {
        code: 'ROLLBACK_FAILED',
        message: 'One rollback failed: test: Activity task #4 failed: b is closed',
        cause: { message: 'no stock' },
      },
    })
    await run.replayed()
  })

  test('waits for the calls that are under way, and undoes them too if they complete', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const calls = ['a', 'b', 'c', 'd'].map((name) =>
        ctx.callActivity(name, name, { rollback: `undo ${name}` }),
      )
      await Promise.all(calls)
    })
    await run.turn(completed(2, 'B'))
    await run.turn(failed(3))
    expect(run.commands).toEqual([])
    await run.turn(failed(4))
    expect(run.commands).toEqual([])
    await run.turn(completed(1, 'A'))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(5))
    expect(asked(run)).toEqual(['undo b("B") of #2'])
    await run.turn(completed(6))
    expect(run.failure.message).toBe('test: Activity task #3 failed: failed')
    await run.replayed()
  })

  test('does not try again what is under way, nor waits for a back-off', async () => {
    const retry = { firstRetryInterval: 60, maxNumberOfAttempts: 3 }
    const run = await start(async (ctx: WorkflowContext) => {
      const a = ctx.callActivity('a', 1, { retry, rollback: 'undo a' })
      const b = ctx.callActivity('b', 1, { retry, rollback: 'undo b' })
      await ctx.callActivity('c')
      await Promise.all([a, b])
    })
    await run.turn(failed(1))
    expect(asked(run)).toEqual(['createTimer'])
    await run.turn(failed(3, 'over'))
    expect(run.outcome).toBeUndefined()
    await run.turn(failed(2))
    expect(run.commands).toEqual([])
    expect(run.failure.message).toBe('test: Activity task #3 failed: over')
    await run.replayed()
  })

  test('its other branches do nothing any more, whatever they waited for', async () => {
    const seen: string[] = []
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      const other = async (): Promise<void> => {
        await ctx.waitForExternalEvent('go')
        seen.push('went on')
        await ctx.callActivity('never')
      }
      await Promise.all([ctx.callActivity('b'), other(), ctx.callActivity('c').then(() => seen.push('c'))])
    })
    await run.turn(completed(1))
    await run.turn(failed(2))
    await run.turn(make.raised('go'), completed(3))
    expect(run.commands).toEqual([])
    await run.turn(completed(4))
    expect(run.outcome?.kind).toBe('failed')
    expect(seen).toEqual([])
    await run.replayed()
  })

  test('undoes its children by activities', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callChildWorkflow('book', 1, { rollback: 'cancel' })
      throw new Error('changed my mind')
    })
    await run.turn(make.childCompleted(1, 'ticket'))
    expect(asked(run)).toEqual(['cancel("ticket") of #1'])
    await run.turn(completed(2))
    expect(run.failure.message).toBe('changed my mind')
    await run.replayed()
  })

  test('even when one turn has asked for too much, what it did before is undone', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      for (;;) ctx.sendEvent('other', 'e')
    })
    await run.turn(completed(1, 'A'))
    expect(run.commands).toHaveLength(limits.commandsPerTurn + 1)
    await run.turn(completed(run.commands.at(-1)?.seq ?? 0))
    expect(run.failure.code).toBe('TOO_MANY_COMMANDS')
  })

  test('what escapes its turn, or waits for nothing durable, is undone too', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      await new Promise(() => {})
    })
    await run.turn(completed(1, 'A'))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(2))
    expect(run.failure.code).toBe('FOREIGN_AWAIT')
    await run.replayed()
  })
})

describe('options', () => {
  test('an undoing has input, retries and timeout of its own', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 2 }
      const rollback = { activity: 'undo', input: { id: 7 }, retry, timeout: '30s' } as const
      await ctx.callActivity('a', 1, { rollback })
      throw new Error('over')
    })
    await run.turn(completed(1, 'A'))
    expect(run.commands).toMatchObject([
      {
        name: 'undo',
        input: '{"id":7}',
        timeoutMs: 30_000,
        rollbackOf: 1,
        retry: { attempt: 1, firstSeq: 2 },
      },
    ])
    await run.turn(failed(2))
    expect(run.commands).toMatchObject([{ kind: 'createTimer', origin: { kind: 'retry', firstSeq: 2 } }])
    await run.turn(make.fired(3))
    expect(run.commands).toMatchObject([
      { name: 'undo', input: '{"id":7}', rollbackOf: 1, retry: { attempt: 2 } },
    ])
    await run.turn(completed(4))
    expect(run.failure.message).toBe('over')
    await run.replayed()
  })

  test.each<[string, unknown, string]>([
    ['a number', 7, 'INVALID_ARGUMENT'],
    ['null', null, 'INVALID_ARGUMENT'],
    ['an empty name', '', 'INVALID_ARGUMENT'],
    ['no activity', { input: 1 }, 'INVALID_ARGUMENT'],
    ['a function of another app', () => 1, 'ACTIVITY_NOT_REGISTERED'],
    ['an input that is no JSON', { activity: 'undo', input: 1n }, 'PAYLOAD_NOT_SERIALIZABLE'],
    ['an impossible policy', { activity: 'undo', retry: { firstRetryInterval: -1 } }, 'INVALID_RETRY_POLICY'],
    ['an impossible timeout', { activity: 'undo', timeout: 0 }, 'INVALID_ARGUMENT'],
  ])('%s is refused at the call, before anything is done', async (_what, rollback, code) => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.callActivity('a', 1, { rollback } as CallActivityOptions),
    )
    expect(run.commands).toEqual([])
    expect(run.failure.code).toBe(code)
  })
})

describe('a terminated workflow', () => {
  test('undoes what it did, and ends with the output of the termination', async () => {
    const run = await tripUntilC()
    await run.turn(terminated('enough'))
    expect(run.outcome).toBeUndefined()
    expect(asked(run)).toEqual(['undo b({"b":2}) of #2'])
    await run.turn(completed(3), completed(4))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    // Another termination changes nothing.
    await run.turn(terminated('now'))
    expect(run.outcome).toBeUndefined()
    await run.turn(completed(5))
    expect(run.outcome).toEqual({ kind: 'terminated', output: '"enough"' })
    await run.replayed()
  })

  test('ends at once, as ever, when there is nothing to undo', async () => {
    const run = await start(trip)
    await run.turn(failed(1), terminated('enough'))
    expect(run.outcome?.kind).toBe('failed')
    const waiting = await start(async (ctx: WorkflowContext) => ctx.callActivity('a'))
    await waiting.turn(terminated('enough'))
    expect(waiting.outcome).toEqual({ kind: 'terminated', output: '"enough"' })
  })

  test('what the same turn asked for before the termination is done, and undone', async () => {
    const run = await start(trip)
    await run.turn(completed(1, 'A'), terminated())
    expect(asked(run)).toEqual(['b(2)'])
    await run.turn(completed(2, 'B'))
    expect(asked(run)).toEqual(['undo b("B") of #2'])
    await run.turn(completed(3))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(4))
    expect(run.outcome).toEqual({ kind: 'terminated', output: undefined })
    await run.replayed()
  })

  test('a turn in which nothing is left to undo ends it, whatever its code asked for before', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const a = ctx.callActivity('a', 1, { rollback: 'undo a' })
      await ctx.callActivity('b')
      await ctx.callActivity('c')
      await a
    })
    await run.turn(completed(2), terminated(), failed(1))
    expect(run.outcome?.kind).toBe('terminated')
    expect(run.commands).toEqual([])
    await run.replayed()
  })

  test('a suspension does not hold the undoing back, but a new one does', async () => {
    const run = await tripUntilC()
    await run.turn(make.suspended())
    await run.turn(terminated())
    expect(run.last.suspended).toBe(false)
    expect(asked(run)).toEqual(['undo b({"b":2}) of #2'])
    await run.turn(make.suspended(), completed(4))
    expect(run.last.suspended).toBe(true)
    expect(run.commands).toEqual([])
    await run.turn(make.resumed())
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(5))
    expect(run.outcome?.kind).toBe('terminated')
    await run.replayed()
  })

  test('tells what could not be undone', async () => {
    const run = await tripUntilC()
    await run.turn(terminated('enough'))
    await run.turn(failed(4, 'x'))
    await run.turn(failed(5, 'y'))
    expect(run.outcome).toMatchObject({
      kind: 'terminated',
      output: '"enough"',
      failure: { code: 'ROLLBACK_FAILED', message: /^2 rollbacks failed: .*#4 failed: x; .*#5 failed: y$/ },
    })
    await run.replayed()
  })
})

describe('ctx.rollback()', () => {
  /** Tries, undoes on failure, and goes on. */
  async function careful(ctx: WorkflowContext): Promise<unknown> {
    try {
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      await ctx.callActivity('b')
    } catch {
      const failure = await ctx.rollback().then(
        () => 'undone',
        (error: { code?: string }) => error.code,
      )
      await ctx.callActivity('c')
      return failure
    }
    return 'done'
  }

  test('undoes in the middle, the code goes on, and what was undone is not undone again', async () => {
    const run = await start(careful)
    await run.turn(completed(1, 'A'))
    await run.turn(failed(2))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(3))
    expect(asked(run)).toEqual(['c()'])
    await run.turn(failed(4, 'later'))
    expect(run.commands).toEqual([])
    expect(run.failure.message).toBe('test: Activity task #4 failed: later')
    await run.replayed()
  })

  test('fails with ROLLBACK_FAILED when something could not be undone', async () => {
    const run = await start(careful)
    await run.turn(completed(1, 'A'))
    await run.turn(failed(2))
    await run.turn(failed(3))
    await run.turn(completed(4))
    expect(run.output).toBe('ROLLBACK_FAILED')
    await run.replayed()
  })

  test('with nothing to undo it is over at once; and twice is once', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.rollback()
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      await Promise.all([ctx.rollback(), ctx.rollback()])
      return 'done'
    })
    await run.turn(completed(1, 'A'))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(2))
    expect(run.output).toBe('done')
    await run.replayed()
  })

  test('a termination in its midst lets it end, and undoes what was done since', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      const undone = ctx.rollback()
      await ctx.callActivity('b', 1, { rollback: 'undo b' })
      await undone
    })
    await run.turn(completed(1, 'A'))
    expect(asked(run)).toEqual(['undo a("A") of #1', 'b(1)'])
    await run.turn(completed(3, 'B'))
    await run.turn(terminated())
    expect(run.commands).toEqual([])
    await run.turn(failed(2, 'x'))
    expect(asked(run)).toEqual(['undo b("B") of #3'])
    await run.turn(completed(4))
    expect(run.outcome).toMatchObject({ kind: 'terminated', failure: { code: 'ROLLBACK_FAILED' } })
    await run.replayed()
  })

  test('a workflow that returns without awaiting it ends when it is over', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a', 1, { rollback: 'undo a' })
      void ctx.rollback()
      return 'done'
    })
    await run.turn(completed(1, 'A'))
    expect(run.outcome).toBeUndefined()
    await run.turn(completed(2))
    expect(run.output).toBe('done')
    await run.replayed()
  })

  test('a cancelled call that completes nevertheless is undone', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      const a = ctx.callActivity('a', 1, { rollback: 'undo a' })
      a.cancel()
      await ctx.rollback()
      return 'done'
    })
    await run.turn(completed(1, 'A'))
    expect(asked(run)).toEqual(['undo a("A") of #1'])
    await run.turn(completed(2))
    expect(run.output).toBe('done')
    await run.replayed()
  })
})

test('continueAsNew is refused while there is something to undo, and passes when that was undone or discarded', async () => {
  const codes: unknown[] = []
  const run = await start(async (ctx: WorkflowContext) => {
    await ctx.callActivity('a', 1, { rollback: 'undo a' })
    try {
      ctx.continueAsNew()
    } catch (error) {
      codes.push((error as { code?: string }).code)
    }
    ctx.discardRollbacks()
    ctx.continueAsNew(2)
  })
  await run.turn(completed(1))
  expect(run.outcome?.kind).toBe('continuedAsNew')
  expect(codes).toEqual(['ROLLBACK_PENDING'])
  await run.replayed()
})

test('code that undoes otherwise than the history says does not fit', async () => {
  const run = await start(trip)
  await run.turn(completed(1, 'A'))
  await run.turn(failed(2))
  expect(asked(run)).toEqual(['undo a("A") of #1'])
  const { divergence } = await run.replay(async (ctx: WorkflowContext) => {
    await ctx.callActivity('a', 1, { rollback: 'undo otherwise' })
    await ctx.callActivity('b', 2)
  })
  expect(divergence).toMatchObject({
    expected: `#3 activity 'undo a' with input "A" (rollback of #1)`,
    actual: /#3 activity 'undo otherwise' with input "A" \(rollback of #1\)/,
  })
})
