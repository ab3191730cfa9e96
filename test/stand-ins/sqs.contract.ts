// Standard queues, as the API reference and the developer guide of SQS describe them.

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { expect } from 'vitest'
import { type Contract, expectRefusals, freshName, refusal } from './contract.ts'
import { arnOf, createQueue, receive, remove, send, type SqsClients } from './sqs-clients.ts'

export const queueContract: Contract<SqsClients> = {
  'a queue is found by its name, and the same name with the same attributes is the same queue': {
    async run({ sqs }) {
      const name = freshName('twice')
      const create = new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '45' } })
      const { QueueUrl: url } = await sqs.send(create)
      const again = new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '45' } })
      expect(await sqs.send(again)).toMatchObject({ QueueUrl: url })
      expect(await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).toMatchObject({ QueueUrl: url })
      expect(url?.endsWith(`/${name}`)).toBe(true)
    },
  },

  'the same name with another value of an attribute is refused': {
    async run({ sqs }) {
      const name = freshName('other')
      await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { DelaySeconds: '1' } }))
      const other = new CreateQueueCommand({ QueueName: name, Attributes: { DelaySeconds: '2' } })
      expect(await refusal(sqs.send(other))).toBe('QueueNameExists')
    },
  },

  'a queue that is not there is refused by name and by URL': {
    async run(clients) {
      const url = await createQueue(clients)
      const missing = `${url}-missing`
      await expectRefusals('QueueDoesNotExist', [
        () => clients.sqs.send(new GetQueueUrlCommand({ QueueName: freshName('missing') })),
        () => send(clients, missing, 'x'),
        () => receive(clients, missing),
      ])
    },
  },

  'a name has 80 letters, digits, hyphens and underscores at most': {
    async run({ sqs }) {
      const create = (name: string) => () => sqs.send(new CreateQueueCommand({ QueueName: name }))
      const names = ['a b', 'dots.are.not', 'x'.repeat(81), 'standard.fifo']
      await expectRefusals('InvalidParameterValue', names.map(create))
    },
  },

  'attributes have the documented defaults': {
    async run(clients) {
      const url = await createQueue(clients)
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })
      const { Attributes: attributes } = await clients.sqs.send(command)
      expect(attributes).toMatchObject({
        DelaySeconds: '0',
        MaximumMessageSize: '1048576',
        MessageRetentionPeriod: '345600',
        ReceiveMessageWaitTimeSeconds: '0',
        VisibilityTimeout: '30',
        ApproximateNumberOfMessages: '0',
        ApproximateNumberOfMessagesNotVisible: '0',
        ApproximateNumberOfMessagesDelayed: '0',
      })
      expect(attributes?.['QueueArn']).toMatch(/^arn:aws:sqs:[\w-]+:\d{12}:tenuto-queue-/)
    },
  },

  'an attribute out of its bounds, or unknown, is refused': {
    async run(clients) {
      const { sqs } = clients
      const url = await createQueue(clients)
      const set = (attributes: Record<string, string>) => () =>
        sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }))
      await expectRefusals('InvalidAttributeValue', [
        set({ DelaySeconds: '901' }),
        set({ MessageRetentionPeriod: '59' }),
        set({ MessageRetentionPeriod: '1209601' }),
        set({ VisibilityTimeout: '43201' }),
        set({ ReceiveMessageWaitTimeSeconds: '21' }),
        set({ MaximumMessageSize: '1048577' }),
        set({ MaximumMessageSize: '1023' }),
      ])
      await expectRefusals('InvalidAttributeName', [set({ NoSuchThing: '1' }), set({ FifoQueue: 'true' })])
    },
  },

  'attributes can be changed and are given back': {
    async run(clients) {
      const url = await createQueue(clients)
      const attributes = { VisibilityTimeout: '69', DelaySeconds: '42' }
      await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }))
      const wanted = new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: ['VisibilityTimeout', 'DelaySeconds'],
      })
      expect((await clients.sqs.send(wanted)).Attributes).toEqual(attributes)
    },
  },

  'queues are listed by the beginning of their names': {
    async run({ sqs }) {
      const stem = freshName('list')
      for (const name of [`${stem}-a`, `${stem}-b`])
        await sqs.send(new CreateQueueCommand({ QueueName: name }))
      const list = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: stem }))
      expect(list.QueueUrls?.map((url) => url.split('/').at(-1))).toEqual([`${stem}-a`, `${stem}-b`])
    },
  },

  'the name of a deleted queue is free again after a minute': {
    slow: true,
    async run({ sqs, time }) {
      const name = freshName('reused')
      const { QueueUrl: url } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
      await sqs.send(new DeleteQueueCommand({ QueueUrl: url }))
      const again = () => sqs.send(new CreateQueueCommand({ QueueName: name }))
      expect(await refusal(again())).toBe('QueueDeletedRecently')
      await time.pass(60_000)
      expect(await refusal(again())).toBe('accepted')
    },
  },

  'purging takes away all messages, also those in flight, once a minute': {
    slow: true,
    async run(clients) {
      const { sqs, time } = clients
      const url = await createQueue(clients)
      for (const body of ['seen', 'unseen']) await send(clients, url, body)
      await receive(clients, url, { MaxNumberOfMessages: 1 })
      await sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
      expect(await refusal(sqs.send(new PurgeQueueCommand({ QueueUrl: url })))).toBe('PurgeQueueInProgress')
      await time.pass(61_000)
      expect(await receive(clients, url)).toEqual([])
      expect(await refusal(sqs.send(new PurgeQueueCommand({ QueueUrl: url })))).toBe('accepted')
    },
  },

  'a message is gone when its retention period is over, whether or not it was received': {
    slow: true,
    async run(clients) {
      const url = await createQueue(clients, { MessageRetentionPeriod: '60', VisibilityTimeout: '10' })
      await send(clients, url, 'old')
      await receive(clients, url)
      await clients.time.pass(61_000)
      expect(await receive(clients, url)).toEqual([])
    },
  },

  'counts tell visible, delayed and in-flight messages apart': {
    async run(clients) {
      const url = await createQueue(clients)
      for (const body of ['a', 'b', 'c']) await send(clients, url, body)
      await send(clients, url, 'later', { DelaySeconds: 300 })
      await receive(clients, url, { MaxNumberOfMessages: 1 })
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })
      expect((await clients.sqs.send(command)).Attributes).toMatchObject({
        ApproximateNumberOfMessages: '2',
        ApproximateNumberOfMessagesNotVisible: '1',
        ApproximateNumberOfMessagesDelayed: '1',
      })
    },
  },

  'a receipt handle that this queue has not given out is refused': {
    async run(clients) {
      const { sqs } = clients
      const url = await createQueue(clients)
      const other = await createQueue(clients)
      await send(clients, other, 'x')
      const [message] = await receive(clients, other)
      const handles = ['garbage', message?.ReceiptHandle]
      await expectRefusals(
        'ReceiptHandleIsInvalid',
        handles.map(
          (handle) => () => sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle })),
        ),
      )
    },
  },

  'a deleted message does not come again, and deleting it twice does no harm': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '2' })
      await send(clients, url, 'once')
      const [message] = await receive(clients, url)
      await remove(clients, url, message)
      await remove(clients, url, message)
      await clients.time.pass(3_000)
      expect(await receive(clients, url)).toEqual([])
    },
  },

  'the ARN of a queue names its region, its account and itself': {
    async run(clients) {
      const url = await createQueue(clients)
      const [, account, name] = /\/(\d{12})\/(.+)$/.exec(url) ?? []
      expect(await arnOf(clients, url)).toMatch(new RegExp(`^arn:aws:sqs:[\\w-]+:${account}:${name}$`))
    },
  },
}
