// A workflow that another one starts is started once, however often its command is dispatched: its row tells of it, also after the end,
// after a purge, and when somebody else has the id.

import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/index.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

async function caller(ctx: WorkflowContext): Promise<void> {
  ctx.scheduleNewWorkflow('job', 'mine', { instanceId: 'job' })
  await ctx.callChildWorkflow('never')
}

const job = async (_ctx: WorkflowContext, whose: string) => whose
const other = async () => 'other'
const never = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('never')
const parent = async (ctx: WorkflowContext) => {
  void ctx.callChildWorkflow('never')
}

const app = { workflows: { caller, job, other, never, parent } }

/** Rings for an instance and hands the ring over. */
async function run(stage: Stage, host: Runtime, instanceId: string): Promise<void> {
  expect(await deliver(host, ringFor(stage, instanceId))).toEqual([true])
}

const ringFor = (stage: Stage, instanceId: string): Message =>
  stage.message('doorbell', (ring) => ring.instanceId === instanceId && ring.factIds[0] === 'start')

const startsOf = (stage: Stage, instanceId: string) =>
  stage.messages('doorbell').filter((ring) => ring.instanceId === instanceId && ring.factIds[0] === 'start')

/** The caller has asked for the job; the message that guards this is in hand. */
async function asked(options: { readonly ports?: (ports: Ports) => Ports } = {}) {
  const stage = new Stage()
  const host = stage.host(app, options)
  await stage.start(host, 'caller')
  const carrier = stage.doorbell('start')
  await deliver(host, carrier)
  return { stage, host, carrier }
}

test('a start that is dispatched again while it runs is the same start', async () => {
  const { stage, host, carrier } = await asked()
  const { incarnation } = await stage.row('job')
  expect(await deliver(host, carrier, 2)).toEqual([true])
  expect((await stage.row('job')).incarnation).toBe(incarnation)
})

test('one that failed before its row was made is made by the message that comes again', async () => {
  let failures = 1
  const { stage, host, carrier } = await asked({
    ports: (ports) =>
      withPorts(ports, {
        async createInstance(row, replaces) {
          if (row.instanceId === 'job' && failures-- > 0) throw new Error('simulated')
          return ports.store.createInstance(row, replaces)
        },
      }),
  })
  expect(await stage.store.getInstance('job')).toBeUndefined()
  expect(await deliver(host, carrier, 2)).toEqual([true])
  await run(stage, host, 'job')
  expect(await stage.row('job')).toMatchObject({ status: 'COMPLETED', output: '"mine"' })
})

test.each([
  'ended',
  'was purged',
  'was purged, and its id taken',
  'ended, and its id was taken',
  'twice taken',
])('a start that is dispatched again when what it started %s is not made again', async (what) => {
  const { stage, host, carrier } = await asked()
  await run(stage, host, 'job')
  if (what.includes('purged')) await host.management.purge('job')
  const takers = { 'twice taken': 2, ended: 0, 'was purged': 0 }[what] ?? 1
  for (let taker = 0; taker < takers; taker++) {
    await stage.start(host, 'other', undefined, { instanceId: 'job' })
    await run(stage, host, 'job')
    if (taker > 0) await host.management.purge('job')
  }
  const before = await stage.row('job')
  expect(await deliver(host, carrier, 2)).toEqual([true])
  expect(await stage.row('job')).toEqual(before)
  expect(startsOf(stage, 'job')).toHaveLength(1 + takers)
  expect(stage.logger.lines).toEqual([])
})

test('a child that takes the id remembers it too', async () => {
  const { stage, host, carrier } = await asked()
  await run(stage, host, 'job')
  const taker = async (ctx: WorkflowContext) => ctx.callChildWorkflow(other, undefined, { instanceId: 'job' })
  const second = stage.host({ workflows: { ...app.workflows, taker } })
  await stage.start(second, 'taker')
  await run(stage, second, 'taker')
  await run(stage, second, 'job')
  expect(await stage.row('job')).toMatchObject({ status: 'COMPLETED', output: '"other"' })
  expect(await deliver(host, carrier, 2)).toEqual([true])
  expect(await stage.row('job')).toMatchObject({ output: '"other"' })
})

test('an id that somebody else holds, or whose descendants run, is left alone, with a line in the log', async () => {
  const stage = new Stage()
  const host = stage.host(app)
  await stage.start(host, 'parent', undefined, { instanceId: 'job' })
  const start = async (): Promise<void> => {
    await stage.start(host, 'caller', undefined, { instanceId: `caller-${stage.sent.length}` })
    expect(await deliver(host, stage.doorbell('start'))).toEqual([true])
  }
  await start()
  await run(stage, host, 'job')
  expect(await stage.row('job')).toMatchObject({ name: 'parent', status: 'COMPLETED' })
  await start()
  expect(await stage.row('job')).toMatchObject({ name: 'parent' })
  const dropped = stage.logger.lines.filter(({ message }) => message.includes('start'))
  expect(dropped).toMatchObject([
    { level: 'warn', message: 'A start was dropped: the id is in use.', fields: { instanceId: 'job' } },
    { level: 'warn', message: 'A start was dropped: the id is in use.', fields: { instanceId: 'job' } },
  ])
})

test('of two starts with one id the first gets it, and an ended one gives it up', async () => {
  const stage = new Stage()
  async function twice(ctx: WorkflowContext): Promise<void> {
    for (const whose of [1, 2]) ctx.scheduleNewWorkflow('job', whose, { instanceId: 'job' })
    await ctx.waitForExternalEvent('go')
    ctx.scheduleNewWorkflow('job', 3, { instanceId: 'job' })
  }
  const host = stage.host({ workflows: { twice, job } })
  await stage.start(host, 'twice')
  await run(stage, host, 'twice')
  await run(stage, host, 'job')
  expect(await stage.row('job')).toMatchObject({ output: '1' })
  await stage.raise(host, 'twice', 'go')
  await deliver(host, stage.doorbell())
  await run(stage, host, 'job')
  expect(await stage.row('job')).toMatchObject({ output: '3' })
})

test.each([
  ['within the time for which a trace of it is kept', 0, 1],
  ['after that', 1, 0],
])('a nudge starts what has no row %s: %i ms over it', async (_when, overMs, starts) => {
  const day = 24 * 3_600_000
  let failures = 1
  const { stage, host } = await asked({
    ports: (ports) => {
      const failing = withPorts(ports, {
        async createInstance(row, replaces) {
          if (row.instanceId === 'job' && failures-- > 0) throw new Error('simulated')
          return ports.store.createInstance(row, replaces)
        },
      })
      const store = new Proxy(failing.store, {
        get: (target, name): unknown => (name === 'keepsEndedMs' ? day : Reflect.get(target, name)),
      })
      return { ...failing, store }
    },
  })
  const later = stage.clock.sleep(day + overMs)
  await stage.rest()
  await later
  const { incarnation, episode } = await stage.row('caller')
  const token = 'a-nudge'
  const key = { instanceId: 'caller', incarnation }
  expect(await deliver(host, { v: 1, kind: 'nudge', ...key, token, id: `n:${token}`, episode })).toEqual([
    true,
  ])
  expect(startsOf(stage, 'job')).toHaveLength(starts)
})
