// The test environment as a user meets it: time that skips, stand-ins, and what goes wrong on purpose.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  createTestEnvironment,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from '../../src/testing/index.ts'
import { activity, defineApp } from '../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../src/workflow/context.ts'

interface Order {
  readonly id: number
}

async function charge(_ctx: ActivityContext, { id }: Order): Promise<string> {
  return `charged ${id}`
}

const patient = activity(charge, {
  timeout: '30s',
  retry: { firstRetryInterval: '10s', maxNumberOfAttempts: 3 },
})

function ship(_ctx: ActivityContext, receipt: string): string {
  return `shipped after ${receipt}`
}

async function order(ctx: WorkflowContext, input: Order): Promise<string> {
  const receipt = await ctx.callActivity(patient, input)
  return ctx.callActivity(ship, receipt)
}

async function approval(ctx: WorkflowContext): Promise<string> {
  const approved = ctx.waitForExternalEvent<string>('approved')
  const timeout = ctx.createTimer('24h')
  if ((await ctx.whenAny({ approved, timeout })) === 'timeout') return 'nobody'
  timeout.cancel()
  return approved.getResult()
}

async function guarded(ctx: WorkflowContext): Promise<string> {
  try {
    return await ctx.waitForExternalEvent<string>('Approved', { timeout: '24h' })
  } catch {
    return 'nobody'
  }
}

async function monitor(ctx: WorkflowContext, round = 1): Promise<void> {
  ctx.setCustomStatus(round)
  await ctx.createTimer('1h')
  ctx.continueAsNew(round + 1)
}

async function inline(ctx: WorkflowContext): Promise<string> {
  const receipt = await ctx.callActivity(charge, { id: 1 }, { inline: true })
  return ctx.callActivity(ship, receipt, { inline: true })
}

async function twoTimers(ctx: WorkflowContext): Promise<number> {
  await ctx.createTimer('1h')
  await ctx.createTimer('45d')
  return ctx.getCurrentUtcDateTime().getTime()
}

async function wide(ctx: WorkflowContext, count: number): Promise<number> {
  const receipts = await Promise.all(
    Array.from({ length: count }, async (_, id) => ctx.callActivity(charge, { id })),
  )
  return receipts.length
}

const app = defineApp({
  workflows: { order, approval, guarded, monitor, inline, twoTimers, wide },
  activities: { charge: patient, ship },
})

const hour = 3_600_000

function open(options: TestEnvironmentOptions = {}): TestEnvironment {
  const env = createTestEnvironment(app, options)
  onTestFinished(() => env.close())
  return env
}

test('when a call comes back, all is done that can be done without time passing', async () => {
  const env = open()
  await env.client.scheduleNewWorkflow(order, { id: 7 })
  expect(env.calls().map(({ activity: name }) => name)).toEqual(['charge', 'ship'])
})

test('a workflow runs with its own activities, and its output has a type', async () => {
  const env = open()
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  const state = await env.client.waitForWorkflowCompletion(id)
  const output: string | undefined = state?.output
  expect(output).toBe('shipped after charged 7')
})

test('waiting skips time: 45 days pass, and the clock shows it', async () => {
  const env = open({ now: new Date('2026-01-01T00:00:00Z') })
  const id = await env.client.scheduleNewWorkflow(twoTimers)
  const state = await env.client.waitForWorkflowCompletion(id)
  expect(state?.output).toBe(Date.parse('2026-02-15T01:00:00Z'))
  expect(env.now()).toEqual(new Date('2026-02-15T01:00:00Z'))
})

test('an event that is raised in time wins over 24 hours; without one they pass', async () => {
  const env = open()
  const approved = await env.client.scheduleNewWorkflow(approval)
  await env.client.raiseEvent(approved, 'approved', 'Jane')
  const silent = await env.client.scheduleNewWorkflow(approval)
  expect((await env.client.waitForWorkflowCompletion(approved))?.output).toBe('Jane')
  expect(env.now()).toEqual(new Date('2030-01-01T00:00:00Z'))
  expect((await env.client.waitForWorkflowCompletion(silent))?.output).toBe('nobody')
  expect(env.now()).toEqual(new Date('2030-01-02T00:00:00Z'))
})

test('an event that is raised while somebody waits comes before any time passes', async () => {
  const env = open()
  const id = await env.client.scheduleNewWorkflow(approval)
  const done = env.client.waitForWorkflowCompletion(id)
  await env.client.raiseEvent(id, 'approved', 'Jane')
  expect((await done)?.output).toBe('Jane')
  expect(env.now()).toEqual(new Date('2030-01-01T00:00:00Z'))
})

test('time passes step by step: what is due comes, what is not does not', async () => {
  const env = open()
  const id = await env.client.scheduleNewWorkflow(approval)
  await env.advance('23h')
  expect((await env.client.getWorkflowState(id))?.runtimeStatus).toBe('RUNNING')
  await env.skipTo(new Date('2030-01-02T00:00:00Z'))
  expect((await env.client.getWorkflowState(id))?.output).toBe('nobody')
})

test('with skipTime: false only the test moves the clock', async () => {
  const env = open({ skipTime: false })
  const id = await env.client.scheduleNewWorkflow(approval)
  let isDone = false
  const done = env.client.waitForWorkflowCompletion(id).then((state) => {
    isDone = true
    return state
  })
  await env.settle()
  for (let turn = 0; turn < 10; turn++) await nextTurn()
  expect(env.now()).toEqual(new Date('2030-01-01T00:00:00Z'))
  await env.advance('23h')
  expect(isDone).toBe(false)
  await env.advance('1h')
  expect((await done)?.output).toBe('nobody')
})

test('a monitor without end is tested by letting time pass', async () => {
  const env = open()
  const id = await env.client.scheduleNewWorkflow(monitor)
  await env.advance('5h')
  expect((await env.client.getWorkflowState(id))?.customStatus).toBe(6)
  await expect(env.client.waitForWorkflowCompletion(id)).rejects.toMatchObject({ code: 'TEST_STUCK' })
})

test('a start at a later time comes when time has come to it', async () => {
  const env = open()
  const startTime = new Date('2030-03-01T00:00:00Z')
  const id = await env.client.scheduleNewWorkflow(approval, undefined, { startTime })
  expect((await env.client.getWorkflowState(id))?.runtimeStatus).toBe('PENDING')
  expect((await env.client.waitForWorkflowStart(id))?.runtimeStatus).toBe('RUNNING')
  expect(env.now()).toEqual(startTime)
})

test('timeoutMs counts by the clock of the environment', async () => {
  const env = open()
  const id = await env.client.scheduleNewWorkflow(approval)
  const wait = env.client.waitForWorkflowCompletion(id, { timeoutMs: hour })
  await expect(wait).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
  expect(env.now()).toEqual(new Date('2030-01-01T01:00:00Z'))
})

test('a wait that nothing can end fails and says what the instance waits for', async () => {
  const lonely = defineApp({
    workflows: { lonely: async (ctx: WorkflowContext) => ctx.waitForExternalEvent('paid') },
  })
  const env = createTestEnvironment(lonely)
  const id = await env.client.scheduleNewWorkflow('lonely', undefined, { instanceId: 'order-7' })
  const message = "Nothing is left to happen: 'order-7' is RUNNING and waits for the event 'paid'."
  await expect(env.client.waitForWorkflowCompletion(id)).rejects.toMatchObject({
    code: 'TEST_STUCK',
    message,
  })
  await env.client.suspendWorkflow(id)
  await expect(env.client.waitForWorkflowCompletion(id)).rejects.toMatchObject({
    message: "Nothing is left to happen: 'order-7' is SUSPENDED.",
  })
  await env.close()
})

test('a stand-in gets the input and gives the result; calls tell of both', async () => {
  const env = open()
  env.mockActivity(charge, (ctx, { id }) => `mocked ${id} at attempt ${ctx.attempt}`)
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  const state = await env.client.waitForWorkflowCompletion(id)
  expect(state?.output).toBe('shipped after mocked 7 at attempt 1')
  expect(env.calls(charge)).toMatchObject([
    { activity: 'charge', instanceId: id, attempt: 1, input: { id: 7 }, status: 'completed' },
  ])
  expect(env.calls().map((call) => call.activity)).toEqual(['charge', 'ship'])
})

test('stand-ins may be given by name at the beginning, and be spies', async () => {
  const spy = vi.fn<() => string>(() => 'spied')
  const env = open({ activities: { ship: spy } })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('spied')
  expect(spy).toHaveBeenCalledWith(expect.anything(), 'charged 7')
})

test('an activity that fails twice is tried again by its policy, and the waits pass by themselves', async () => {
  const env = open()
  env.failActivity(charge, { times: 2, error: new Error('card declined') })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after charged 7')
  expect(env.calls(charge).map(({ status, attempt }) => `${attempt} ${status}`)).toEqual([
    '1 failed',
    '2 failed',
    '3 completed',
  ])
  expect(env.now().getTime() - Date.UTC(2030, 0, 1)).toBeGreaterThanOrEqual(20_000)
})

test('an activity that always fails fails the workflow with its error', async () => {
  const env = open()
  env.failActivity('charge', { times: Number.POSITIVE_INFINITY, error: new Error('card declined') })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  const state = await env.client.waitForWorkflowCompletion(id)
  expect(state?.runtimeStatus).toBe('FAILED')
  expect(state?.failure?.message).toContain('card declined')
  expect(env.calls(charge)).toHaveLength(3)
})

test('an activity that hangs runs into its timeout', async () => {
  const env = open()
  env.hangActivity(charge, { times: 3 })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  const state = await env.client.waitForWorkflowCompletion(id)
  expect(state?.failure?.message).toContain('timeout of 30000 ms')
  expect(env.now().getTime() - Date.UTC(2030, 0, 1)).toBeGreaterThanOrEqual(90_000)
})

test('a stand-in may take its time by the clock of the environment', async () => {
  const env = open()
  env.mockActivity(charge, async (ctx) => {
    await env.sleep(ctx.attempt === 1 ? '31s' : '29s', ctx.signal)
    return 'slow'
  })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after slow')
  expect(env.calls(charge).map(({ attempt }) => attempt)).toEqual([1, 2])
})

test('time stands still while an activity runs for real, and an activity that never comes back is named', async () => {
  const env = open({ patienceMs: 50 })
  const { promise, resolve } = Promise.withResolvers<string>()
  env.mockActivity(charge, async () => promise)
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 }, { instanceId: 'order-7' })
  await expect(env.advance('1h')).rejects.toMatchObject({
    code: 'TEST_STUCK',
    message: expect.stringContaining("'charge' of order-7") as string,
  })
  expect(env.now()).toEqual(new Date('2030-01-01T00:00:00Z'))
  resolve('late')
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after late')
})

test('an activity that does real I/O is waited for before time skips', async () => {
  const env = open()
  const { readFile } = await import('node:fs/promises')
  env.mockActivity(charge, async () =>
    (await readFile('package.json', 'utf8')).length > 0 ? 'read' : 'empty',
  )
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  await env.advance('1h')
  expect((await env.client.getWorkflowState(id))?.output).toBe('shipped after read')
  expect(env.calls(charge)).toHaveLength(1)
})

test('advance comes back when what it has set off has ended', async () => {
  const env = open()
  env.mockActivity(charge, async () => {
    await nextTurn()
    return 'late'
  })
  const startTime = new Date('2030-01-01T01:00:00Z')
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 }, { startTime })
  await env.advance('1h')
  expect(env.calls(charge)).toMatchObject([{ status: 'completed' }])
  expect((await env.client.getWorkflowState(id))?.output).toBe('shipped after late')
})

test('a wait for an event is timed out by name, in any case', async () => {
  const env = open()
  const id = await env.client.scheduleNewWorkflow(guarded)
  await env.timeOutEvent(id, 'approved')
  expect((await env.client.getWorkflowState(id))?.output).toBe('nobody')
  expect(env.now()).toEqual(new Date('2030-01-02T00:00:00Z'))
  const other = await env.client.scheduleNewWorkflow(approval)
  await expect(env.timeOutEvent(other, 'approved')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test.each([1, 2, 3])(
  'a crash after commit %i loses nothing: the instance ends as it would have',
  async (count) => {
    const env = open()
    env.crashAfterCommit(count)
    const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
    expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after charged 7')
    const { episodes } = await env.history(id)
    expect(episodes.map(({ n }) => n)).toEqual([1, 2, 3])
  },
)

test('what a commit asked for is sent only after it, so after a crash it is sent by redelivery (Dapr: reconnect/completion)', async () => {
  const env = open({ skipTime: false })
  const counts: number[] = []
  env.mockActivity(charge, () => {
    counts.push(env.calls(charge).length)
    return 'charged'
  })
  env.crashAfterCommit(1)
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  expect((await env.client.getWorkflowState(id))?.output).toBe('shipped after charged')
  expect(counts).toEqual([1])
})

test('a host that dies while an activity runs makes it run again, with the same idempotency key (Dapr: reconnect/activity)', async () => {
  const env = open()
  let runs = 0
  env.mockActivity(charge, () => {
    if (++runs === 1) env.crash()
    return `run ${runs}`
  })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after run 2')
  const keys = env.calls(charge).map(({ idempotencyKey }) => idempotencyKey)
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
})

test('crashes may be counted for one instance alone', async () => {
  const env = open()
  env.crashAfterCommit(1, { instanceId: 'b' })
  let host: AbortSignal | undefined
  env.mockActivity(ship, ({ signal }) => {
    host ??= signal
    return 'shipped'
  })
  await env.client.scheduleNewWorkflow(order, { id: 7 }, { instanceId: 'a' })
  expect(host?.aborted).toBe(false)
  await env.client.scheduleNewWorkflow(order, { id: 7 }, { instanceId: 'b' })
  expect(host?.aborted).toBe(true)
  expect((await env.client.getWorkflowState('b'))?.runtimeStatus).toBe('COMPLETED')
})

test.each([1, 2, 3])(
  'inline activities that a host leaves behind at commit %i run once, elsewhere',
  async (count) => {
    const env = open()
    env.crashAfterCommit(count)
    const id = await env.client.scheduleNewWorkflow(inline)
    expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after charged 1')
    expect(env.calls().map((call) => call.activity)).toEqual(['charge', 'ship'])
  },
)

test('an activity that a dead host left running holds no clock', async () => {
  const env = open({ patienceMs: 50 })
  let runs = 0
  env.mockActivity(charge, async () => {
    if (++runs > 1) return 'second'
    env.crash()
    return new Promise(() => {})
  })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  await env.advance('1h')
  expect((await env.client.getWorkflowState(id))?.output).toBe('shipped after second')
})

test('an activity that kills every host is a failure after ten', async () => {
  const env = open()
  env.mockActivity(ship, () => {
    env.crash()
    return 'never'
  })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  const state = await env.client.waitForWorkflowCompletion(id)
  expect(state?.failure?.cause?.code).toBe('ACTIVITY_CRASHED')
  expect(env.calls(ship)).toHaveLength(10)
})

test('a wide fan-out survives crashes and doubles in any order', async () => {
  const ends = await Promise.all(
    [1, 2, 3].map(async (seed) => {
      const env = open({ seed })
      env.deliverTwice()
      env.crashAfterCommit(2)
      env.crashAfterCommit(3)
      const id = await env.client.scheduleNewWorkflow(wide, 30)
      const state = await env.client.waitForWorkflowCompletion(id)
      return { output: state?.output, calls: env.calls(charge).length }
    }),
  )
  expect(ends.map(({ output }) => output)).toEqual([30, 30, 30])
  for (const { calls } of ends) expect(calls).toBeGreaterThanOrEqual(30)
})

test('a message that comes twice at once runs its activity twice; one that comes again later does not', async () => {
  const at = async (after: '0s' | '1m') => {
    const env = open()
    env.deliverTwice({ after })
    const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
    expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('shipped after charged 7')
    await env.advance('2m')
    return env.calls(charge)
  }
  const twice = await at('0s')
  expect(twice).toHaveLength(2)
  expect(twice[0]?.idempotencyKey).toBe(twice[1]?.idempotencyKey)
  expect(await at('1m')).toHaveLength(1)
})

test('the same test gives the same history, and a seed another order', async () => {
  const historyOf = async (seed?: number) => {
    const env = open(seed === undefined ? {} : { seed })
    const id = await env.client.scheduleNewWorkflow(wide, 3)
    await env.client.waitForWorkflowCompletion(id)
    return JSON.stringify(await env.history(id))
  }
  expect(await historyOf()).toBe(await historyOf())
  expect(await historyOf(1)).toBe(await historyOf(1))
  const orders = new Set(await Promise.all([1, 2, 3, 4, 5].map(historyOf)))
  expect(orders.size).toBeGreaterThan(1)
})

test('what has ended goes when its time is over, and is still there for who waits for its end', async () => {
  const env = open({ retention: { completed: 0, terminated: '7d' } })
  const id = await env.client.scheduleNewWorkflow(approval)
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('nobody')
  await env.advance('1s')
  expect(await env.client.getWorkflowState(id)).toBeUndefined()
  const other = await env.client.scheduleNewWorkflow(approval)
  await env.client.terminateWorkflow(other)
  await env.advance('6d')
  expect((await env.client.getWorkflowState(other))?.runtimeStatus).toBe('TERMINATED')
  await env.advance('2d')
  await expect(env.history(other)).rejects.toMatchObject({ code: 'ERR_INSTANCE_ID_NOT_FOUND' })
})

test('fake timers of the test framework do not stop the environment', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const env = open()
  const id = await env.client.scheduleNewWorkflow(approval)
  expect((await env.client.waitForWorkflowCompletion(id))?.output).toBe('nobody')
})

test('what is used wrongly says so', async () => {
  const env = open()
  const strange = (): void => {}
  expect(() => env.mockActivity(strange, () => {})).toThrow(/'strange' is no activity of this app/)
  expect(() => env.failActivity('chrage')).toThrow(
    /No activity 'chrage' is part of this app; it has charge, ship/,
  )
  expect(() => open({ activities: { chrage: () => {} } })).toThrow(/chrage/)
  expect(() => open({ retention: { any: '-1d' } })).toThrow(/0 or more/)
  expect(() => env.failActivity(charge, { times: 0 })).toThrow(/times/)
  expect(() => env.crashAfterCommit(0)).toThrow(/1 or more/)
  await expect(env.advance('-1h')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(env.skipTo(new Date(0))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(env.sleep('1s')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(env.history('nobody')).rejects.toMatchObject({ code: 'ERR_INSTANCE_ID_NOT_FOUND' })
})

test('an activity cannot move the clock that stands still for it', async () => {
  const env = open()
  env.mockActivity(ship, async () => {
    await env.advance('1h')
    return 'never'
  })
  const id = await env.client.scheduleNewWorkflow(order, { id: 7 })
  const state = await env.client.waitForWorkflowCompletion(id)
  expect(state?.failure?.message).toContain('An activity cannot advance')
})

test('a closed environment takes nothing, and whoever waits is told (MJ: in-memory backend/reset)', async () => {
  const env = open({ skipTime: false })
  const id = await env.client.scheduleNewWorkflow(approval)
  const wait = env.client.waitForWorkflowCompletion(id)
  wait.catch(() => {})
  await env.settle()
  await env.close()
  await expect(wait).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(env.client.getWorkflowState(id)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('two environments in one process do not know of each other', async () => {
  const [early, late] = [open(), open()]
  const ids = await Promise.all([early, late].map(async ({ client }) => client.scheduleNewWorkflow(approval)))
  const [first, second] = ids
  await early.client.waitForWorkflowCompletion(first ?? '')
  expect((await late.client.getWorkflowState(second ?? ''))?.runtimeStatus).toBe('RUNNING')
})
