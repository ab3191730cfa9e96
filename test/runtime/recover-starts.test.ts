// A process that ends between the row of a start and its message leaves an instance that nobody rings for.
import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { Stage } from './stage.ts'

const app = { workflows: { quick: async (_: WorkflowContext, x: number) => x + 1 } }
const minute = 60_000

/** Starts instances in a process that ends before it can send anything. */
async function halfStarted(stage: Stage, ids: readonly string[], startAt?: number): Promise<void> {
  const dying = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, { send: () => new Promise(() => {}), schedule: () => new Promise(() => {}) }),
  })
  for (const instanceId of ids)
    void stage.start(dying, 'quick', 1, { instanceId, ...(startAt !== undefined && { startAt }) })
  await stage.rest(0)
}

test('what was left without a message is started by the next process, however much it is', async () => {
  const stage = new Stage()
  const ids = Array.from({ length: 120 }, (_, at) => `order-${at}`)
  await halfStarted(stage, ids)
  const next = stage.host(app)
  stage.deliverTo(next)
  await stage.rest()
  expect(await stage.row('order-7')).toMatchObject({ status: 'PENDING' })
  await next.recoverStarts()
  for (const id of ids) expect(await stage.ended(id)).toMatchObject({ status: 'COMPLETED', output: '2' })
})

test('what was left without a message is started by the same start again, once (Dapr: scheduler/pendingstartretry)', async () => {
  const stage = new Stage()
  await halfStarted(stage, ['order'])
  const next = stage.host(app)
  stage.deliverTo(next)
  await stage.rest()
  expect(await stage.row('order')).toMatchObject({ status: 'PENDING' })
  for (let times = 0; times < 2; times++) await stage.start(next, 'quick', 1, { instanceId: 'order' })
  expect(await stage.ended('order')).toMatchObject({ status: 'COMPLETED', output: '2' })
  await stage.rest()
  expect(await stage.history('order')).toHaveLength(1)
})

test('a start at a later time is not before it', async () => {
  const stage = new Stage()
  const startAt = stage.clock.now() + 10 * minute
  await halfStarted(stage, ['later'], startAt)
  const next = stage.host(app)
  stage.deliverTo(next)
  await next.recoverStarts()
  await stage.rest(9 * minute)
  expect(await stage.row('later')).toMatchObject({ status: 'PENDING' })
  expect(await stage.ended('later')).toMatchObject({ status: 'COMPLETED' })
  expect(stage.clock.now()).toBeGreaterThanOrEqual(startAt)
})

test('what has begun is left alone', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  stage.deliverTo(host)
  await stage.start(host, 'quick', 1)
  await stage.ended('quick')
  const sent = stage.sent.length
  await host.recoverStarts()
  expect(stage.sent).toHaveLength(sent)
})
