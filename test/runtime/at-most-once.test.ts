// Activities that run at most once: an attempt that has begun is never begun again, whatever the queue, the store and the hosts do.
import { expect, test } from 'vitest'
import { type ActivityContext, TaskFailedError, type WorkflowContext } from '../../src/index.ts'
import type { ActivityMessage } from '../../src/runtime/messages.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, type HostOptions, Stage } from './stage.ts'

const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 3 }

/** A workflow that calls `once`, which runs until it is let go; what it gives is a code or the result. */
async function scene({ siblings = 0, options = {} }: { siblings?: number; options?: object } = {}) {
  const stage = new Stage()
  const begun: number[] = []
  const gate = Promise.withResolvers<string>()
  async function once(ctx: ActivityContext): Promise<string> {
    begun.push(ctx.taskId)
    return gate.promise
  }
  async function pay(ctx: WorkflowContext): Promise<unknown> {
    const others = Array.from({ length: siblings }, () => ctx.callActivity('idle'))
    const paid = ctx.callActivity(once, undefined, { atMostOnce: true, retry, ...options })
    const result = await paid.catch((error: unknown) =>
      error instanceof TaskFailedError ? error.failure.code : String(error),
    )
    await Promise.all(others)
    return result
  }
  const app = { workflows: { pay }, activities: { once, idle: async () => 0 } }
  const host = (more: HostOptions = {}) => stage.host(app, more)
  const first = host()
  await stage.start(first, 'pay')
  await deliver(first, stage.doorbell())
  const message = stage.messages('activity').find(({ name }) => name === 'once') as ActivityMessage
  /** Delivers what else was sent, and what is due. */
  const rest = async () => {
    stage.deliverTo(first)
    await stage.rest()
  }
  return { stage, begun, gate, host, first, message, rest }
}

test.each([0, 9])(
  'a delivery that finds a run at work waits, and the run counts (siblings: %i)',
  async (siblings) => {
    const { stage, begun, gate, host, first, message, rest } = await scene({ siblings })
    const running = deliver(first, message)
    await settle()
    expect(await deliver(host(), message, 2)).toEqual([true])
    expect(stage.sent.at(-1)).toEqual(message)
    gate.resolve('paid')
    expect(await running).toEqual([true])
    await rest()
    expect(begun).toHaveLength(1)
    expect((await stage.row('pay')).output).toBe('"paid"')
  },
)

test.each([0, 9])(
  'a run whose host was lost is a failure, and nobody tries again (siblings: %i)',
  async (siblings) => {
    const { stage, begun, host, first, message, rest } = await scene({ siblings })
    const lost = host()
    void deliver(lost, message)
    await settle()
    lost.close()
    await stage.rest(70_000)
    const [isLost] = await deliver(first, message, 2)
    expect(isLost).toBe(true)
    await rest()
    expect(begun).toHaveLength(1)
    expect((await stage.row('pay')).output).toBe('"ACTIVITY_INTERRUPTED"')
  },
)

test('a run that goes on renews its claim, so that a delivery hours later still waits', async () => {
  const { stage, begun, gate, host, first, message, rest } = await scene()
  const running = deliver(first, message)
  for (let minute = 0; minute < 180; minute++) await stage.rest(60_000)
  expect(await deliver(host(), message, 2)).toEqual([true])
  gate.resolve('paid')
  await running
  await rest()
  expect(begun).toHaveLength(1)
  expect((await stage.row('pay')).output).toBe('"paid"')
})

test('a claim whose answer was lost is known as its own', async () => {
  const { stage, begun, gate, host, message, rest } = await scene()
  let lost = 0
  const forgetful = host({
    ports: (ports) =>
      withPorts(ports, {
        async putAttempt(...args) {
          const result = await ports.store.putAttempt(...args)
          if (lost++ === 0) throw new Error('the answer was lost')
          return result
        },
      }),
  })
  gate.resolve('paid')
  expect(await deliver(forgetful, message)).toEqual([true])
  await rest()
  expect(begun).toHaveLength(1)
  expect((await stage.row('pay')).output).toBe('"paid"')
})

test('a claim that comes so late that the outcome is known begins nothing', async () => {
  const { stage, begun, gate, host, first, message, rest } = await scene()
  const thawed = Promise.withResolvers<undefined>()
  const frozen = host({
    ports: (ports) =>
      withPorts(ports, {
        getAttempt: async () => thawed.promise,
        // The row of the run that ended is gone.
        putAttempt: async () => undefined,
      }),
  })
  const late = deliver(frozen, message)
  gate.resolve('paid')
  await deliver(first, message, 2)
  thawed.resolve(undefined)
  expect(await late).toEqual([true])
  await rest()
  expect(begun).toHaveLength(1)
  expect((await stage.row('pay')).output).toBe('"paid"')
})

test('where no other process can be at work, what the last one had begun has failed at once', async () => {
  const { stage, begun, host, message, rest } = await scene()
  const process = (soleProcess: string) => host({ ports: (ports) => ({ ...ports, soleProcess }) })
  const lost = process('p1')
  void deliver(lost, message)
  await settle()
  lost.close()
  expect(await deliver(process('p2'), message, 2)).toEqual([true])
  await rest()
  expect(begun).toHaveLength(1)
  expect((await stage.row('pay')).output).toBe('"ACTIVITY_INTERRUPTED"')
})

test('an instance that was terminated begins nothing', async () => {
  const { stage, begun, first, message } = await scene()
  await first.management.terminate('pay')
  await deliver(first, stage.doorbell())
  expect(await deliver(first, message)).toEqual([true])
  expect(begun).toEqual([])
})

test('what it throws is a failure like any other: the retry policy tries again, under a new claim', async () => {
  const stage = new Stage()
  const attempts: number[] = []
  async function once(ctx: ActivityContext): Promise<number> {
    attempts.push(ctx.attempt)
    if (ctx.attempt < 3) throw new Error('not yet')
    return ctx.attempt
  }
  const pay = async (ctx: WorkflowContext) => ctx.callActivity(once, undefined, { atMostOnce: true, retry })
  const host = stage.host({ workflows: { pay }, activities: { once } })
  stage.deliverTo(host)
  await stage.start(host, 'pay')
  expect(await stage.ended('pay')).toMatchObject({ status: 'COMPLETED', output: '3' })
  expect(attempts).toEqual([1, 2, 3])
})

test.each([{ inline: true }, { inline: true, heartbeatTimeout: 5, atMostOnce: false }])(
  'an inline activity can have neither: %j',
  async (options) => {
    const { stage } = await scene({ options })
    const { failure } = await stage.row('pay')
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT' })
  },
)
