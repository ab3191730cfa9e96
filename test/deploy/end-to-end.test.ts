// The packaged deployment at work: the real bundles, each in a process of its own as Lambda runs it, on queues, schedules and a table that
// the template describes. What each function asks of AWS is compared with what its role allows.

import { PublishCommand } from '@aws-sdk/client-sns'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, createClients } from '../../scripts/stack/create-resources.ts'
import { noDynoxide } from '../../scripts/stack/dynoxide.ts'
import { deployStack, type Stack } from '../../scripts/stack/stack.ts'
import { createDynamoStore } from '../../src/aws/dynamodb/index.ts'
import { systemClock } from '../../src/aws/lambda/clock.ts'
import { encodeMessage } from '../../src/aws/sqs/codec.ts'
import type { HttpResult } from '../../src/http/lambda.ts'
import type { WireList, WireStatus } from '../../src/http/wire.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { type Deed, deedsOf } from './deeds.ts'
import { type Packaged, packagedService } from './packaged.ts'
import { permissionsIn } from './permissions.ts'

type Answer = Partial<WireStatus> & { readonly statusCode: number }

const title = dynoxideTitle('a deployed stack')

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(title, () => {
  const deeds: Deed[] = []
  const lines: (readonly [functionName: string, line: string])[] = []
  let packaged: Packaged
  let stack: Stack
  let clients: Clients

  beforeAll(async () => {
    packaged = await packagedService()
    const { stackName } = packaged
    stack = await deployStack({
      ...packaged,
      onRequest: (request, service) => deeds.push(...deedsOf(request, service, stackName)),
      onLine: (functionName, line) => lines.push([functionName, line]),
    })
    clients = createClients(stack.cloud, 'Test')
  })
  afterAll(async () => stack.close())

  /** The lines of JSON that a function has written. */
  function log(name: string): readonly object[] {
    const texts = lines.flatMap(([functionName, line]) => (functionName === name ? [line] : []))
    return texts.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text) as object)
  }

  function ref(name: string): string {
    return stack.names.get(name)?.Ref ?? ''
  }

  /** @returns the id of the message */
  async function send(queueName: string, MessageBody: string): Promise<string> {
    const command = new SendMessageCommand({ QueueUrl: ref(queueName), MessageBody })
    const { MessageId = '' } = await clients.sqs.send(command)
    return MessageId
  }

  /** For a look that no function takes. */
  function instance(id: string) {
    const { dynamodb: client } = clients
    const tableName = ref('Table')
    return createDynamoStore({ client, tableName, clock: systemClock, logger: silentLogger }).getInstance(id)
  }

  /** @param line `GET /one?wait=20`, below the path of all workflows */
  async function api(line: string, body?: unknown): Promise<Answer> {
    const [method = '', target = ''] = line.split(' ', 2)
    const [path = '', rawQueryString = ''] = target.split('?', 2)
    const result = (await stack.invoke('Api', {
      version: '2.0',
      rawPath: `/v1.0/workflows/dapr${path}`,
      rawQueryString,
      headers: { host: 'abc.execute-api.us-east-1.amazonaws.com' },
      requestContext: { http: { method } },
      ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
      isBase64Encoded: body !== undefined,
    })) as HttpResult
    const answer = JSON.parse(result.body || '{}') as Partial<WireStatus>
    return { ...answer, statusCode: result.statusCode }
  }

  const ended = async (id: string) => api(`GET /${id}?wait=20&until=completion`)

  test('a chain of activities', async () => {
    expect(await api('POST /taskChaining/start?instanceID=chain', 1)).toMatchObject({ statusCode: 202 })
    expect(await ended('chain')).toMatchObject({ runtimeStatus: 'COMPLETED' })
  })

  test('a fan-out', async () => {
    await api('POST /batchProcessing/start?instanceID=batch', { size: 30, maxParallel: 10 })
    expect(await ended('batch')).toMatchObject({ runtimeStatus: 'COMPLETED' })
  })

  test('an approval that comes by SNS, and a timer of a day that is called off', async () => {
    await api('POST /purchaseOrder/start?instanceID=laptop', { cost: 1500, product: 'Laptop', quantity: 1 })
    const decision = JSON.stringify({ order: 'laptop', approver: 'Jane Doe' })
    await clients.sns.send(new PublishCommand({ TopicArn: ref('ApprovalsTopic'), Message: decision }))
    expect(await ended('laptop')).toMatchObject({
      runtimeStatus: 'COMPLETED',
      properties: { 'dapr.workflow.output': `"Approved by 'Jane Doe'"` },
    })
    // A line of the activity's own, with what it takes to find it.
    expect(log('Activity')).toContainEqual(
      expect.objectContaining({
        level: 'INFO',
        message: '*** Placing order: Laptop (1)',
        instanceId: 'laptop',
        activity: 'placeOrder',
        requestId: expect.any(String) as string,
      }),
    )
  })

  test('an order that comes by SQS, and a decision about it', async () => {
    const order = { Name: 'Paperclips', Quantity: 1, TotalCost: 9_950 }
    const id = await send('OrdersQueue', JSON.stringify({ order }))
    await until(id, ({ statusCode }) => statusCode === 200)
    await send('OrdersQueue', JSON.stringify({ order: id, decision: 'Approved' }))
    expect(await ended(id)).toMatchObject({
      runtimeStatus: 'COMPLETED',
      properties: { 'dapr.workflow.output': '{"Processed":true}' },
    })
  })

  test('a start at a later time, its end, and its purge', async () => {
    const startTime = new Date(Date.now() + 86_400_000).toISOString()
    const path = `/taskChaining/start?instanceID=later&startTime=${encodeURIComponent(startTime)}`
    expect(await api(`POST ${path}`, 1)).toMatchObject({ statusCode: 202 })
    expect(stack.cloud.schedules).not.toEqual([])
    await api('POST /later/terminate')
    expect(await ended('later')).toMatchObject({ runtimeStatus: 'TERMINATED' })
    expect(await api('POST /later/purge')).toMatchObject({ statusCode: 202 })
    expect(await api('GET /later')).toMatchObject({ statusCode: 404 })
  })

  test('a sweep says what is stalled, in the embedded metric format', async () => {
    await stack.invoke('Sweeper', {})
    expect(log('Sweeper')).toContainEqual(
      expect.objectContaining({ service: 'tenuto-dev', StalledInstances: 0 }),
    )
  })

  test('a foreign message is said, given back, and hurts nobody', async () => {
    await send('WorkflowQueue', 'hello')
    await api('POST /taskChaining/start?instanceID=neighbour', 1)
    expect(await ended('neighbour')).toMatchObject({ runtimeStatus: 'COMPLETED' })
    expect(log('Orchestrator')).toContainEqual(
      expect.objectContaining({ level: 'ERROR', requestId: expect.any(String) as string, bytes: 5 }),
    )
  })

  test('a payload that fits no item', async () => {
    // It is to be as large when it is compressed.
    const input = Array.from({ length: 40_000 }, () => crypto.randomUUID()).join()
    await api('POST /noSuchWorkflow/start?instanceID=large', input)
    expect(await ended('large')).toMatchObject({ runtimeStatus: 'FAILED' })
    const { properties } = await api('GET /large')
    expect(properties?.['dapr.workflow.input']).toBe(JSON.stringify(input))
  })

  test('a dead letter stalls its instance, and after a deploy it is tried again', async () => {
    await api('POST /purchaseOrder/start?instanceID=dead', { cost: 2000, product: 'Desk', quantity: 1 })
    await until('dead', ({ runtimeStatus }) => runtimeStatus === 'RUNNING')
    const { incarnation = '' } = (await instance('dead')) ?? {}
    const envelope = { v: 1, instanceId: 'dead', incarnation, token: 'lost' } as const
    await send('WorkflowDeadLetterQueue', encodeMessage({ ...envelope, kind: 'doorbell', factIds: ['x'] }))
    await until('dead', ({ properties }) => properties?.['tenuto.workflow.status'] === 'STALLED')
    expect(await instance('dead')).toMatchObject({ stalled: { code: 'TURN_CRASHED' } })
    await stack.invoke('Sweeper', { recoverStalled: true })
    expect(log('Sweeper')).toContainEqual(expect.objectContaining({ StalledInstances: 1 }))
    await stack.invoke('Approvals', approval('dead', 'sns-2'))
    expect(await ended('dead')).toMatchObject({ runtimeStatus: 'COMPLETED' })
  })

  test('instances are listed, counted and terminated by their tags', async () => {
    for (const id of ['many-1', 'many-2']) {
      await api(`POST /statusMonitor/start?instanceID=${id}&tag=batch:7`, { jobId: id, isHealthy: true })
      await until(id, ({ runtimeStatus }) => runtimeStatus === 'RUNNING')
    }
    const { instances } = (await api('GET ?tag=batch:7&status=PENDING,RUNNING')) as WireList & Answer
    expect(instances.map(({ instanceID }) => instanceID)).toEqual(['many-1', 'many-2'])
    expect(await api('GET ?tag=batch:7&count=true')).toEqual({ statusCode: 200, count: 2 })
    expect(await api('POST ?tag=batch:7&action=terminate')).toEqual({ statusCode: 200, done: 2 })
    for (const id of ['many-1', 'many-2']) {
      expect(await ended(id)).toMatchObject({ runtimeStatus: 'TERMINATED' })
    }
  })

  // Last: it looks back on all of the above.
  test('no function asked for anything that its role forbids', () => {
    const allowed = new Set(
      permissionsIn(packaged.template).map(({ who, action, resource }) => `${who} ${action} ${resource}`),
    )
    const asked = deeds.filter(({ who }) => who !== 'Stack' && who !== 'Test')
    const forbidden = asked
      .map(({ who, action, resource }) => `${who} ${action} ${resource}`)
      .filter((deed) => !allowed.has(deed))
    expect([...new Set(forbidden)]).toEqual([])
    expect(new Set(asked.map(({ who }) => who))).toEqual(
      new Set(['DeadLetter', 'Orchestrator', 'Activity', 'Api', 'Approvals', 'Orders', 'Sweeper']),
    )
  })

  /** Asks for an instance until its answer fits. */
  async function until(id: string, fits: (answer: Answer) => boolean): Promise<void> {
    while (!fits(await api(`GET /${id}`)));
  }
})

function approval(order: string, MessageId: string) {
  const Message = JSON.stringify({ order, approver: 'Jane Doe' })
  const Sns = { MessageId, TopicArn: 'arn:aws:sns:us-east-1:123456789012:approvals', Message }
  return { Records: [{ EventSource: 'aws:sns', Sns }] }
}
