// Whether an activity that runs hears that nobody waits for it any more.
import { expect, test } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
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
