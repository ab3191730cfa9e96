// What a message may be, what a receiver sees of it, and how requests share a call.

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs'
import { expect } from 'vitest'
import { type Contract, expectRefusals, refusal } from './contract.ts'
import { createQueue, drain, receive, send, type SqsClients } from './sqs-clients.ts'

const mebibyte = 1_048_576

function sendBatch({ sqs }: SqsClients, url: string, entries: SendMessageBatchRequestEntry[]) {
  return sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }))
}

const entry = (id: string, body = id): SendMessageBatchRequestEntry => ({ Id: id, MessageBody: body })

export const messageContract: Contract<SqsClients> = {
  'a message comes with its id, its body, the digest and the system attributes': {
    async run(clients) {
      const url = await createQueue(clients)
      const before = clients.time.now()
      const id = await send(clients, url, 'hello')
      const [message] = await receive(clients, url)
      expect(message).toMatchObject({
        MessageId: id,
        Body: 'hello',
        MD5OfBody: '5d41402abc4b2a76b9719d911017c592',
      })
      expect(message?.Attributes).toMatchObject({ ApproximateReceiveCount: '1' })
      expect(Number(message?.Attributes?.SentTimestamp)).toBeGreaterThanOrEqual(before - 5_000)
      expect(message?.Attributes).toHaveProperty('SenderId')
      expect(message?.Attributes).toHaveProperty('ApproximateFirstReceiveTimestamp')
    },
  },

  'system attributes come only when they are asked for, each by its name': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '0' })
      await send(clients, url, 'x')
      const [none] = await receive(clients, url, { MessageSystemAttributeNames: [] })
      expect(none?.Attributes).toBeUndefined()
      const [one] = await receive(clients, url, { MessageSystemAttributeNames: ['SentTimestamp'] })
      expect(Object.keys(one?.Attributes ?? {})).toEqual(['SentTimestamp'])
      const [old] = await receive(clients, url, {
        MessageSystemAttributeNames: undefined,
        // oxlint-disable-next-line typescript/no-deprecated -- older receivers, Lambda among them, ask by the older name
        AttributeNames: ['ApproximateReceiveCount' as never],
      })
      expect(old?.Attributes).toEqual({ ApproximateReceiveCount: '3' })
    },
  },

  'a body of 1 MiB is taken and one byte more is refused, counted in UTF-8 and together with the attributes':
    {
      async run(clients) {
        const url = await createQueue(clients)
        await send(clients, url, 'x'.repeat(mebibyte))
        await send(clients, url, 'é'.repeat(mebibyte / 2))
        const value = { DataType: 'String', StringValue: 'v' }
        await expectRefusals('InvalidParameterValue', [
          () => send(clients, url, 'x'.repeat(mebibyte + 1)),
          () => send(clients, url, 'é'.repeat(mebibyte / 2 + 1)),
          () => send(clients, url, 'x'.repeat(mebibyte), { MessageAttributes: { a: value } }),
        ])
      },
    },

  'a queue may take less than 1 MiB': {
    async run(clients) {
      const url = await createQueue(clients, { MaximumMessageSize: '1024' })
      await send(clients, url, 'x'.repeat(1024))
      expect(await refusal(send(clients, url, 'x'.repeat(1025)))).toBe('InvalidParameterValue')
    },
  },

  'an empty body is refused': {
    async run(clients) {
      const url = await createQueue(clients)
      expect(await refusal(send(clients, url, ''))).toBe('MissingParameter')
    },
  },

  'control characters are refused, but for tab, line feed and carriage return': {
    async run(clients) {
      const url = await createQueue(clients)
      await expectRefusals('InvalidMessageContents', [
        () => send(clients, url, '\u0000'),
        () => send(clients, url, 'a\u000Bb'),
        () => send(clients, url, '\u001F'),
        () => send(clients, url, '\uFFFE'),
        () => send(clients, url, 'a\uFFFF'),
      ])
      const odd = '\t\n\r \u007F\uD7FF\uE000\uFFFD\u{10000}\u{10FFFF}<>&"'
      await send(clients, url, odd)
      expect(await drain(clients, url)).toEqual([odd])
    },
  },

  'message attributes come to those who ask for them, by name, by prefix or all': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '0' })
      const text = (value: string) => ({ DataType: 'String', StringValue: value })
      await send(clients, url, 'msg', {
        MessageAttributes: {
          Hello: text('There'),
          'Help.Me': text('Me'),
          General: text('Kenobi'),
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
        },
      })
      const named = async (...names: string[]) => {
        const [message] = await receive(clients, url, { MessageAttributeNames: names })
        return Object.keys(message?.MessageAttributes ?? {}).toSorted()
      }
      expect(await named()).toEqual([])
      expect(await named('Hello', 'Nothing')).toEqual(['Hello'])
      expect(await named('Help.*')).toEqual(['Help.Me'])
      expect(await named('All')).toEqual(['General', 'Hello', 'Help.Me', 'bytes'])
      const [message] = await receive(clients, url, { MessageAttributeNames: ['.*'] })
      expect(message?.MessageAttributes?.['bytes']?.BinaryValue).toEqual(new Uint8Array([1, 2, 3]))
    },
  },

  'the digest of the attributes is the documented one': {
    async run(clients) {
      const url = await createQueue(clients)
      const text = (value: string) => ({ DataType: 'String', StringValue: value })
      // Recorded from AWS: the attributes Hello, Help.Me and General as above.
      const attributes = { Hello: text('There'), 'Help.Me': text('Me'), General: text('Kenobi') }
      const sent = await clients.sqs.send(
        new SendMessageCommand({ QueueUrl: url, MessageBody: 'msg', MessageAttributes: attributes }),
      )
      expect(sent.MD5OfMessageAttributes).toBe('4c360f3fdafd970e05fae2f149d997f5')
      const [message] = await receive(clients, url, { MessageAttributeNames: ['Hel*', 'Hello', 'General'] })
      expect(message?.MD5OfMessageAttributes).toBe('fca026605781cb4126a1e9044df24232')
    },
  },

  'an eleventh attribute, an empty value, a wrong name and a wrong type are refused': {
    async run(clients) {
      const url = await createQueue(clients)
      const value = { DataType: 'String', StringValue: 'v' }
      const many = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`a${at}`, value]))
      const withAttributes = (attributes: Record<string, { DataType: string; StringValue: string }>) => () =>
        send(clients, url, 'x', { MessageAttributes: attributes })
      await expectRefusals('InvalidParameterValue', [
        withAttributes(many),
        withAttributes({ empty: { DataType: 'String', StringValue: '' } }),
        withAttributes({ 'AWS.reserved': value }),
        withAttributes({ 'a..b': value }),
        withAttributes({ odd: { DataType: 'Integer', StringValue: '1' } }),
      ])
    },
  },

  'the trace header is a system attribute and does not count as size': {
    async run(clients) {
      const url = await createQueue(clients)
      const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0'
      await send(clients, url, 'x'.repeat(mebibyte), {
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } },
      })
      const [message] = await receive(clients, url)
      expect(message?.Attributes?.AWSTraceHeader).toBe(header)
    },
  },

  'a group id on a standard queue is taken and given back, and orders nothing': {
    async run(clients) {
      const url = await createQueue(clients)
      for (const body of ['a', 'b']) await send(clients, url, body, { MessageGroupId: 'tenant' })
      const messages = await receive(clients, url, { WaitTimeSeconds: 1 })
      expect(messages[0]?.Attributes?.MessageGroupId).toBe('tenant')
      expect([...messages, ...(await receive(clients, url))]).toHaveLength(2)
    },
  },

  'a batch takes ten messages, each with its own delay': {
    async run(clients) {
      const url = await createQueue(clients)
      const ids = Array.from({ length: 10 }, (_, at) => `m${at}`)
      const { Successful: done, Failed: failed } = await sendBatch(
        clients,
        url,
        ids.map((id, at) => ({ ...entry(id), ...(at === 9 && { DelaySeconds: 2 }) })),
      )
      expect(done?.map(({ Id: id }) => id)).toEqual(ids)
      expect(failed ?? []).toEqual([])
      expect((await drain(clients, url)).toSorted()).toEqual(ids.slice(0, 9))
      await clients.time.pass(2_000)
      expect(await drain(clients, url)).toEqual(['m9'])
    },
  },

  'a batch that is empty, too long, or has ids that are equal or odd is refused as a whole': {
    async run(clients) {
      const url = await createQueue(clients)
      const eleven = Array.from({ length: 11 }, (_, at) => entry(`m${at}`))
      expect(await refusal(sendBatch(clients, url, []))).toBe('EmptyBatchRequest')
      expect(await refusal(sendBatch(clients, url, eleven))).toBe('TooManyEntriesInBatchRequest')
      expect(await refusal(sendBatch(clients, url, [entry('a'), entry('a')]))).toBe(
        'BatchEntryIdsNotDistinct',
      )
      await expectRefusals('InvalidBatchEntryId', [
        () => sendBatch(clients, url, [entry('with:colon', 'x')]),
        () => sendBatch(clients, url, [entry('x'.repeat(81))]),
      ])
      expect(await drain(clients, url)).toEqual([])
    },
  },

  'the messages of a batch have 1 MiB together': {
    async run(clients) {
      const url = await createQueue(clients)
      const half = 'x'.repeat(mebibyte / 2)
      expect(await refusal(sendBatch(clients, url, [entry('a', half), entry('b', half)]))).toBe('accepted')
      const over = [entry('a', half), entry('b', `${half}x`)]
      expect(await refusal(sendBatch(clients, url, over))).toBe('BatchRequestTooLong')
    },
  },

  'an entry that is wrong fails alone, with status 200 for the batch': {
    async run(clients) {
      const url = await createQueue(clients)
      const wrong = [entry('control', 'a\u0001b'), { ...entry('late'), DelaySeconds: 901 }]
      const { Successful: done, Failed: failed } = await sendBatch(clients, url, [entry('good'), ...wrong])
      expect(done?.map(({ Id: id }) => id)).toEqual(['good'])
      expect(failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault])).toEqual([
        ['control', 'InvalidMessageContents', true],
        ['late', 'InvalidParameterValue', true],
      ])
      expect(await drain(clients, url)).toEqual(['good'])
    },
  },

  'deletions and changes of visibility have batches too, in which each entry fails alone': {
    async run(clients) {
      const { sqs, time } = clients
      const url = await createQueue(clients)
      await sendBatch(clients, url, [entry('a'), entry('b')])
      const messages = await receive(clients, url, { WaitTimeSeconds: 1 })
      const [first = {}, second = {}] = [...messages, ...(await receive(clients, url))]
      const hide = await sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: url,
          Entries: [
            { Id: 'first', ReceiptHandle: first.ReceiptHandle, VisibilityTimeout: 0 },
            { Id: 'wrong', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
          ],
        }),
      )
      expect(hide.Successful?.map(({ Id: id }) => id)).toEqual(['first'])
      expect(hide.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([['wrong', 'ReceiptHandleIsInvalid']])
      const gone = await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: url,
          Entries: [
            { Id: 'second', ReceiptHandle: second.ReceiptHandle },
            { Id: 'wrong', ReceiptHandle: 'garbage' },
          ],
        }),
      )
      expect(gone.Successful?.map(({ Id: id }) => id)).toEqual(['second'])
      expect(gone.Failed?.map(({ Id: id }) => id)).toEqual(['wrong'])
      await time.pass(31_000)
      expect(await drain(clients, url)).toEqual([first.Body])
    },
  },
}
