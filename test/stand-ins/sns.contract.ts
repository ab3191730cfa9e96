// Standard topics with queues as subscribers, as the API reference and the developer guide of SNS describe them.

import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  PublishCommand,
  type PublishCommandInput,
  SetSubscriptionAttributesCommand,
  type SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns'
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { expect } from 'vitest'
import { type Contract, expectRefusals, freshName, refusal } from './contract.ts'
import { arnOf, createQueue, drain, receive, type SqsClients } from './sqs-clients.ts'

export interface SnsClients extends SqsClients {
  readonly sns: SNSClient
}

const text = (value: string) => ({ DataType: 'String', StringValue: value })

async function createTopic({ sns }: SnsClients): Promise<string> {
  const { TopicArn: arn = '' } = await sns.send(new CreateTopicCommand({ Name: freshName('topic') }))
  return arn
}

/** A queue that subscribes, and lets the topic send to it. */
async function subscribe(clients: SnsClients, topicArn: string, isRaw = false) {
  const url = await createQueue(clients)
  const queueArn = await arnOf(clients, url)
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
  }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy } }))
  const { SubscriptionArn: arn = '' } = await clients.sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      ReturnSubscriptionArn: true,
      ...(isRaw && { Attributes: { RawMessageDelivery: 'true' } }),
    }),
  )
  return { url, arn, queueArn }
}

function publish({ sns }: SnsClients, TopicArn: string, more: Partial<PublishCommandInput> = {}) {
  return sns.send(new PublishCommand({ TopicArn, Message: 'news', ...more }))
}

async function envelope(clients: SnsClients, url: string): Promise<Record<string, unknown>> {
  const [message] = await receive(clients, url, { WaitTimeSeconds: 5 })
  return JSON.parse(message?.Body ?? '{}') as Record<string, unknown>
}

export const topicContract: Contract<SnsClients> = {
  'the same name is the same topic': {
    async run({ sns }) {
      const Name = freshName('topic')
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name }))
      expect(TopicArn).toMatch(new RegExp(`^arn:aws:sns:[\\w-]+:\\d{12}:${Name}$`))
      expect(await sns.send(new CreateTopicCommand({ Name }))).toMatchObject({ TopicArn })
    },
  },

  'a queue gets the message in an envelope that says where it came from': {
    async run(clients) {
      const topic = await createTopic(clients)
      const { url, arn } = await subscribe(clients, topic)
      const { MessageId } = await publish(clients, topic, {
        Subject: 'Breaking',
        Message: '{"a":"<é & \\"b\\">"}',
        MessageAttributes: { kind: text('weather'), size: { DataType: 'Number', StringValue: '3' } },
      })
      const received = await envelope(clients, url)
      expect(received).toMatchObject({
        Type: 'Notification',
        MessageId,
        TopicArn: topic,
        Subject: 'Breaking',
        Message: '{"a":"<é & \\"b\\">"}',
        SignatureVersion: '1',
        MessageAttributes: {
          kind: { Type: 'String', Value: 'weather' },
          size: { Type: 'Number', Value: '3' },
        },
      })
      expect(received['Timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      expect(received['UnsubscribeURL']).toContain(arn)
      expect(received).toHaveProperty('Signature')
      expect(received).toHaveProperty('SigningCertURL')
    },
  },

  'what was not given is not in the envelope': {
    async run(clients) {
      const topic = await createTopic(clients)
      const { url } = await subscribe(clients, topic)
      await publish(clients, topic)
      const received = await envelope(clients, url)
      expect(received).not.toHaveProperty('Subject')
      expect(received).not.toHaveProperty('MessageAttributes')
    },
  },

  'a raw delivery is the message itself, with its attributes as those of the queue': {
    async run(clients) {
      const topic = await createTopic(clients)
      const { url } = await subscribe(clients, topic, true)
      await publish(clients, topic, { MessageAttributes: { kind: text('weather') } })
      const [message] = await receive(clients, url, { WaitTimeSeconds: 5, MessageAttributeNames: ['All'] })
      expect(message?.Body).toBe('news')
      expect(message?.MessageAttributes).toEqual({ kind: text('weather') })
    },
  },

  'a raw delivery with more than ten attributes is dropped, and an enveloped one is not': {
    async run(clients) {
      const topic = await createTopic(clients)
      const raw = await subscribe(clients, topic, true)
      const wrapped = await subscribe(clients, topic)
      const many = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`a${at}`, text('v')]))
      await publish(clients, topic, { MessageAttributes: many })
      expect(await drain(clients, wrapped.url)).toHaveLength(1)
      expect(await drain(clients, raw.url)).toEqual([])
    },
  },

  'every subscriber gets the message under the same id, until it unsubscribes': {
    async run(clients) {
      const topic = await createTopic(clients)
      const one = await subscribe(clients, topic)
      const two = await subscribe(clients, topic)
      const { MessageId } = await publish(clients, topic)
      for (const { url } of [one, two]) expect(await envelope(clients, url)).toMatchObject({ MessageId })
      await clients.sns.send(new UnsubscribeCommand({ SubscriptionArn: two.arn }))
      await publish(clients, topic, { Message: 'more' })
      expect(await envelope(clients, one.url)).toMatchObject({ Message: 'more' })
      expect(await receive(clients, two.url)).toEqual([])
    },
  },

  'the same queue is the same subscription, which tells what it is': {
    async run(clients) {
      const { sns } = clients
      const topic = await createTopic(clients)
      const { arn, queueArn } = await subscribe(clients, topic)
      const again = new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: queueArn })
      expect(await sns.send(again)).toMatchObject({ SubscriptionArn: arn })
      const list = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }))
      expect(list.Subscriptions).toMatchObject([
        { SubscriptionArn: arn, TopicArn: topic, Endpoint: queueArn, Protocol: 'sqs' },
      ])
      const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }))
      expect(Attributes).toMatchObject({ TopicArn: topic, Endpoint: queueArn, RawMessageDelivery: 'false' })
    },
  },

  'a subscription can be changed to raw delivery': {
    async run(clients) {
      const topic = await createTopic(clients)
      const { url, arn } = await subscribe(clients, topic)
      await clients.sns.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: arn,
          AttributeName: 'RawMessageDelivery',
          AttributeValue: 'true',
        }),
      )
      await publish(clients, topic)
      expect(await drain(clients, url)).toEqual(['news'])
    },
  },

  'a topic that is not there is refused': {
    async run(clients) {
      const topic = await createTopic(clients)
      await clients.sns.send(new DeleteTopicCommand({ TopicArn: topic }))
      await expectRefusals('NotFoundException', [
        () => publish(clients, topic),
        () => subscribe(clients, topic),
      ])
    },
  },

  'a message has 1 byte to 256 KB, attributes included': {
    async run(clients) {
      const topic = await createTopic(clients)
      await publish(clients, topic, { Message: 'x'.repeat(262_144) })
      await expectRefusals('InvalidParameterException', [
        () => publish(clients, topic, { Message: '' }),
        () => publish(clients, topic, { Message: 'x'.repeat(262_145) }),
        () => publish(clients, topic, { Message: 'x'.repeat(262_144), MessageAttributes: { a: text('v') } }),
      ])
    },
  },

  'a message may have a text for queues and another for the rest': {
    async run(clients) {
      const topic = await createTopic(clients)
      const { url } = await subscribe(clients, topic, true)
      const structured = (texts: object) =>
        publish(clients, topic, { Message: JSON.stringify(texts), MessageStructure: 'json' })
      await structured({ default: 'for all', sqs: 'for queues' })
      await structured({ default: 'for all' })
      expect((await drain(clients, url)).toSorted()).toEqual(['for all', 'for queues'])
      expect(await refusal(structured({ sqs: 'only' }))).toBe('InvalidParameterException')
    },
  },

  'a batch has ten messages with ids of their own, and 256 KB together': {
    async run(clients) {
      const topic = await createTopic(clients)
      const { url } = await subscribe(clients, topic, true)
      const entry = (Id: string, Message = Id): PublishBatchRequestEntry => ({ Id, Message })
      const batch = (...entries: PublishBatchRequestEntry[]) =>
        clients.sns.send(new PublishBatchCommand({ TopicArn: topic, PublishBatchRequestEntries: entries }))
      const ids = Array.from({ length: 10 }, (_, at) => `m${at}`)
      const { Successful: done, Failed: failed } = await batch(...ids.map((id) => entry(id)))
      expect(done?.map(({ Id: id }) => id)).toEqual(ids)
      expect(failed ?? []).toEqual([])
      expect((await drain(clients, url)).toSorted()).toEqual(ids)
      const half = 'x'.repeat(131_072)
      expect(await refusal(batch())).toBe('EmptyBatchRequestException')
      expect(await refusal(batch(...[...ids, 'm10'].map((id) => entry(id))))).toBe(
        'TooManyEntriesInBatchRequestException',
      )
      expect(await refusal(batch(entry('a'), entry('a')))).toBe('BatchEntryIdsNotDistinctException')
      expect(await refusal(batch(entry('a:b')))).toBe('InvalidBatchEntryIdException')
      expect(await refusal(batch(entry('a', half), entry('b', half), entry('c')))).toBe(
        'BatchRequestTooLongException',
      )
    },
  },
}
