// FIFO queues: order within a group, and one delivery of what is sent twice within five minutes.

import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect } from 'vitest'
import { type Contract, expectRefusals, refusal } from './contract.ts'
import { arnOf, createQueue, drain, receive, remove, send, type SqsClients } from './sqs-clients.ts'

const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' }

const group = (MessageGroupId: string) => ({ MessageGroupId })

export const fifoContract: Contract<SqsClients> = {
  'messages of a group come in the order of sending': {
    async run(clients) {
      const url = await createQueue(clients, fifo)
      const bodies = Array.from({ length: 12 }, (_, at) => `m${at}`)
      for (const body of bodies) await send(clients, url, body, group('g'))
      expect(await drain(clients, url)).toEqual(bodies)
    },
  },

  'a message has a sequence number that grows, and its ids are given back': {
    async run(clients) {
      const url = await createQueue(clients, fifo)
      const command = (body: string) =>
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: body,
          MessageGroupId: 'g',
          MessageDeduplicationId: body,
        })
      const { SequenceNumber: one = '' } = await clients.sqs.send(command('one'))
      const { SequenceNumber: two = '' } = await clients.sqs.send(command('two'))
      expect(BigInt(two)).toBeGreaterThan(BigInt(one))
      const [message] = await receive(clients, url)
      expect(message?.Attributes).toMatchObject({
        MessageGroupId: 'g',
        MessageDeduplicationId: 'one',
        SequenceNumber: one,
      })
    },
  },

  'while a message of a group is in flight the rest of the group waits, and other groups do not': {
    async run(clients) {
      const url = await createQueue(clients, { ...fifo, VisibilityTimeout: '5' })
      await send(clients, url, 'a1', group('a'))
      await send(clients, url, 'a2', group('a'))
      await send(clients, url, 'b1', group('b'))
      const [first] = await receive(clients, url, { MaxNumberOfMessages: 1 })
      expect(first?.Body).toBe('a1')
      expect((await receive(clients, url)).map(({ Body: body }) => body)).toEqual(['b1'])
      expect(await receive(clients, url)).toEqual([])
      await remove(clients, url, first)
      expect((await receive(clients, url)).map(({ Body: body }) => body)).toEqual(['a2'])
    },
  },

  'a message that was not deleted comes before those behind it': {
    async run(clients) {
      const url = await createQueue(clients, { ...fifo, VisibilityTimeout: '2' })
      for (const body of ['1', '2', '3']) await send(clients, url, body, group('g'))
      await receive(clients, url, { MaxNumberOfMessages: 2 })
      await clients.time.pass(2_000)
      expect((await receive(clients, url)).map(({ Body: body }) => body)).toEqual(['1', '2', '3'])
    },
  },

  'a long poll sees the rest of a group when the message before it is deleted': {
    async run(clients) {
      const url = await createQueue(clients, fifo)
      await send(clients, url, '1', group('g'))
      await send(clients, url, '2', group('g'))
      const [first] = await receive(clients, url, { MaxNumberOfMessages: 1 })
      const waiting = receive(clients, url, { WaitTimeSeconds: 10 })
      await remove(clients, url, first)
      expect((await waiting).map(({ Body: body }) => body)).toEqual(['2'])
    },
  },

  'what is sent twice within five minutes is accepted twice and delivered once': {
    async run(clients) {
      const url = await createQueue(clients, fifo)
      const once = { MessageGroupId: 'g', MessageDeduplicationId: 'id' }
      const first = await send(clients, url, 'x', once)
      expect(await send(clients, url, 'other body', once)).toBe(first)
      expect(await drain(clients, url)).toEqual(['x'])
      // The id is remembered after the deletion.
      await send(clients, url, 'x', once)
      expect(await drain(clients, url)).toEqual([])
    },
  },

  'after five minutes the id is forgotten': {
    slow: true,
    async run(clients) {
      const url = await createQueue(clients, fifo)
      const once = { MessageGroupId: 'g', MessageDeduplicationId: 'id' }
      await send(clients, url, 'x', once)
      await drain(clients, url)
      await clients.time.pass(300_000)
      await send(clients, url, 'x', once)
      expect(await drain(clients, url)).toEqual(['x'])
    },
  },

  'without an id the body counts, and the attributes do not': {
    async run(clients) {
      const url = await createQueue(clients, fifo)
      const attribute = { a: { DataType: 'String', StringValue: 'v' } }
      await send(clients, url, 'same', group('g'))
      await send(clients, url, 'same', { ...group('g'), MessageAttributes: attribute })
      await send(clients, url, 'other', group('g'))
      expect(await drain(clients, url)).toEqual(['same', 'other'])
    },
  },

  'ids count in the whole queue, or within the group when the queue says so': {
    async run(clients) {
      const whole = await createQueue(clients, fifo)
      const perGroup = await createQueue(clients, { ...fifo, DeduplicationScope: 'messageGroup' })
      for (const url of [whole, perGroup])
        for (const name of ['a', 'b']) await send(clients, url, 'x', group(name))
      expect(await drain(clients, whole)).toEqual(['x'])
      expect(await drain(clients, perGroup)).toEqual(['x', 'x'])
    },
  },

  'a group is required, and an id too unless the body may count': {
    async run(clients) {
      const url = await createQueue(clients, { FifoQueue: 'true' })
      expect(await refusal(send(clients, url, 'x', { MessageDeduplicationId: 'id' }))).toBe(
        'MissingParameter',
      )
      expect(await refusal(send(clients, url, 'x', group('g')))).toBe('InvalidParameterValue')
    },
  },

  'a message has no delay of its own; the queue may have one': {
    async run(clients) {
      const url = await createQueue(clients, { ...fifo, DelaySeconds: '2' })
      const delayed = () => send(clients, url, 'x', { ...group('g'), DelaySeconds: 1 })
      await expectRefusals('InvalidParameterValue', [delayed])
      await send(clients, url, 'x', { ...group('g'), DelaySeconds: 0 })
      expect(await receive(clients, url)).toEqual([])
      await clients.time.pass(2_000)
      expect(await receive(clients, url)).toHaveLength(1)
    },
  },

  'a receipt handle is worth nothing when the visibility has ended': {
    async run(clients) {
      const url = await createQueue(clients, { ...fifo, VisibilityTimeout: '1' })
      await send(clients, url, 'x', group('g'))
      const [message] = await receive(clients, url)
      await clients.time.pass(2_000)
      const late = () => remove(clients, url, message)
      await expectRefusals('InvalidParameterValue', [late])
    },
  },

  'a batch may mix groups, and keeps the order': {
    async run(clients) {
      const url = await createQueue(clients, fifo)
      const entries = ['a1', 'b1', 'a2', 'b2'].map((body) => ({
        Id: body,
        MessageBody: body,
        ...group(body.charAt(0)),
      }))
      await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }))
      const bodies = await drain(clients, url)
      expect(bodies.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2'])
      expect(bodies.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2'])
    },
  },

  'a dead letter goes to a FIFO queue and lets its group go on': {
    async run(clients) {
      const dead = await createQueue(clients, fifo)
      const policy = { deadLetterTargetArn: await arnOf(clients, dead), maxReceiveCount: 1 }
      const url = await createQueue(clients, {
        ...fifo,
        VisibilityTimeout: '1',
        RedrivePolicy: JSON.stringify(policy),
      })
      await send(clients, url, 'poison', group('g'))
      await send(clients, url, 'good', group('g'))
      await receive(clients, url, { MaxNumberOfMessages: 1 })
      await clients.time.pass(1_000)
      expect(await drain(clients, url)).toEqual(['good'])
      expect(await drain(clients, dead)).toEqual(['poison'])
    },
  },
}
