// One suite for every client: over a backend, over the HTTP API, and over the HTTP API on a socket.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/backend-client.ts'
import { createHttpClient } from '../../src/client/http-client.ts'
import type { WorkflowClient } from '../../src/client/workflow-client.ts'
import { createHttpApi } from '../../src/http/api.ts'
import { type HttpServer, serve } from '../../src/http/server.ts'
import { defineApp } from '../../src/workflow/app.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { fakeManagement } from '../http/fake-management.ts'

async function order(_ctx: WorkflowContext, input: { item: string }): Promise<{ receipt: string }> {
  return { receipt: input.item }
}
const app = defineApp({ workflows: { order } })

const fake = fakeManagement()
const api = createHttpApi(fake)
let server: HttpServer

beforeAll(async () => {
  server = await serve(api, { port: 0 })
})
afterAll(async () => server.close())

const clients: readonly (readonly [string, () => WorkflowClient])[] = [
  ['a backend', () => createClient(app, fake)],
  [
    'the API',
    () =>
      createHttpClient('http://tenuto.example', { fetch: async (url, init) => api(new Request(url, init)) }),
  ],
  [
    'the API below a path',
    () =>
      createHttpClient('http://tenuto.example/prod/', {
        app,
        fetch: async (url, init) => api(new Request(url.replace('/prod', ''), init)),
      }),
  ],
  ['a socket', () => createHttpClient(server.url)],
]

describe.each(clients)('a client over %s', (_title, open) => {
  let client: WorkflowClient
  beforeAll(() => {
    client = open()
  })

  const startOrder = async () => client.scheduleNewWorkflow(order, { item: 'pen' })

  test('starts a workflow by function and shows it', async () => {
    const id = await startOrder()
    expect(id).toMatch(/^[\da-f-]{36}$/)
    const state = await client.getWorkflowState(id)
    expect(state).toEqual({
      instanceId: id,
      workflowName: 'order',
      runtimeStatus: 'PENDING',
      createdAt: expect.any(Date) as Date,
      lastUpdatedAt: expect.any(Date) as Date,
      input: { item: 'pen' },
    })
  })

  test('starts a workflow by name, with id, time and key', async () => {
    const instanceId = crypto.randomUUID()
    const startTime = new Date('2030-01-02T03:04:05.678Z')
    const id = await client.scheduleNewWorkflow('Name/with ümläut', undefined, {
      instanceId,
      startTime,
      idempotencyKey: 'key 1',
    })
    expect(id).toBe(instanceId)
    expect(fake.calls.at(-1)).toEqual([
      'start',
      { workflowName: 'Name/with ümläut', instanceId, startAt: startTime.getTime(), idempotencyKey: 'key 1' },
    ])
  })

  test('the same start twice is one instance, another is refused, and an ended one gives its id up', async () => {
    const instanceId = crypto.randomUUID()
    const start = async (item: string) => client.scheduleNewWorkflow(order, { item }, { instanceId })
    expect(await start('pen')).toBe(instanceId)
    expect(await start('pen')).toBe(instanceId)
    await expect(start('book')).rejects.toMatchObject({ name: 'TenutoError', code: 'ERR_START_WORKFLOW' })
    fake.change(instanceId, { status: 'COMPLETED' })
    await start('book')
    expect(await client.getWorkflowState(instanceId)).toMatchObject({
      runtimeStatus: 'PENDING',
      input: { item: 'book' },
    })
  })

  test.each([0, '', false, null, 'text', '5', [], { a: [1, null] }, 'ü編🙂', '\u2028'])(
    'the value %j goes in and comes out unchanged, as input, output, status and event',
    async (value) => {
      const id = await client.scheduleNewWorkflow('any', value)
      await client.raiseEvent(id, 'go', value)
      const json = JSON.stringify(value)
      expect(fake.events(id)).toMatchObject([{ eventName: 'go', data: json }])
      fake.change(id, { status: 'COMPLETED', output: json, customStatus: json })
      const state = await client.getWorkflowState(id)
      expect([state?.input, state?.output, state?.customStatus]).toEqual([value, value, value])
    },
  )

  test('nothing is told from null', async () => {
    const id = await client.scheduleNewWorkflow('any')
    await client.raiseEvent(id, 'go')
    fake.change(id, { status: 'COMPLETED' })
    const state = await client.getWorkflowState(id)
    expect([state?.input, state?.output, state?.customStatus]).toEqual([undefined, undefined, undefined])
    expect(fake.events(id)[0]).not.toHaveProperty('data')
  })

  test('what JSON cannot say is refused before anything is sent', async () => {
    const before = fake.calls.length
    await expect(client.scheduleNewWorkflow('any', 1n)).rejects.toMatchObject({
      code: 'PAYLOAD_NOT_SERIALIZABLE',
    })
    await expect(client.scheduleNewWorkflow('any', 'x'.repeat(5_000_000))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    })
    await expect(
      client.scheduleNewWorkflow('any', 1, { startTime: new Date(Number.NaN) }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(fake.calls).toHaveLength(before)
  })

  test('a function without a name is none of its workflows', async () => {
    await expect(
      client.scheduleNewWorkflow(
        (
          () => async () =>
            1
        )(),
      ),
    ).rejects.toMatchObject({
      code: 'WORKFLOW_NOT_REGISTERED',
    })
  })

  test('an unknown instance has no state, is not waited for, and cannot be told anything', async () => {
    const id = 'nobody:0001/ä#?'
    expect(await client.getWorkflowState(id)).toBeUndefined()
    expect(await client.waitForWorkflowStart(id)).toBeUndefined()
    expect(await client.waitForWorkflowCompletion(id)).toBeUndefined()
    expect(await client.purgeWorkflow(id)).toBe(false)
    for (const call of [
      async () => client.raiseEvent(id, 'go'),
      async () => client.suspendWorkflow(id),
      async () => client.resumeWorkflow(id),
      async () => client.terminateWorkflow(id),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ERR_INSTANCE_ID_NOT_FOUND' })
    }
  })

  test('waiting for the start ends with it', async () => {
    const id = await startOrder()
    const started = client.waitForWorkflowStart(id)
    await fake.untilWaited(id)
    fake.change(id, { customStatus: '"not yet"' })
    fake.change(id, { status: 'RUNNING' })
    expect(await started).toMatchObject({ runtimeStatus: 'RUNNING' })
    expect(await client.waitForWorkflowStart(id)).toMatchObject({ runtimeStatus: 'RUNNING' })
  })

  test('waiting for the completion ends with it, and gives the output its type', async () => {
    const id = await startOrder()
    const completed = client.waitForWorkflowCompletion(id)
    await fake.untilWaited(id)
    fake.change(id, { status: 'RUNNING' })
    fake.change(id, { status: 'COMPLETED', output: '{"receipt":"r-1"}' })
    const state = await completed
    expect(state?.output?.receipt).toBe('r-1')
  })

  test('a failure comes with all its details', async () => {
    const id = await startOrder()
    const failure = {
      errorType: 'TaskFailedError',
      message: 'charge failed',
      code: 'DECLINED',
      nonRetriable: true,
      stackTrace: 'TaskFailedError: charge failed',
      cause: { errorType: 'CardError', message: 'declined' },
    }
    fake.change(id, { status: 'FAILED', failure })
    expect(await client.waitForWorkflowCompletion(id)).toMatchObject({ runtimeStatus: 'FAILED', failure })
  })

  test('a wait that is over says so, with the state of the instance', async () => {
    const id = await startOrder()
    await expect(client.waitForWorkflowStart(id, { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: `Waited 5 ms for the start of '${id}', which is PENDING.`,
    })
    fake.change(id, {
      status: 'STALLED',
      failure: { errorType: 'TenutoError', message: 'expected charge, got ship' },
    })
    await expect(client.waitForWorkflowCompletion(id, { timeoutMs: 0 })).rejects.toMatchObject({
      message: `Waited 0 ms for the completion of '${id}', which is STALLED: expected charge, got ship.`,
    })
    expect(await client.getWorkflowState(id)).toMatchObject({
      runtimeStatus: 'STALLED',
      failure: { message: 'expected charge, got ship' },
    })
  })

  test.each([-1, Number.NaN, Infinity, 2 ** 31])('a wait of %d ms is refused', async (timeoutMs) => {
    await expect(client.waitForWorkflowCompletion('i', { timeoutMs })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  test('an event with a used id counts once; with other data it is a conflict', async () => {
    const id = await startOrder()
    await client.raiseEvent(id, 'go/on', 1, { eventId: 'e1' })
    await client.raiseEvent(id, 'go/on', 1, { eventId: 'e1' })
    await expect(client.raiseEvent(id, 'go/on', 2, { eventId: 'e1' })).rejects.toMatchObject({
      code: 'ERR_EVENT_ID_CONFLICT',
    })
    await client.raiseEvent(id, 'go/on', 1)
    await client.raiseEvent(id, 'go/on', 1)
    expect(fake.events(id).map(({ eventName }) => eventName)).toEqual(['go/on', 'go/on', 'go/on'])
  })

  test('suspend, resume and terminate hand on reason and output', async () => {
    const id = await startOrder()
    await client.suspendWorkflow(id, 'lunch "break"')
    expect(fake.calls.at(-1)).toEqual(['suspend', id, 'lunch "break"'])
    await client.resumeWorkflow(id)
    expect(fake.calls.at(-1)).toEqual(['resume', id, undefined])
    await client.terminateWorkflow(id, { why: ['late'] })
    expect(await client.getWorkflowState(id)).toMatchObject({
      runtimeStatus: 'TERMINATED',
      output: { why: ['late'] },
    })
    await client.terminateWorkflow(id)
    await expect(client.suspendWorkflow(id)).rejects.toMatchObject({ code: 'ERR_PAUSE_WORKFLOW' })
    await expect(client.resumeWorkflow(id)).rejects.toMatchObject({ code: 'ERR_RESUME_WORKFLOW' })
    await expect(client.raiseEvent(id, 'go')).rejects.toMatchObject({ code: 'ERR_RAISE_EVENT_WORKFLOW' })
  })

  test('only what has ended is purged, and only once', async () => {
    const id = await startOrder()
    await expect(client.purgeWorkflow(id)).rejects.toMatchObject({ code: 'ERR_PURGE_WORKFLOW' })
    await client.terminateWorkflow(id)
    expect(await client.purgeWorkflow(id)).toBe(true)
    expect(await client.purgeWorkflow(id)).toBe(false)
    expect(await client.getWorkflowState(id)).toBeUndefined()
  })

  test('what has not ended is purged by force', async () => {
    const id = await startOrder()
    expect(await client.purgeWorkflow(id, { force: true })).toBe(true)
    expect(fake.calls.at(-1)).toEqual(['purge', id, { force: true }])
    expect(await client.purgeWorkflow(id, { force: true })).toBe(false)
  })

  test('instances have tags, are listed by them, page by page, and counted', async () => {
    const tags = { batch: crypto.randomUUID(), 'größe.1': ' "a":b & c=ü😀' }
    const ids: string[] = []
    for (let at = 0; at < 5; at++) ids.push(await client.scheduleNewWorkflow('any', at, { tags }))
    await startOrder()
    const found: string[] = []
    for await (const state of client.listWorkflows({ tags }, { pageSize: 2 })) {
      expect(state.tags).toEqual(tags)
      found.push(state.instanceId)
    }
    expect(found).toEqual(ids)
    const page = await client.getWorkflowPage(
      { tags },
      { pageSize: 4, newestFirst: true, withPayloads: true },
    )
    expect(page.instances.map(({ input }) => input)).toEqual([4, 3, 2, 1])
    const { nextPageToken = '' } = page
    const last = await client.getWorkflowPage(
      { tags },
      { pageSize: 4, newestFirst: true, pageToken: nextPageToken },
    )
    expect(last.instances.map(({ instanceId }) => instanceId)).toEqual([ids[0]])
    expect(last.nextPageToken).toBeUndefined()
    expect(await client.countWorkflows({ tags })).toEqual({ count: 5 })
    expect(await client.getWorkflowState(ids[0] ?? '')).toMatchObject({ tags })
  })

  test('a filter arrives as it was given', async () => {
    const times = {
      createdFrom: new Date('2030-01-02T03:04:05.678Z'),
      createdTo: new Date(1),
      lastUpdatedFrom: new Date(2),
      lastUpdatedTo: new Date(3),
    }
    const same = {
      statuses: ['RUNNING', 'STALLED'] as const,
      workflowNames: ['order', 'a,b&c'],
      instanceIdPrefix: 'x_%+ #',
      parentInstanceId: 'p:0001',
      tags: { team: 'a:b' },
    }
    await client.countWorkflows({ ...times, ...same })
    const ms = Object.fromEntries(Object.entries(times).map(([name, time]) => [name, time.getTime()]))
    expect(fake.calls.at(-1)).toEqual(['count', { ...ms, ...same }])
  })

  test('a filter with an impossible time is refused before anything is sent', async () => {
    const before = fake.calls.length
    const filter = { createdFrom: new Date(Number.NaN) }
    await expect(client.countWorkflows(filter)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(client.purgeWorkflows(filter)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(fake.calls).toHaveLength(before)
  })

  test('many are suspended, resumed, terminated and purged by one call, to the last of them', async () => {
    const tags = { batch: crypto.randomUUID() }
    const ids: string[] = []
    for (let at = 0; at < 3; at++) ids.push(await client.scheduleNewWorkflow('any', at, { tags }))
    const acts = () =>
      fake.calls.flatMap(([name, request]) =>
        name === 'actOnMany' ? [(request as { act: unknown }).act] : [],
      )
    const status = async () => (await client.getWorkflowState(ids[2] ?? ''))?.runtimeStatus
    expect(await client.suspendWorkflows({ tags }, { reason: 'audit' })).toBe(3)
    expect(acts().at(-1)).toEqual({ kind: 'suspend', reason: 'audit' })
    expect(await status()).toBe('SUSPENDED')
    expect(await client.resumeWorkflows({ tags })).toBe(3)
    expect(await status()).toBe('RUNNING')
    expect(await client.terminateWorkflows({ tags }, { output: { why: 'late' } })).toBe(3)
    expect(acts().at(-1)).toEqual({ kind: 'terminate', output: '{"why":"late"}' })
    expect(await status()).toBe('TERMINATED')
    expect(await client.purgeWorkflows({ tags }, { all: true })).toBe(3)
    expect(fake.calls.at(-1)).toMatchObject(['actOnMany', { act: { kind: 'purge' }, all: true }])
  })

  test('an instance is restarted under its own id, a given one or a random one', async () => {
    const instanceId = await startOrder()
    await expect(client.restartWorkflow(instanceId)).rejects.toMatchObject({ code: 'ERR_RESTART_WORKFLOW' })
    fake.change(instanceId, { status: 'FAILED' })
    expect(await client.restartWorkflow(instanceId, { idempotencyKey: 'k 1' })).toBe(instanceId)
    expect(fake.calls.at(-1)).toEqual(['restart', { instanceId, idempotencyKey: 'k 1' }])
    const newInstanceId = crypto.randomUUID()
    expect(await client.restartWorkflow(instanceId, { newInstanceId })).toBe(newInstanceId)
    expect(await client.restartWorkflow(instanceId, { newInstanceId: true })).toMatch(/^[\da-f-]{36}$/)
    await expect(client.restartWorkflow('nobody')).rejects.toMatchObject({
      code: 'ERR_INSTANCE_ID_NOT_FOUND',
    })
  })

  test('an ended instance is rerun from one of its events', async () => {
    const instanceId = await startOrder()
    const newInstanceId = crypto.randomUUID()
    const options = { newInstanceId, input: { x: null }, newChildInstanceId: 'a:b', idempotencyKey: 'k 2' }
    expect(await client.rerunWorkflowFromEvent(instanceId, 3, options)).toBe(newInstanceId)
    expect(fake.calls).toContainEqual(['rerun', { ...options, instanceId, eventId: 3, input: '{"x":null}' }])
    expect(await client.rerunWorkflowFromEvent(instanceId, 1, { input: null })).toMatch(/^[\da-f-]{36}$/)
    expect(fake.calls).toContainEqual(['rerun', expect.objectContaining({ eventId: 1, input: 'null' })])
    for (const eventId of [1.5, Number.NaN])
      await expect(client.rerunWorkflowFromEvent(instanceId, eventId)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    await expect(client.rerunWorkflowFromEvent('nobody', 1)).rejects.toMatchObject({
      code: 'ERR_INSTANCE_ID_NOT_FOUND',
    })
  })

  test('a rerun knows what it was begun from', async () => {
    const instanceId = await startOrder()
    const rerunOf = { instanceId: 'source', eventId: 3 }
    fake.change(instanceId, { rerunOf })
    expect(await client.getWorkflowState(instanceId)).toMatchObject({ rerunOf })
  })

  test('a child that was tried again knows its first attempt', async () => {
    const instanceId = await startOrder()
    const retryOf = { instanceId: 'order:0001', attempt: 2 }
    fake.change(instanceId, { parentInstanceId: 'order', retryOf })
    expect(await client.getWorkflowState(instanceId)).toMatchObject({ parentInstanceId: 'order', retryOf })
  })

  test('a failed instance is rewound, and no other', async () => {
    const instanceId = await startOrder()
    await expect(client.rewindWorkflow(instanceId)).rejects.toMatchObject({ code: 'ERR_REWIND_WORKFLOW' })
    fake.change(instanceId, { status: 'FAILED' })
    await client.rewindWorkflow(instanceId, { idempotencyKey: 'k 3' })
    expect(fake.calls.at(-1)).toEqual(['rewind', { instanceId, idempotencyKey: 'k 3' }])
  })

  test.each(['replaceFinished', 'ifNotExists', 'failIfExists'] as const)(
    'a start hands on the policy %s',
    async (idReusePolicy) => {
      await client.scheduleNewWorkflow('any', 1, { idReusePolicy })
      expect(fake.calls.at(-1)).toMatchObject(['start', { idReusePolicy }])
    },
  )
})
