// Which timers are left when nobody waits for them any more: none.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const month = { timeout: '30d' } as const

test('what ends leaves no timer behind, however it ends (Dapr: raise/deletetimer/completioncleanup)', async () => {
  async function race(ctx: WorkflowContext, how: string): Promise<string> {
    const timer = ctx.createTimer('30d')
    const reminder = ctx.waitForExternalEvent('never', month)
    await Promise.race([timer, reminder, ctx.waitForExternalEvent('go')])
    void ctx.createTimer('60d')
    if (how === 'throws') throw new Error('no stock')
    return 'done'
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { race } })
  stage.deliverTo(host)
  for (const [how, status] of [
    ['returns', 'COMPLETED'],
    ['throws', 'FAILED'],
    ['is terminated', 'TERMINATED'],
  ] as const) {
    await stage.start(host, 'race', how)
    await stage.rest(0)
    expect(stage.backend.queue.timers).toHaveLength(2)
    if (how === 'is terminated') await host.management.terminate('race')
    else await stage.raise(host, 'race', 'go')
    await stage.rest(0)
    expect(await stage.row('race')).toMatchObject({ status })
    expect(stage.backend.queue.timers).toEqual([])
  }
})

test('a generation leaves no timer behind to the next one', async () => {
  async function monitor(ctx: WorkflowContext, round: number): Promise<number> {
    const timer = ctx.createTimer('30d')
    await Promise.race([timer, ctx.waitForExternalEvent('go')])
    if (round < 3) ctx.continueAsNew(round + 1)
    return round
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { monitor } })
  stage.deliverTo(host)
  await stage.start(host, 'monitor', 1)
  for (let round = 1; round <= 3; round++) {
    await stage.rest(0)
    expect(stage.backend.queue.timers).toHaveLength(1)
    await stage.raise(host, 'monitor', 'go')
  }
  await stage.rest(0)
  expect(await stage.row('monitor')).toMatchObject({ status: 'COMPLETED', output: '3' })
  expect(stage.backend.queue.timers).toEqual([])
})

test('of many waits with a time-out each event takes its own timer along, and no other (Dapr: raise/deletetimer/multiple)', async () => {
  const names = Array.from({ length: 8 }, (_, at) => `event-${at}`)
  const many = async (ctx: WorkflowContext) =>
    Promise.all(names.map((name) => ctx.waitForExternalEvent(name, month)))
  const stage = new Stage()
  const host = stage.host({ workflows: { many } })
  stage.deliverTo(host)
  await stage.start(host, 'many')
  await stage.rest(0)
  for (const [at, name] of names.entries()) {
    expect(stage.backend.queue.timers).toHaveLength(names.length - at)
    await stage.raise(host, 'many', name)
    await stage.rest(0)
  }
  expect(stage.backend.queue.timers).toEqual([])
  expect(await stage.row('many')).toMatchObject({ status: 'COMPLETED' })
})

test('a timer that is gone already is cancelled once more without harm (Dapr: raise/deletetimer/alreadydeleted)', async () => {
  async function waiting(ctx: WorkflowContext): Promise<unknown> {
    const first = await ctx.waitForExternalEvent('go', month)
    return [first, await ctx.waitForExternalEvent('end')]
  }
  const stage = new Stage()
  const host = stage.host({ workflows: { waiting } })
  await stage.start(host, 'waiting')
  await deliver(host, stage.doorbell('start'))
  const [key, timer] = [await stage.row('waiting'), stage.timer(1)]
  await stage.backend.queue.cancel(key, 1, [timer])
  await stage.raise(host, 'waiting', 'go', 1)
  // The second delivery cancels it for the third time.
  for (const receives of [1, 2]) expect(await deliver(host, stage.doorbell(), receives)).toEqual([true])
  await stage.raise(host, 'waiting', 'end', 2)
  await deliver(host, stage.doorbell())
  expect(await stage.row('waiting')).toMatchObject({ status: 'COMPLETED', output: '[1,2]' })
})

test('a timer that cannot be cancelled at the end holds nobody up', async () => {
  const child = async (ctx: WorkflowContext) =>
    Promise.race([ctx.createTimer('30d'), ctx.waitForExternalEvent('go')])
  const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(child)
  const stage = new Stage()
  const host = stage.host(
    { workflows: { parent, child } },
    {
      ports: (ports) =>
        withPorts(ports, {
          cancel: async () => {
            throw new Error('simulated: no permission')
          },
        }),
    },
  )
  stage.deliverTo(host)
  await stage.start(host, 'parent')
  await stage.rest(0)
  await stage.raise(host, 'parent:0001', 'go', 'done')
  await stage.rest(0)
  expect(await stage.row('parent')).toMatchObject({ status: 'COMPLETED', output: '"done"' })
  expect(stage.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
})
