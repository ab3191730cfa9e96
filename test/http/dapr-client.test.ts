// The HTTP client of @dapr/dapr, as it is on npm, against this API on a socket.

import { CommunicationProtocolEnum, DaprClient } from '@dapr/dapr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HttpServer, serve } from '../../src/http/server.ts'
import { testApi } from './support.ts'

const { api, fake } = testApi()
let server: HttpServer
let client: DaprClient

beforeAll(async () => {
  server = await serve(api, { port: 0 })
  const silent = { error() {}, warn() {}, info() {}, verbose() {}, debug() {} }
  client = new DaprClient({
    daprHost: '127.0.0.1',
    daprPort: String(server.port),
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    logger: { service: silent },
  })
})

afterAll(async () => {
  await client.stop()
  await server.close()
})

test('the client finds the server ready', async () => {
  await client.start()
  expect(client.getIsInitialized()).toBe(true)
})

test('a workflow is started, read, told, paused, resumed, ended and purged', async () => {
  const { workflow } = client
  const order = { Name: 'Paperclips', Quantity: 1, TotalCost: 9.95 }
  expect(await workflow.scheduleNewWorkflow('OrderProcessingWorkflow', order, '12345678')).toBe('12345678')
  expect(await workflow.getWorkflowState('12345678')).toEqual({
    instanceID: '12345678',
    workflowName: 'OrderProcessingWorkflow',
    createdAt: expect.any(Date) as Date,
    lastUpdatedAt: expect.any(Date) as Date,
    runtimeStatus: 'PENDING',
    properties: { 'dapr.workflow.input': JSON.stringify(order), 'dapr.workflow.custom_status': '' },
  })
  await workflow.raiseEvent('12345678', 'approval', { by: 'anna' })
  expect(fake.events('12345678')).toEqual([
    { instanceId: '12345678', eventName: 'approval', data: '{"by":"anna"}' },
  ])
  const statusAfter = async (step: Promise<void>) => {
    await step
    return (await workflow.getWorkflowState('12345678')).runtimeStatus
  }
  expect(await statusAfter(workflow.pause('12345678'))).toBe('SUSPENDED')
  expect(await statusAfter(workflow.resume('12345678'))).toBe('RUNNING')
  expect(await statusAfter(workflow.terminate('12345678'))).toBe('TERMINATED')
  await workflow.purge('12345678')
  await expect(workflow.getWorkflowState('12345678')).rejects.toThrow('ERR_INSTANCE_ID_NOT_FOUND')
})

test('the names of before 1.17 work too', async () => {
  // Typed here, because their published types mark them as deprecated.
  const workflow: unknown = client.workflow
  const old = workflow as {
    start(name: string, input: object): Promise<string>
    raise(id: string, event: string): Promise<void>
    get(id: string): Promise<object>
  }
  const id = await old.start('order', { a: 1 })
  expect(id).toMatch(/^[\da-f-]{36}$/)
  await old.raise(id, 'go')
  expect(await old.get(id)).toMatchObject({ instanceID: id, workflowName: 'order' })
})

/** What the client makes of a value without being told a content type, and what the workflow is handed. */
const inferred: readonly (readonly [title: string, value: unknown, body: string | undefined])[] = [
  ['an object', { a: [1, null] }, '{"a":[1,null]}'],
  ['an array', [1, 2], '[1,2]'],
  ['a text, without quotes', 'hello', 'hello'],
  ['a number', 42, '42'],
  ['true', true, 'true'],
  ['zero, which it leaves out', 0, undefined],
  ['an empty text, which it leaves out', '', undefined],
  ['false, which it leaves out', false, undefined],
  ['null, which it leaves out', null, undefined],
  ['nothing', undefined, undefined],
  ['a buffer', Buffer.from('{"raw":true}'), '{"raw":true}'],
]

test.each(inferred)(
  'input and event data arrive as the client sends them: %s',
  async (_title, value, body) => {
    const data = value as string | object | undefined
    const id = await client.workflow.scheduleNewWorkflow('order', data)
    await client.workflow.raiseEvent(id, 'go', data)
    expect((await client.workflow.getWorkflowState(id)).properties['dapr.workflow.input']).toBe(body ?? '')
    expect(fake.events(id)[0]?.data).toBe(body)
  },
)

test('a text with the content type of JSON arrives encoded twice, as the client sends it', async () => {
  // The implementation takes a content type; the published type leaves it out.
  const workflow = client.workflow as unknown as {
    scheduleNewWorkflow(
      name: string,
      input: string,
      id: undefined,
      options: { contentType: string },
    ): Promise<string>
  }
  const id = await workflow.scheduleNewWorkflow('order', '{"a":1}', undefined, {
    contentType: 'application/json',
  })
  expect((await client.workflow.getWorkflowState(id)).properties['dapr.workflow.input']).toBe(
    String.raw`"{\"a\":1}"`,
  )
})

test('errors carry status, code and message', async () => {
  const failed = await client.workflow.terminate('nobody').catch((error: unknown) => error)
  const { error, error_msg: text, status } = JSON.parse((failed as Error).message) as Record<string, unknown>
  expect([error, status, JSON.parse(String(text))]).toEqual([
    'Not Found',
    404,
    {
      errorCode: 'ERR_INSTANCE_ID_NOT_FOUND',
      message: 'unable to find workflow with the provided instance ID: nobody',
    },
  ])
})

test('an event name with a slash, which the client does not escape, reaches no other route', async () => {
  const id = await client.workflow.scheduleNewWorkflow('order')
  await expect(client.workflow.raiseEvent(id, 'a/b')).rejects.toThrow('ERR_NOT_FOUND')
  expect(fake.events(id)).toEqual([])
})

test('the poll loop of the specification ends with the workflow, and goes on while it is stalled', async () => {
  const id = await client.workflow.scheduleNewWorkflow('order')
  const seen: string[] = []
  const steps = ['RUNNING', 'STALLED', 'RUNNING', 'COMPLETED'] as const
  for (const status of steps) {
    fake.change(id, { status, ...(status === 'COMPLETED' && { output: '"shipped"' }) })
    const { runtimeStatus } = await client.workflow.getWorkflowState(id)
    seen.push(runtimeStatus)
    if (['COMPLETED', 'FAILED', 'TERMINATED'].includes(runtimeStatus)) break
  }
  expect(seen).toEqual(['RUNNING', 'RUNNING', 'RUNNING', 'COMPLETED'])
  expect((await client.workflow.getWorkflowState(id)).properties['dapr.workflow.output']).toBe('"shipped"')
})
