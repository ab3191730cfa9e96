// The clients on the real thing: engine, runtime and SQLite in memory, directly and through the API on a socket.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/backend-client.ts'
import { createHttpClient } from '../../src/client/http-client.ts'
import type { WorkflowClient } from '../../src/client/workflow-client.ts'
import { createHttpApi } from '../../src/http/api.ts'
import { serve } from '../../src/http/server.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { defineApp } from '../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../src/workflow/context.ts'

const charged: string[] = []

async function charge(_ctx: ActivityContext, item: string): Promise<{ receipt: string }> {
  charged.push(item)
  return { receipt: `r-${item}` }
}

async function order(
  ctx: WorkflowContext,
  input: { item: string },
): Promise<{ receipt: string; by: string }> {
  ctx.setCustomStatus('waiting')
  const approval = await ctx.waitForExternalEvent<{ by: string }>('Approval/received')
  ctx.setCustomStatus({ approved: true })
  const { receipt } = await ctx.callActivity(charge, input.item)
  return { receipt, by: approval.by }
}

async function failing(): Promise<never> {
  throw new RangeError('too much')
}

let asked = Promise.withResolvers<string>()

async function ask(ctx: ActivityContext): Promise<void> {
  asked.resolve(await ctx.completeLater())
}

/** The token of the next activity that asks. */
async function nextToken(): Promise<string> {
  asked = Promise.withResolvers<string>()
  return asked.promise
}

async function asking(ctx: WorkflowContext): Promise<unknown> {
  return ctx.callActivity('ask')
}

const app = defineApp({ workflows: { order, failing, asking }, activities: { charge, ask } })
const closers: (() => Promise<unknown> | void)[] = []
const clients = new Map<string, WorkflowClient>()

beforeAll(async () => {
  const backend = await openLocalBackend({ dataDir: ':memory:' })
  const runtime = createRuntime(app, backend.ports)
  backend.run(runtime, { maxConcurrency: () => undefined })
  const server = await serve(createHttpApi(runtime.management), { port: 0 })
  closers.push(
    async () => server.close(),
    () => runtime.close(),
    async () => backend.stop(),
  )
  clients.set('the runtime', createClient(app, runtime.management))
  clients.set('HTTP', createHttpClient(server.url, { app }))
})

afterAll(async () => {
  for (const close of closers) await close()
})

describe.each(['the runtime', 'HTTP'])('over %s', (name) => {
  let client: WorkflowClient
  beforeAll(() => {
    client = clients.get(name) as WorkflowClient
  })

  test('an order runs from start to purge', async () => {
    const id = await client.scheduleNewWorkflow(order, { item: `pen-${name}` })
    expect(await client.waitForWorkflowStart(id)).toMatchObject({
      runtimeStatus: 'RUNNING',
      input: { item: `pen-${name}` },
    })
    await client.suspendWorkflow(id, 'lunch')
    await client.raiseEvent(id, 'approval/RECEIVED', { by: 'anna' }, { eventId: 'a1' })
    await client.raiseEvent(id, 'approval/RECEIVED', { by: 'anna' }, { eventId: 'a1' })
    await client.resumeWorkflow(id)
    const state = await client.waitForWorkflowCompletion(id)
    expect(state).toMatchObject({
      instanceId: id,
      workflowName: 'order',
      runtimeStatus: 'COMPLETED',
      output: { receipt: `r-pen-${name}`, by: 'anna' },
      customStatus: { approved: true },
    })
    expect(state?.failure).toBeUndefined()
    expect(charged.filter((item) => item === `pen-${name}`)).toHaveLength(1)
    expect(await client.purgeWorkflow(id)).toBe(true)
    expect(await client.purgeWorkflow(id)).toBe(false)
    expect(await client.getWorkflowState(id)).toBeUndefined()
  })

  test('an activity is completed by its token, once', async () => {
    const token = nextToken()
    const id = await client.scheduleNewWorkflow(asking)
    const text = await token
    const output = { by: 'änna', at: [1, null] }
    await client.completeActivity(text, output)
    expect(await client.waitForWorkflowCompletion(id)).toMatchObject({ output })
    await client.completeActivity(text, output)
    await expect(client.failActivity(text, new Error('late'))).rejects.toMatchObject({
      code: 'ERR_ACTIVITY_OUTCOME_CONFLICT',
    })
  })

  test('an activity is failed by its token, as if it had thrown', async () => {
    const token = nextToken()
    const id = await client.scheduleNewWorkflow(asking)
    const text = await token
    await client.failActivity(
      text,
      Object.assign(new RangeError('too much'), { code: 'E7', cause: new Error('why') }),
    )
    const { failure } = (await client.waitForWorkflowCompletion(id)) ?? {}
    expect(failure?.cause).toMatchObject({ errorType: 'RangeError', message: 'too much', code: 'E7' })
    expect(failure?.cause?.cause).toMatchObject({ message: 'why' })
  })

  test('a failure is told with type and message', async () => {
    const id = await client.scheduleNewWorkflow(failing)
    expect(await client.waitForWorkflowCompletion(id)).toMatchObject({
      runtimeStatus: 'FAILED',
      failure: { errorType: 'RangeError', message: 'too much' },
    })
  })

  test('a terminated instance has the output it was given, and refuses what comes later', async () => {
    const id = await client.scheduleNewWorkflow(order, { item: 'book' })
    await client.waitForWorkflowStart(id)
    await expect(client.purgeWorkflow(id)).rejects.toMatchObject({ code: 'ERR_PURGE_WORKFLOW' })
    await client.terminateWorkflow(id, { why: 'late' })
    expect(await client.waitForWorkflowCompletion(id)).toMatchObject({
      runtimeStatus: 'TERMINATED',
      output: { why: 'late' },
    })
    await client.terminateWorkflow(id)
    await expect(client.raiseEvent(id, 'go')).rejects.toMatchObject({ code: 'ERR_RAISE_EVENT_WORKFLOW' })
  })

  test('the same start is one instance; with a key, even once it has ended', async () => {
    const instanceId = crypto.randomUUID()
    const start = async (item: string) =>
      client.scheduleNewWorkflow(order, { item }, { instanceId, idempotencyKey: 'k1' })
    await start('pen')
    await start('pen')
    await expect(start('book')).rejects.toMatchObject({ code: 'ERR_START_WORKFLOW' })
    await client.terminateWorkflow(instanceId)
    const ended = await client.waitForWorkflowCompletion(instanceId)
    await start('pen')
    expect(await client.getWorkflowState(instanceId)).toEqual(ended)
  })

  test('a start in the future waits for it', async () => {
    const startTime = new Date(Date.now() + 3_600_000)
    const id = await client.scheduleNewWorkflow(order, { item: 'pen' }, { startTime })
    await expect(client.waitForWorkflowStart(id, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    })
    expect(await client.getWorkflowState(id)).toMatchObject({ runtimeStatus: 'PENDING' })
  })
})
