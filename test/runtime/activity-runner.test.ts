// One attempt of an activity: whatever it does becomes a fact.
import { expect, onTestFinished, test } from 'vitest'
import { activity, type ActivityContext, TenutoError, type WorkflowContext } from '../../src/index.ts'
import { runActivity } from '../../src/runtime/activity-runner.ts'
import type { ActivityMessage } from '../../src/runtime/messages.ts'
import { settle, VirtualClock } from '../../src/testing/virtual-clock.ts'
import { defineApp } from '../../src/workflow/app.ts'
import type { ActivityFunction } from '../../src/workflow/functions.ts'
import { limits } from '../../src/workflow/limits.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { deliver, Stage } from './stage.ts'

const message: ActivityMessage = {
  v: 1,
  kind: 'activity',
  instanceId: 'order-1',
  incarnation: 'life-1',
  token: 'token-1',
  generation: 2,
  seq: 7,
  name: 'charge',
  attempt: 3,
  firstSeq: 5,
}

/** Runs an activity as the message says, on a clock that stands still. */
function run(charge: ActivityFunction, more: Partial<ActivityMessage> = {}) {
  const clock = new VirtualClock()
  const shutdown = new AbortController()
  const app = defineApp({ workflows: {}, activities: { charge } })
  const host = { app, clock, logger: silentLogger, shutdown: shutdown.signal }
  const outcome = runActivity(host, { ...message, ...more })
  return { clock, shutdown, outcome }
}

test('the result is a fact about the call', async () => {
  const { outcome } = run(async (_ctx: ActivityContext, input: { x: number }) => input.x + 1, {
    input: '{"x":1}',
  })
  expect(await outcome).toEqual({ kind: 'taskCompleted', generation: 2, seq: 7, output: '2' })
})

test('nothing is returned as nothing', async () => {
  expect(await run(async () => {}).outcome).toEqual({ kind: 'taskCompleted', generation: 2, seq: 7 })
})

test('the context says which call it is, and keeps one idempotency key over all attempts', async () => {
  const seen: ActivityContext[] = []
  const look = async (ctx: ActivityContext) => void seen.push(ctx)
  await run(look).outcome
  await run(look, { seq: 9, attempt: 4 }).outcome
  const [first, second] = seen
  expect(first).toMatchObject({ taskId: 7, name: 'charge', attempt: 3 })
  expect(second).toMatchObject({ taskId: 9, attempt: 4 })
  expect(first?.idempotencyKey).toBe('order-1/life-1/t:2.5')
  expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
})

test.each([
  ['an error', new RangeError('no stock'), { errorType: 'RangeError', message: 'no stock' }],
  ['a text', 'just text', { errorType: 'String', message: 'just text' }],
  ['nothing', undefined, { errorType: 'undefined', message: 'undefined' }],
  ['null', null, { errorType: 'null', message: 'null' }],
  ['an object', { reason: 'r' }, { errorType: 'Object', message: '{"reason":"r"}' }],
])('what is thrown is the failure: %s', async (_what, thrown, failure) => {
  const { outcome } = run(() => {
    // oxlint-disable-next-line typescript/only-throw-error -- user code does
    throw thrown
  })
  expect(await outcome).toMatchObject({ kind: 'taskFailed', generation: 2, seq: 7, failure })
})

test('a failure keeps its cause, its code and its mark', async () => {
  const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), {
    code: 'E1',
    nonRetriable: true,
  })
  const { outcome } = run(async () => {
    throw error
  })
  expect(await outcome).toMatchObject({
    failure: { code: 'E1', nonRetriable: true, cause: { errorType: 'TypeError', message: 'inner' } },
  })
})

test.each([
  ['a bigint', 10n],
  ['a function', () => {}],
  ['a cycle', Object.assign([] as unknown[], { 0: undefined })],
])('a result that JSON cannot carry is a failure that no attempt can mend: %s', async (what, value) => {
  if (what === 'a cycle') (value as unknown[])[0] = value
  const outcome = await run(async () => value).outcome
  expect(outcome).toMatchObject({ failure: { code: 'PAYLOAD_NOT_SERIALIZABLE', nonRetriable: true } })
})

test('a result that is too large is a failure that no attempt can mend', async () => {
  const outcome = await run(async () => 'x'.repeat(limits.payloadBytes)).outcome
  expect(outcome).toMatchObject({ failure: { code: 'PAYLOAD_TOO_LARGE', nonRetriable: true } })
})

test('an activity that is not registered is a failure that no attempt can mend', async () => {
  const outcome = await run(async () => {}, { name: 'other' }).outcome
  expect(outcome).toMatchObject({ failure: { code: 'ACTIVITY_NOT_REGISTERED', nonRetriable: true } })
})

test('an error of ours that the activity has from elsewhere may be tried again', async () => {
  const { outcome } = run(async () => {
    throw new TenutoError('UNAVAILABLE', 'The other side is starting.')
  })
  const { failure } = (await outcome) as { failure: object }
  expect(failure).toMatchObject({ code: 'UNAVAILABLE' })
  expect(failure).not.toHaveProperty('nonRetriable')
})

test('when its time is up the signal is aborted, and the attempt has failed with a failure that may be tried again', async () => {
  let signal: AbortSignal | undefined
  const { clock, outcome } = run(
    async (ctx: ActivityContext) => {
      signal = ctx.signal
      return new Promise(() => {})
    },
    { timeoutMs: 5_000 },
  )
  await clock.runUntil(() => false, 4_999)
  expect(signal?.aborted).toBe(false)
  await clock.runUntil(() => false, 1)
  expect(signal?.aborted).toBe(true)
  const { failure } = (await outcome) as { failure: object }
  expect(failure).toMatchObject({ code: 'ACTIVITY_TIMEOUT' })
  expect(failure).not.toHaveProperty('nonRetriable')
})

test('a result that comes in time leaves no timer behind; one that comes too late is not heeded', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const intime = run(async () => 'quick', { timeoutMs: 5_000 })
  expect(await intime.outcome).toMatchObject({ output: '"quick"' })
  expect(intime.clock.step()).toBe(false)
  const late = run(async () => promise, { timeoutMs: 5_000 })
  await late.clock.runUntil(() => false)
  resolve('late')
  expect(await late.outcome).toMatchObject({ kind: 'taskFailed' })
})

test('shutdown aborts the signal; an attempt that it cuts off has not failed', async () => {
  const { shutdown, outcome } = run(
    async ({ signal }: ActivityContext) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut off')))),
  )
  shutdown.abort()
  await expect(outcome).rejects.toThrow('cut off')
})

test('an attempt that ends well during the shutdown counts', async () => {
  const { shutdown, outcome } = run(
    async ({ signal }: ActivityContext) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve('saved'))),
    { timeoutMs: 1_000 },
  )
  shutdown.abort()
  expect(await outcome).toMatchObject({ output: '"saved"' })
})

async function heedful(ctx: ActivityContext): Promise<string> {
  return new Promise((_resolve, reject) =>
    ctx.signal.addEventListener('abort', () => reject(new Error('cut off'))),
  )
}

test.each([1, 8])(
  'activities that close() cuts off, %i at once, are handed to the next host',
  async (width) => {
    const stage = new Stage()
    const fanOut = (charge: ActivityFunction) => ({
      workflows: {
        fanOut: async (ctx: WorkflowContext) =>
          Promise.all(Array.from({ length: width }, () => ctx.callActivity('charge'))),
      },
      activities: { charge },
    })
    const closing = stage.host(fanOut(heedful))
    await stage.start(closing, 'fanOut')
    await deliver(closing, stage.doorbell('start'))
    const answers = stage.messages('activity').map((each) => deliver(closing, each))
    await settle()
    closing.close()
    expect((await Promise.all(answers)).flat()).toEqual(Array.from({ length: width }, () => false))
    expect(await stage.history('fanOut')).toHaveLength(1)
    const next = stage.host(fanOut(async () => 'done'))
    stage.deliverTo(next)
    expect(await stage.ended('fanOut')).toMatchObject({ status: 'COMPLETED' })
  },
)

test('the timeout of the call bounds each attempt, that of the activity holds where the call has none', async () => {
  const clock = new VirtualClock()
  const stage = new Stage({ clock })
  const slow = activity(async () => clock.sleep(10_000), { timeout: '5s' })
  async function bounded(ctx: WorkflowContext): Promise<string[]> {
    const outcome = (call: Promise<unknown>) => call.then(() => 'done').catch(() => 'too late')
    return [
      await outcome(ctx.callActivity(slow)),
      await outcome(ctx.callActivity(slow, undefined, { timeout: '20s' })),
    ]
  }
  const host = stage.host({ workflows: { bounded }, activities: { slow } })
  onTestFinished(() => host.close())
  stage.deliverTo(host)
  await stage.start(host, 'bounded')
  expect(await stage.ended('bounded')).toMatchObject({ output: '["too late","done"]' })
})
