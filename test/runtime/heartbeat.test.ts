// Heartbeats: durable when they say so, shared by calls that come quickly, heard by those who come after.
import { expect, test } from 'vitest'
import { type ActivityContext, limits, type WorkflowContext } from '../../src/index.ts'
import type { Payload } from '../../src/workflow/payload.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, type HostOptions, Stage } from './stage.ts'

type Work = (ctx: ActivityContext) => Promise<unknown>

/** A workflow that calls one activity, up to three times. */
async function scene(work: Work, options: object = {}) {
  const stage = new Stage()
  const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 3 }
  const load = async (ctx: WorkflowContext) => ctx.callActivity('work', undefined, { retry, ...options })
  const written: Payload[] = []
  const host = (more: HostOptions = {}) =>
    stage.host(
      { workflows: { load }, activities: { work } },
      {
        ports: (ports) =>
          withPorts(ports, {
            async putAttempt(key, row, replaces) {
              written.push(row.details)
              return ports.store.putAttempt(key, row, replaces)
            },
          }),
        ...more,
      },
    )
  const first = host()
  await stage.start(first, 'load')
  return { stage, host, first, written }
}

test('the next attempt, and a redelivery of the same one, read the last details', async () => {
  const seen: unknown[] = []
  async function work(ctx: ActivityContext): Promise<string> {
    seen.push(await ctx.lastHeartbeatDetails())
    await ctx.heartbeat({ row: seen.length })
    await ctx.heartbeat()
    if (seen.length === 1) return new Promise(() => {})
    if (ctx.attempt === 1) throw new Error('again')
    return 'done'
  }
  const { stage, host, first } = await scene(work)
  await deliver(first, stage.doorbell())
  void deliver(first, stage.activity(1))
  await stage.rest(10_000)
  // Its host is lost: the message comes again, to another one.
  const second = deliver(host(), stage.activity(1), 2)
  await stage.rest(10_000)
  await second
  stage.deliverTo(host())
  expect(await stage.ended('load')).toMatchObject({ status: 'COMPLETED', output: '"done"' })
  expect(seen).toEqual([undefined, { row: 1 }, { row: 2 }])
})

test('calls that come quickly share a write, and each resolves when its details, or later ones, are durable', async () => {
  async function work(ctx: ActivityContext): Promise<void> {
    await Promise.all(Array.from({ length: 100 }, (_, at) => ctx.heartbeat(at)))
  }
  const { stage, first, written } = await scene(work)
  stage.deliverTo(first)
  expect(await stage.ended('load')).toMatchObject({ status: 'COMPLETED' })
  expect(written.length).toBeLessThanOrEqual(2)
  expect(written.at(-1)).toBe('99')
})

test('what a failing attempt told last is written before its failure is', async () => {
  async function work(ctx: ActivityContext): Promise<unknown> {
    if (ctx.attempt > 1) return ctx.lastHeartbeatDetails()
    await ctx.heartbeat(1)
    void ctx.heartbeat(2)
    void ctx.heartbeat(3)
    throw new Error('again')
  }
  const { stage, first } = await scene(work)
  stage.deliverTo(first)
  expect(await stage.ended('load')).toMatchObject({ status: 'COMPLETED', output: '3' })
})

test('an attempt that is silent for too long fails, and its signal is aborted; one that is not goes on', async () => {
  const reasons: unknown[] = []
  const { stage, first } = await scene(
    async (ctx) => {
      const { signal } = ctx
      signal.addEventListener('abort', () => reasons.push((signal.reason as { code?: string }).code))
      if (ctx.attempt === 1) return new Promise(() => {})
      for (let beat = 0; beat < 10; beat++) {
        await ctx.heartbeat()
        await stage.clock.sleep(20_000)
      }
      return 'done'
    },
    { heartbeatTimeout: 30 },
  )
  stage.deliverTo(first)
  expect(await stage.ended('load')).toMatchObject({ status: 'COMPLETED', output: '"done"' })
  expect(reasons).toEqual(['ACTIVITY_HEARTBEAT_TIMEOUT'])
  const failures = (await stage.history('load')).flatMap(({ events }) =>
    events.flatMap((event) => (event.kind === 'taskFailed' ? [event.failure] : [])),
  )
  expect(failures).toMatchObject([{ code: 'ACTIVITY_HEARTBEAT_TIMEOUT' }])
})

test('an attempt of old that still runs does not overwrite what a later one has told', async () => {
  const stale = Promise.withResolvers<undefined>()
  const told = Promise.withResolvers<undefined>()
  async function work(ctx: ActivityContext): Promise<unknown> {
    if (ctx.attempt === 1) {
      await stale.promise
      await ctx.heartbeat('old').finally(() => told.resolve(undefined))
      return 'late'
    }
    if (ctx.attempt === 2) {
      await ctx.heartbeat('new')
      stale.resolve(undefined)
      await told.promise
      throw new Error('again')
    }
    return ctx.lastHeartbeatDetails()
  }
  const { stage, first } = await scene(work, { timeout: 60 })
  stage.deliverTo(first)
  expect(await stage.ended('load')).toMatchObject({ status: 'COMPLETED', output: '"new"' })
})

test('details that are too large, or no JSON, fail the attempt for good', async () => {
  for (const [details, code] of [
    ['x'.repeat(limits.heartbeatDetailsBytes), 'PAYLOAD_TOO_LARGE'],
    [1n, 'PAYLOAD_NOT_SERIALIZABLE'],
  ] as const) {
    const { stage, first } = await scene(async (ctx) => ctx.heartbeat(details))
    stage.deliverTo(first)
    const { failure } = await stage.ended('load')
    expect(failure?.cause).toMatchObject({ code })
  }
})

test('a heartbeat that the store refuses fails no attempt: the message comes again', async () => {
  let runs = 0
  const work = async (ctx: ActivityContext) => {
    runs++
    await ctx.heartbeat(1)
  }
  const { stage, first, host } = await scene(work)
  await deliver(first, stage.doorbell())
  const refuse = async (): Promise<never> => {
    throw new Error('throttled')
  }
  const throttled = host({ ports: (ports) => withPorts(ports, { putAttempt: refuse }) })
  expect(await deliver(throttled, stage.activity(1))).toEqual([false])
  expect(await deliver(first, stage.activity(1), 2)).toEqual([true])
  expect(await stage.row('load')).toMatchObject({ status: 'COMPLETED' })
  expect(runs).toBe(2)
})

test('a heartbeat that nobody awaits and the store refuses ends no process', async () => {
  const { stage, first, host } = await scene(async (ctx) => void ctx.heartbeat(1))
  await deliver(first, stage.doorbell())
  const refuse = async (): Promise<never> => {
    throw new Error('throttled')
  }
  const throttled = host({ ports: (ports) => withPorts(ports, { putAttempt: refuse }) })
  expect(await deliver(throttled, stage.activity(1))).toEqual([true])
})
