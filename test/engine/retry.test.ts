// Retries: every attempt and every wait between two attempts is a command of its own, so they survive everything.

import { describe, expect, test } from 'vitest'
import { activity } from '../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../src/workflow/context.ts'
import { TaskFailedError } from '../../src/workflow/failure.ts'
import { nextRetryDelayMs, type RetryPolicy, toRetrySchedule } from '../../src/workflow/retry-policy.ts'
import { childFailed, completed, failed, fired } from '../support/engine-events.ts'
import { type EngineRun, start, startTime } from '../support/engine-harness.ts'

const calling = (retry: RetryPolicy) => async (ctx: WorkflowContext) => ctx.callActivity('a', 'in', { retry })

/** Lets attempts fail and waits fire until the call has ended or `attempts` were made. @returns the waits, ms */
async function failing(run: EngineRun, attempts: number): Promise<number[]> {
  const waits: number[] = []
  let at = startTime
  for (let attempt = 1; attempt <= attempts && !run.outcome; attempt++) {
    await run.turnAt(at, failed(2 * attempt - 1, `attempt ${attempt}`))
    const [timer] = run.commands
    if (timer?.kind !== 'createTimer') break
    waits.push(timer.dueAt - at)
    at = timer.dueAt
    await run.turnAt(at, fired(2 * attempt))
  }
  return waits
}

test('an attempt that fails is followed by a wait and another attempt with the same input', async () => {
  const run = await start(calling({ firstRetryInterval: 5, maxNumberOfAttempts: 3 }))
  const first = {
    attempt: 1,
    firstSeq: 1,
    firstAt: startTime,
    schedule: { firstMs: 5000, attempts: 3, coefficient: 1 },
  }
  expect(run.commands).toEqual([{ kind: 'scheduleTask', seq: 1, name: 'a', input: '"in"', retry: first }])
  await run.turn(failed(1))
  expect(run.commands).toEqual([
    { kind: 'createTimer', seq: 2, dueAt: run.now + 5000, origin: { kind: 'retry', firstSeq: 1 } },
  ])
  await run.turn(fired(2))
  expect(run.commands).toEqual([
    { kind: 'scheduleTask', seq: 3, name: 'a', input: '"in"', retry: { ...first, attempt: 2 } },
  ])
  await run.turn(completed(3, 'out'))
  expect(run.output).toBe('out')
  await run.replayed()
})

test('when the attempts are used up the call fails with TaskFailedError and the last failure', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 3 }
    try {
      return await ctx.callActivity('a', 1, { retry })
    } catch (error) {
      if (!(error instanceof TaskFailedError)) throw error
      return [error.message, error.taskName, error.taskId, error.failure.message]
    }
  })
  expect(await failing(run, 9)).toEqual([1000, 1000])
  expect(run.output).toEqual(['test: Activity task #5 failed: attempt 3', 'a', 5, 'attempt 3'])
  await run.replayed()
})

test('one attempt means no retry', async () => {
  const run = await start(calling({ firstRetryInterval: 1, maxNumberOfAttempts: 1 }))
  expect(await failing(run, 9)).toEqual([])
  expect(run.failure.errorType).toBe('TaskFailedError')
  await run.replayed()
})

const schedules: readonly (readonly [string, Omit<RetryPolicy, 'maxNumberOfAttempts'>, readonly number[]])[] =
  [
    ['constant', { firstRetryInterval: 2 }, [2000, 2000, 2000, 2000]],
    ['growing', { firstRetryInterval: 1, backoffCoefficient: 3 }, [1000, 3000, 9000, 27_000]],
    [
      'capped',
      { firstRetryInterval: 1, backoffCoefficient: 3, maxRetryInterval: '5s' },
      [1000, 3000, 5000, 5000],
    ],
    [
      'bounded in time',
      { firstRetryInterval: 1, backoffCoefficient: 2, retryTimeout: 8 },
      [1000, 2000, 4000],
    ],
    [
      'bounded in time, exactly',
      { firstRetryInterval: 1, backoffCoefficient: 2, retryTimeout: 7 },
      [1000, 2000, 4000],
    ],
    ['bounded below the first wait', { firstRetryInterval: 10, retryTimeout: 9 }, []],
    ['fractional', { firstRetryInterval: 0.1, backoffCoefficient: 1.5 }, [100, 150, 225, 338]],
    ['cap below the first wait', { firstRetryInterval: 10, maxRetryInterval: 1 }, [1000, 1000, 1000, 1000]],
    [
      'beyond any calendar',
      { firstRetryInterval: 1e9, backoffCoefficient: 1e9 },
      Array.from({ length: 4 }, () => 366 * 86_400_000),
    ],
  ]
test.each(schedules)('waits: %s', async (_what, policy, waits) => {
  const run = await start(calling({ ...policy, maxNumberOfAttempts: 5 }))
  expect(await failing(run, 9)).toEqual(waits)
  await run.replayed()
})

describe('the predicate', () => {
  test('false gives up at once', async () => {
    const asked: string[] = []
    const run = await start(
      calling({
        firstRetryInterval: 1,
        maxNumberOfAttempts: 9,
        handle: (failure) => {
          asked.push(failure.message)
          return failure.message !== 'attempt 2'
        },
      }),
    )
    expect(await failing(run, 9)).toEqual([1000])
    expect(asked).toEqual(['attempt 1', 'attempt 2'])
    expect(run.failure.message).toContain('attempt 2')
    await run.replayed()
  })

  test('that throws fails the call with what it threw', async () => {
    const run = await start(
      calling({
        firstRetryInterval: 1,
        maxNumberOfAttempts: 9,
        handle: () => {
          throw new RangeError('cannot tell')
        },
      }),
    )
    await run.turn(failed(1))
    expect(run.failure).toMatchObject({ errorType: 'RangeError', message: 'cannot tell' })
    await run.replayed()
  })

  test('that throws what is no Error fails the call with its text', async () => {
    const run = await start(
      calling({
        firstRetryInterval: 1,
        maxNumberOfAttempts: 9,
        handle: () => {
          throw 'cannot tell'
        },
      }),
    )
    await run.turn(failed(1))
    expect(run.failure).toMatchObject({ errorType: 'Error', message: 'cannot tell' })
    await run.replayed()
  })

  test.each([
    [undefined, 1],
    [null, 1],
    [true, 1],
    [1, 1],
    [0, 0],
    [false, 0],
  ])('that answers %s leads to %i retries', async (answer, retries) => {
    const run = await start(
      calling({ firstRetryInterval: 1, maxNumberOfAttempts: 2, handle: () => answer as boolean }),
    )
    expect(await failing(run, 9)).toHaveLength(retries)
    await run.replayed()
  })

  describe.each([
    ['is kept', async () => true],
    ['is broken', async () => Promise.any([])],
  ])('that answers with a promise which %s', (_how, answer) => {
    const policy = {
      firstRetryInterval: 1,
      maxNumberOfAttempts: 2,
      handle: answer as unknown as () => boolean,
    }

    test('fails the call: nobody could wait for it', async () => {
      const run = await start(calling(policy))
      await run.turn(failed(1))
      expect(run.commands).toEqual([])
      expect(run.failure).toMatchObject({
        code: 'INVALID_RETRY_POLICY',
        message: expect.stringContaining('must be true or false at once'),
      })
      await run.replayed()
    })

    test('has another attempt in a generation that began when such an answer was a yes', async () => {
      const run = await start(calling(policy), { flags: [1, 2] })
      expect(await failing(run, 9)).toHaveLength(1)
      await run.replayed()
    })
  })
})

describe('never tried again', () => {
  const policy: RetryPolicy = {
    firstRetryInterval: 1,
    maxNumberOfAttempts: 9,
    nonRetriableErrors: ['ValidationError', 'E_DENIED'],
  }

  test.each([
    ['marked', { nonRetriable: true }],
    ['named by type', { errorType: 'ValidationError' }],
    ['named by code', { code: 'E_DENIED' }],
  ])('a failure that is %s', async (_how, failure) => {
    const run = await start(calling(policy))
    await run.turn(failed(1, failure))
    expect(run.commands).toEqual([])
    expect(run.failure.cause).toMatchObject(failure)
    await run.replayed()
  })

  test('other failures are', async () => {
    const run = await start(calling(policy))
    await run.turn(failed(1, { errorType: 'validationerror', code: 'OTHER', nonRetriable: false }))
    expect(run.asked).toEqual(['createTimer'])
    await run.replayed()
  })
})

describe('defaults of the activity', () => {
  const charge = activity((_ctx: ActivityContext, amount: number) => amount, {
    retry: { firstRetryInterval: 7, maxNumberOfAttempts: 2 },
    timeout: '30s',
  })
  const activities = { charge }

  test.each([
    ['by function', async (ctx: WorkflowContext) => ctx.callActivity(charge, 1)],
    ['by name', async (ctx: WorkflowContext) => ctx.callActivity('charge', 1)],
  ])('hold for a call %s', async (_how, workflow) => {
    const run = await start(workflow, { activities })
    expect(run.commands).toMatchObject([
      { name: 'charge', timeoutMs: 30_000, retry: { schedule: { firstMs: 7000, attempts: 2 } } },
    ])
    await run.turn(failed(1))
    expect(run.commands).toMatchObject([{ kind: 'createTimer', dueAt: run.now + 7000 }])
    await run.replayed()
  })

  test('give way to the options of a call', async () => {
    const run = await start(
      async (ctx: WorkflowContext) =>
        ctx.callActivity(charge, 1, { retry: { firstRetryInterval: 1, maxNumberOfAttempts: 5 }, timeout: 2 }),
      { activities },
    )
    expect(run.commands).toMatchObject([
      { timeoutMs: 2000, retry: { schedule: { firstMs: 1000, attempts: 5 } } },
    ])
    await run.replayed()
  })

  test('a timeout of zero or less is refused at the call', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity(charge, 1, { timeout: 0 }), {
      activities,
    })
    expect(run.failure.code).toBe('INVALID_ARGUMENT')
    expect(run.commands).toEqual([])
  })
})

describe('children', () => {
  test('every attempt is an instance of its own', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow('c', 1, { retry: { firstRetryInterval: 1, maxNumberOfAttempts: 2 } }),
    )
    expect(run.commands).toMatchObject([{ kind: 'createChild', instanceId: 'test:0001', input: '1' }])
    await run.turn(childFailed(1, 'first'))
    await run.turn(fired(2))
    expect(run.commands).toMatchObject([
      { kind: 'createChild', instanceId: 'test:0003', input: '1', retry: { attempt: 2, firstSeq: 1 } },
    ])
    await run.turn(childFailed(3, 'second'))
    expect(run.failure.message).toBe('test: Sub-orchestration task #3 failed: second')
    await run.replayed()
  })

  test('a given id stays the same', async () => {
    const run = await start(async (ctx: WorkflowContext) =>
      ctx.callChildWorkflow('c', 1, {
        instanceId: 'mine',
        retry: { firstRetryInterval: 1, maxNumberOfAttempts: 2 },
      }),
    )
    await run.turn(childFailed(1))
    await run.turn(fired(2))
    expect(run.commands).toMatchObject([{ kind: 'createChild', instanceId: 'mine' }])
    await run.replayed()
  })

  test('default ids carry the generation from the second on', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callChildWorkflow('c'), { generation: 2 })
    expect(run.commands).toMatchObject([{ instanceId: 'test:2:0001' }])
  })
})

describe('a policy that changed between record and replay', () => {
  const before: RetryPolicy = { firstRetryInterval: 5, maxNumberOfAttempts: 3 }
  const changes: Readonly<Record<string, RetryPolicy | undefined>> = {
    'more patient': { firstRetryInterval: 60, maxNumberOfAttempts: 10, backoffCoefficient: 2 },
    'less patient': { firstRetryInterval: 1, maxNumberOfAttempts: 1 },
    gone: undefined,
  }
  test.each(Object.entries(changes))('%s: the numbers of a call under way stay', async (_what, after) => {
    const run = await start(calling(before))
    await run.turn(failed(1))
    const other = run.fresh(async (ctx: WorkflowContext) =>
      ctx.callActivity('a', 'in', after ? { retry: after } : {}),
    )
    expect((await other.run(run.episodes.map(({ turn }) => turn))).divergence).toBeUndefined()
    const second = await other.run([{ at: run.now + 5000, events: [fired(2)] }])
    expect(second.commands).toMatchObject([
      { seq: 3, retry: { attempt: 2, schedule: { firstMs: 5000, attempts: 3 } } },
    ])
    const third = await other.run([{ at: run.now + 5000, events: [failed(3), fired(4), failed(5)] }])
    expect(third.outcome).toMatchObject({ kind: 'failed', failure: { errorType: 'TaskFailedError' } })
  })

  test('new where there was none: a call under way is not tried again', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity('a', 'in'))
    const other = run.fresh(calling(before))
    await other.run(run.episodes.map(({ turn }) => turn))
    const result = await other.run([{ at: run.now, events: [failed(1)] }])
    expect(result).toMatchObject({ commands: [], outcome: { kind: 'failed' } })
  })
})

const invalid: readonly (readonly [string, Partial<RetryPolicy>, string])[] = [
  ['no wait', { firstRetryInterval: 0 }, 'INVALID_RETRY_POLICY'],
  ['a negative wait', { firstRetryInterval: -1 }, 'INVALID_RETRY_POLICY'],
  ['a wait that is not a number', { firstRetryInterval: Number.NaN }, 'INVALID_DURATION'],
  ['an endless wait', { firstRetryInterval: Number.POSITIVE_INFINITY }, 'INVALID_DURATION'],
  ['no attempts', { maxNumberOfAttempts: 0 }, 'INVALID_RETRY_POLICY'],
  ['half an attempt', { maxNumberOfAttempts: 1.5 }, 'INVALID_RETRY_POLICY'],
  ['attempts that are not a number', { maxNumberOfAttempts: Number.NaN }, 'INVALID_RETRY_POLICY'],
  ['endless attempts', { maxNumberOfAttempts: Number.POSITIVE_INFINITY }, 'INVALID_RETRY_POLICY'],
  ['a shrinking wait', { backoffCoefficient: 0.5 }, 'INVALID_RETRY_POLICY'],
  ['a coefficient that is not a number', { backoffCoefficient: Number.NaN }, 'INVALID_RETRY_POLICY'],
  ['an endless coefficient', { backoffCoefficient: Number.POSITIVE_INFINITY }, 'INVALID_RETRY_POLICY'],
  ['no longest wait', { maxRetryInterval: 0 }, 'INVALID_RETRY_POLICY'],
  ['a negative bound', { retryTimeout: -1 }, 'INVALID_RETRY_POLICY'],
]
describe.each(invalid)('%s', (_what, wrong, code) => {
  const policy: RetryPolicy = { firstRetryInterval: 1, maxNumberOfAttempts: 2, ...wrong }

  test('is refused at the call', async () => {
    const run = await start(calling(policy))
    expect(run.failure.code).toBe(code)
    expect(run.commands).toEqual([])
    await run.replayed()
  })

  test('is refused where the activity is declared', () => {
    expect(() => activity(() => {}, { retry: policy })).toThrow(expect.objectContaining({ code }))
  })
})

test('the wait never exceeds the cap nor goes below the first, for any policy', () => {
  const schedule = toRetrySchedule({
    firstRetryInterval: 3,
    maxNumberOfAttempts: 1_000_000,
    backoffCoefficient: 1.7,
    maxRetryInterval: 100,
  })
  for (let attempt = 1; attempt < 2000; attempt++) {
    const delay = nextRetryDelayMs(schedule, attempt, 0)
    expect(delay).toBeGreaterThanOrEqual(3000)
    expect(delay).toBeLessThanOrEqual(100_000)
  }
})
