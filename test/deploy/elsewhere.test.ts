// Services that are elsewhere: a stack whose table, queues, topics and schedules are behind endpoints that it was given. Here they are
// those of a second cloud on this machine, reached over the wire as any other stand-in would be.

import { PublishCommand } from '@aws-sdk/client-sns'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cloud, openCloud } from '../../scripts/stack/cloud.ts'
import { createClients } from '../../scripts/stack/create-resources.ts'
import { noDynoxide } from '../../scripts/stack/dynoxide.ts'
import { toStartSettings } from '../../scripts/stack/settings.ts'
import { deployStack } from '../../scripts/stack/stack.ts'
import { systemClock } from '../../src/aws/lambda/clock.ts'
import { createHttpClient } from '../../src/client/index.ts'
import { serve } from '../../src/http/server.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { packagedService } from './packaged.ts'

function elsewhere(env: Readonly<Record<string, string>>) {
  return toStartSettings({}, env).elsewhere
}

test('the variables of the SDK say where a service is, and who asks there', () => {
  expect(elsewhere({ AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_SQS: '' })).toBeUndefined()
  const env = { AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:8000', AWS_ACCESS_KEY_ID: 'key' }
  expect(elsewhere(env)).toEqual({
    endpoints: { dynamodb: 'http://localhost:8000' },
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'local' },
  })
})

test.each([
  [{ containers: '1' }, {}, 'Containers are'],
  [{ 'services-port': '70000' }, {}, 'A port is'],
  [{}, { AWS_ENDPOINT_URL_SNS: 'nowhere' }, 'AWS_ENDPOINT_URL_SNS is no URL'],
])('%j with %j is refused', (flags, env, reason) => {
  expect(() => toStartSettings(flags, env)).toThrow(reason)
})

test('queues elsewhere without their topics and schedules are refused, and it is said why', async () => {
  const settings = elsewhere({ AWS_ENDPOINT_URL_SQS: 'http://localhost:9324' })
  const opening = openCloud({ clock: systemClock, ...(settings && { elsewhere: settings }) })
  await expect(opening).rejects.toThrow(
    'AWS_ENDPOINT_URL_SQS without AWS_ENDPOINT_URL_SNS and AWS_ENDPOINT_URL_SCHEDULER: topics',
  )
})

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(dynoxideTitle('a stack with all services elsewhere'), () => {
  const asked = new Set<string>()
  let cloud: Cloud

  beforeAll(async () => {
    await packagedService()
    cloud = await openCloud({ clock: systemClock, onRequest: (_, service) => asked.add(service) })
  })
  afterAll(async () => cloud.close())

  /** Starts it, does something with its API, and ends it. */
  async function withStack(act: (url: string) => Promise<void>): Promise<void> {
    const services = ['DYNAMODB', 'SQS', 'SNS', 'SCHEDULER']
    const env = Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, cloud.endpoint]))
    const settings = elsewhere(env)
    const stack = await deployStack({
      ...(await packagedService()),
      ...(settings && { elsewhere: settings }),
    })
    const server = await serve(stack.api, { port: 0, closeTimeoutMs: 0 })
    try {
      await act(server.url)
    } finally {
      await server.close()
      await stack.close()
    }
  }

  test('works as with its own, and finds again what they have kept when it is started anew', async () => {
    const { sns, sqs } = createClients(cloud, 'Test')
    const laptop = { cost: 1500, product: 'Laptop', quantity: 1 }
    let order = ''
    await withStack(async (url) => {
      const client = createHttpClient(url)
      await client.scheduleNewWorkflow('purchaseOrder', laptop, { instanceId: 'laptop' })
      const QueueUrl = `${cloud.endpoint}/123456789012/tenuto-dev-OrdersQueue`
      const MessageBody = '{"order":{"Name":"Paperclips","Quantity":1,"TotalCost":9.95}}'
      order = (await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))).MessageId ?? ''
      await expect.poll(async () => client.getWorkflowState(order), { timeout: 60_000 }).toBeDefined()
      expect(await client.waitForWorkflowCompletion(order)).toMatchObject({ runtimeStatus: 'COMPLETED' })
    })
    await withStack(async (url) => {
      const client = createHttpClient(url)
      expect(await client.getWorkflowState(order)).toMatchObject({ runtimeStatus: 'COMPLETED' })
      const TopicArn = 'arn:aws:sns:us-east-1:123456789012:tenuto-dev-ApprovalsTopic'
      const Message = '{"order":"laptop","approver":"Jane Doe"}'
      await sns.send(new PublishCommand({ TopicArn, Message }))
      expect(await client.waitForWorkflowCompletion('laptop')).toMatchObject({
        output: `Approved by 'Jane Doe'`,
      })
    })
    expect(asked).toEqual(new Set(['dynamodb', 'sqs', 'sns', 'scheduler']))
  })
})
