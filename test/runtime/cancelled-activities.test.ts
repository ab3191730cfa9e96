// Whether an activity that runs hears that nobody waits for it any more.
import { expect, test } from 'vitest'
import { type ActivityContext, isTenutoError, type WorkflowContext } from '../../src/index.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import { deliver, Stage } from './stage.ts'

async function scene() {
  const stage = new Stage()
  const signals: AbortSignal[] = []
  const gate = Promise.withResolvers<void>()
  async function load({ signal }: ActivityContext): Promise<void> {
    signals.push(signal)
    await gate.promise
  }
  async function run(ctx: WorkflowContext, waits: boolean): Promise<void> {
    const loading = ctx.callActivity(load)
    if (waits) await loading
  }
  const host = () => stage.host({ workflows: { run }, activities: { load } })
  return { stage, signals, gate, host }
}

test('of a termination that its own process commits it hears at once, and what it does then is not heard of', async () => {
  const { stage, signals, gate, host } = await scene()
  const only = host()
  await stage.start(only, 'run', true)
  await deliver(only, stage.doorbell())
  const running = deliver(only, stage.activity(1))
  await settle()
  await only.management.terminate('run')
  expect(signals[0]?.aborted).toBe(false)
  await deliver(only, stage.doorbell())
  expect(signals[0]?.reason).toMatchObject({ code: 'ACTIVITY_CANCELLED' })
  gate.reject(signals[0]?.reason as Error)
  expect(await running).toEqual([true])
  expect(await stage.history('run')).toHaveLength(2)
})

test('one of another instance, or of an instance that completed without it, runs on', async () => {
  const { stage, signals, gate, host } = await scene()
  const only = host()
  await stage.start(only, 'run', false)
  await deliver(only, stage.doorbell())
  const running = deliver(only, stage.activity(1))
  await settle()
  await stage.start(only, 'run', true, { instanceId: 'other' })
  await deliver(only, stage.doorbell())
  await only.management.terminate('other')
  await deliver(only, stage.doorbell())
  expect((await stage.row('run')).status).toBe('COMPLETED')
  expect((await stage.row('other')).status).toBe('TERMINATED')
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  gate.resolve()
  expect(await running).toEqual([true])
})

/** A workflow that cancels one of its activities when it is told to, and waits for another event then. */
function cancelling(work: (ctx: ActivityContext) => unknown, calls = 1) {
  const stage = new Stage()
  async function run(ctx: WorkflowContext): Promise<unknown> {
    const tasks = Array.from({ length: calls }, () => ctx.callActivity('work'))
    await ctx.waitForExternalEvent('stop')
    for (const task of tasks) task.cancel()
    const codes = await Promise.all(
      tasks.map((task) => task.catch((error: unknown) => isTenutoError(error) && error.code)),
    )
    await ctx.waitForExternalEvent('end')
    return codes
  }
  const host = () => stage.host({ workflows: { run }, activities: { work } })
  const raise = async (only: Runtime, name: string) => {
    await stage.raise(only, 'run', name)
    expect(await deliver(only, stage.doorbell())).toEqual([true])
  }
  return { stage, host, raise }
}

test.each([
  ['one of few', 1, 1],
  ['one of a wide fan-out, where the process has seen it', 6, 1],
  ['one of a wide fan-out that comes again', 6, 2],
])('what waits in the queue is not run once it is cancelled: %s', async (_case, calls, receiveCount) => {
  let runs = 0
  const { stage, host, raise } = cancelling(() => ++runs, calls)
  const first = host()
  await stage.start(first, 'run', undefined, { instanceId: 'run' })
  await deliver(first, stage.doorbell())
  expect(stage.activity(1).wide ?? false).toBe(calls > 1)
  await raise(first, 'stop')
  const taker = receiveCount === 1 ? first : host()
  expect(await deliver(taker, stage.activity(1), receiveCount)).toEqual([true])
  expect(runs).toBe(0)
  await raise(first, 'end')
  expect(await stage.row('run')).toMatchObject({ status: 'COMPLETED' })
  // Also after the end nobody runs it.
  expect(await deliver(host(), stage.activity(1), 2)).toEqual([true])
  expect(runs).toBe(0)
})

test('one that runs hears at once in the process that commits the cancellation, and its outcome is nobody’s', async () => {
  const gate = Promise.withResolvers<void>()
  const signals: AbortSignal[] = []
  const { stage, host, raise } = cancelling(async ({ signal }) => {
    signals.push(signal)
    await gate.promise
  }, 2)
  const only = host()
  await stage.start(only, 'run', undefined, { instanceId: 'run' })
  await deliver(only, stage.doorbell())
  const running = deliver(only, stage.activity(1))
  await settle()
  await raise(only, 'stop')
  expect(signals[0]?.reason).toMatchObject({ code: 'ACTIVITY_CANCELLED' })
  gate.resolve()
  expect(await running).toEqual([true])
  const events = (await stage.history('run')).flatMap((episode) => episode.events.map(({ kind }) => kind))
  expect(events).toEqual(['executionStarted', 'eventRaised'])
})

test('one that runs elsewhere hears at its next heartbeat', async () => {
  let signal: AbortSignal | undefined
  const gate = Promise.withResolvers<void>()
  const { stage, host, raise } = cancelling(async (ctx) => {
    signal = ctx.signal
    await ctx.heartbeat(1)
    await gate.promise
    await ctx.heartbeat(2)
  })
  const [first, second] = [host(), host()]
  await stage.start(first, 'run', undefined, { instanceId: 'run' })
  await deliver(first, stage.doorbell())
  const running = deliver(second, stage.activity(1))
  await stage.rest(2_000)
  await raise(first, 'stop')
  expect(signal?.aborted).toBe(false)
  gate.resolve()
  await stage.rest(2_000)
  expect(signal?.reason).toMatchObject({ code: 'ACTIVITY_CANCELLED' })
  expect(await running).toEqual([true])
})

test('one that is completed from outside is refused once it is cancelled', async () => {
  const tokens: string[] = []
  const { stage, host, raise } = cancelling(async (ctx) => void tokens.push(await ctx.completeLater()))
  const only = host()
  await stage.start(only, 'run', undefined, { instanceId: 'run' })
  await deliver(only, stage.doorbell())
  expect(await deliver(only, stage.activity(1))).toEqual([true])
  await raise(only, 'stop')
  const completing = createManagement(stage.ports).completeActivity({ token: tokens[0] ?? '', output: '1' })
  await expect(completing).rejects.toMatchObject({ code: 'ERR_COMPLETE_ACTIVITY' })
  await raise(only, 'end')
  expect(await stage.row('run')).toMatchObject({ status: 'COMPLETED', output: '["TASK_CANCELLED"]' })
})

test('what is asked for and cancelled in one turn is never sent', async () => {
  const stage = new Stage()
  const run = async (ctx: WorkflowContext) => {
    ctx.callActivity('work').cancel()
    await ctx.waitForExternalEvent('end')
  }
  const only = stage.host({ workflows: { run }, activities: { work: () => {} } })
  await stage.start(only, 'run')
  await deliver(only, stage.doorbell())
  expect(stage.messages('activity')).toEqual([])
})

test('what was cancelled is not run after its workflow has continued as new', async () => {
  const stage = new Stage()
  let runs = 0
  const run = async (ctx: WorkflowContext, isSecond?: boolean) => {
    if (isSecond) return ctx.waitForExternalEvent('end')
    const task = ctx.callActivity('work')
    await ctx.waitForExternalEvent('stop')
    task.cancel()
    ctx.continueAsNew(true)
    return undefined
  }
  const host = () => stage.host({ workflows: { run }, activities: { work: () => ++runs } })
  const first = host()
  await stage.start(first, 'run')
  await deliver(first, stage.doorbell())
  await stage.raise(first, 'run', 'stop')
  await deliver(first, stage.doorbell())
  expect((await stage.history('run')).at(-1)).toMatchObject({ generation: 2 })
  expect(await deliver(host(), stage.activity(1), 2)).toEqual([true])
  expect(runs).toBe(0)
})
