// What calls functions by itself, besides queues: rules with a rate, and topics. On a clock of the test, with functions that are not there.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import type { Connecting } from '../../scripts/stack/connecting.ts'
import { connectSources } from '../../scripts/stack/event-sources.ts'
import { Resources } from '../../scripts/stack/resources.ts'
import { createSchedulerStandIn, createSnsStandIn, createSqsStandIn } from '../../src/stand-ins/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { type FakeHandler, fakeFunction } from './fake-function.ts'

const minuteMs = 60_000
const topicArn = 'arn:aws:sns:us-east-1:123456789012:topic'

/** A stack of some resources and one function, whose sources are connected. */
async function connected(resources: Readonly<Record<string, object>>, handler: FakeHandler) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const sqs = createSqsStandIn({ clock })
  const sns = createSnsStandIn({ clock, sqs })
  const scheduler = createSchedulerStandIn({ clock, sqs })
  const clients = {
    sqs: new SQSClient(sqs.clientConfig),
    sns: new SNSClient(sns.clientConfig),
    scheduler: new SchedulerClient(scheduler.clientConfig),
    dynamodb: new DynamoDBClient({ region: 'us-east-1' }),
  }
  await clients.sns.send(new CreateTopicCommand({ Name: 'topic' }))
  await clients.sqs.send(new CreateQueueCommand({ QueueName: 'failures' }))
  const { identity } = sqs.queue('failures')
  const { target } = fakeFunction(clock, handler)
  const stack: Connecting = {
    resources: new Resources({ Resources: resources, Outputs: {} } as never),
    names: new Map([
      ['Topic', { Ref: topicArn, Arn: topicArn }],
      ['Failures', { Ref: identity.url, Arn: identity.arn }],
    ]),
    cloud: { clock, sqs } as unknown as Connecting['cloud'],
    clients,
    stackName: 'stack',
    logger: recordingLogger(),
    functionOf: () => target,
  }
  const sources = await connectSources(stack)
  onTestFinished(async () => {
    await Promise.all(sources.map(async (each) => each.stop()))
  })
  return { clock, clients, sqs }
}

function rule(ScheduleExpression: string) {
  const Targets = [{ Arn: { 'Fn::GetAtt': ['Fake', 'Arn'] } }]
  return { Rule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression, Targets } } }
}

const subscription = {
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: {
      TopicArn: { Ref: 'Topic' },
      Protocol: 'lambda',
      Endpoint: { 'Fn::GetAtt': ['Fake', 'Arn'] },
    },
  },
  Config: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: {
      FunctionName: { Ref: 'Fake' },
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
    },
  },
}

test('a rule calls its function once in every period, after the first', async () => {
  const times: unknown[] = []
  const { clock } = await connected(rule('rate(15 minutes)'), async (event) => {
    times.push((event as { readonly time: string }).time)
  })
  await clock.runUntil(() => false, 15 * minuteMs - 1)
  expect(times).toEqual([])
  await clock.runUntil(() => false, 30 * minuteMs)
  expect(times).toEqual(['2026-01-01T00:15:00Z', '2026-01-01T00:30:00Z'])
})

test('a call of a rule that fails hinders no later one', async () => {
  let calls = 0
  const { clock } = await connected(rule('rate(1 hour)'), async () => {
    calls++
    throw new Error('no')
  })
  await clock.runUntil(() => calls === 3, 180 * minuteMs)
  expect(calls).toBe(3)
})

test('a rule that is switched off calls nobody', async () => {
  let calls = 0
  const { Rule } = rule('rate(1 minute)')
  const off = { Rule: { ...Rule, Properties: { ...Rule.Properties, State: 'DISABLED' } } }
  const { clock } = await connected(off, async () => calls++)
  await clock.runUntil(() => false, 10 * minuteMs)
  expect(calls).toBe(0)
})

test('a schedule that is no rate is refused', async () => {
  await expect(connected(rule('cron(0 12 * * ? *)'), async () => {})).rejects.toThrow('cron(0 12 * * ? *)')
})

test('a publication becomes an event of SNS', async () => {
  const events: unknown[] = []
  const { clock, clients } = await connected(subscription, async (event) => events.push(event))
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'test' } }
  const command = new PublishCommand({
    TopicArn: topicArn,
    Message: 'hello',
    Subject: 'greeting',
    MessageAttributes,
  })
  const { MessageId } = await clients.sns.send(command)
  await clock.runUntil(() => events.length > 0)
  expect(events).toMatchObject([
    {
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: expect.stringContaining(`${topicArn}:`) as string,
          Sns: {
            Type: 'Notification',
            MessageId,
            TopicArn: topicArn,
            Subject: 'greeting',
            Message: 'hello',
            Timestamp: '2026-01-01T00:00:00.000Z',
            MessageAttributes: { kind: { Type: 'String', Value: 'test' } },
          },
        },
      ],
    },
  ])
})

test('an event that fails is tried three times, a minute apart, and then goes to the destination for failures', async () => {
  const times: number[] = []
  const { clock, clients, sqs } = await connected(subscription, async () => {
    times.push(clock.now())
    throw new Error('no')
  })
  const startedAt = clock.now()
  await clients.sns.send(new PublishCommand({ TopicArn: topicArn, Message: 'hello' }))
  const failures = sqs.queue('failures')
  await clock.runUntil(() => failures.counts().visible === 1)
  expect(times.map((time) => time - startedAt)).toEqual([0, minuteMs, 2 * minuteMs])
  const [failure] = await failures.receive()
  expect(JSON.parse(failure?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { Records: [{ Sns: { Message: 'hello' } }] },
    responsePayload: { errorMessage: 'Error: no' },
  })
  await clock.runUntil(() => false, 10 * minuteMs)
  expect(times).toHaveLength(3)
})
