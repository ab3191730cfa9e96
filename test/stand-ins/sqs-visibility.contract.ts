// Who sees a message, and when: delays, visibility, long polling, dead letters and redrive.

import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { expect } from 'vitest'
import { type Contract, expectRefusals, freshName, refusal } from './contract.ts'
import { arnOf, createQueue, drain, receive, remove, send, type SqsClients } from './sqs-clients.ts'

function changeVisibility({ sqs }: SqsClients, url: string, message: Message | undefined, seconds: number) {
  const ReceiptHandle = message?.ReceiptHandle
  return sqs.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: seconds }),
  )
}

/** A queue whose messages die after so many deliveries. */
async function queueWithDeadLetters(clients: SqsClients, maxReceiveCount: number, kind = {}) {
  const dead = await createQueue(clients, kind)
  const policy = { deadLetterTargetArn: await arnOf(clients, dead), maxReceiveCount }
  const url = await createQueue(clients, {
    ...kind,
    RedrivePolicy: JSON.stringify(policy),
    VisibilityTimeout: '1',
  })
  return { url, dead }
}

/** Receives and leaves until nothing comes any more. */
async function exhaust(clients: SqsClients, url: string): Promise<number> {
  for (let times = 0; ; times++) {
    if ((await receive(clients, url, { WaitTimeSeconds: 3 })).length === 0) return times
  }
}

export const visibilityContract: Contract<SqsClients> = {
  'a received message is hidden until its visibility ends, and counts its deliveries': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '5' })
      await send(clients, url, 'x')
      const [first] = await receive(clients, url)
      expect(await receive(clients, url)).toEqual([])
      await clients.time.pass(5_000)
      const [second] = await receive(clients, url)
      expect(second?.MessageId).toBe(first?.MessageId)
      expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle)
      expect(second?.Attributes).toMatchObject({
        ApproximateReceiveCount: '2',
        ApproximateFirstReceiveTimestamp: first?.Attributes?.ApproximateFirstReceiveTimestamp,
        SentTimestamp: first?.Attributes?.SentTimestamp,
      })
    },
  },

  'a receive may set the visibility of what it gets': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'x')
      await receive(clients, url, { VisibilityTimeout: 2 })
      expect(await receive(clients, url)).toEqual([])
      await clients.time.pass(2_000)
      expect(await receive(clients, url)).toHaveLength(1)
    },
  },

  'the visibility of a message can be prolonged, cut short and ended': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '3' })
      await send(clients, url, 'x')
      const [first] = await receive(clients, url)
      await changeVisibility(clients, url, first, 10)
      await clients.time.pass(5_000)
      expect(await receive(clients, url)).toEqual([])
      await changeVisibility(clients, url, first, 0)
      const [second] = await receive(clients, url)
      expect(second?.Attributes?.ApproximateReceiveCount).toBe('2')
      // The next delivery has the visibility of the queue again.
      await clients.time.pass(3_000)
      expect(await receive(clients, url)).toHaveLength(1)
    },
  },

  'visibility is 12 hours at most, counted from the delivery': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'x')
      const [message] = await receive(clients, url)
      await clients.time.pass(2_000)
      await expectRefusals('InvalidParameterValue', [
        () => changeVisibility(clients, url, message, 43_200),
        () => changeVisibility(clients, url, message, 43_201),
        () => changeVisibility(clients, url, message, -1),
        () => receive(clients, url, { VisibilityTimeout: 43_201 }),
      ])
      expect(await refusal(changeVisibility(clients, url, message, 43_190))).toBe('accepted')
    },
  },

  'a change of visibility after its end is accepted, and of a deleted message refused': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '1' })
      await send(clients, url, 'x')
      const [message] = await receive(clients, url)
      await clients.time.pass(2_000)
      expect(await refusal(changeVisibility(clients, url, message, 5))).toBe('accepted')
      const [again] = await receive(clients, url, { WaitTimeSeconds: 6 })
      await remove(clients, url, again)
      const late = changeVisibility(clients, url, again, 5)
      expect(await refusal(late)).toBe('InvalidParameterValue')
    },
  },

  'a deletion with an older receipt handle succeeds, and the message comes again': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '1' })
      await send(clients, url, 'x')
      const [first] = await receive(clients, url)
      await clients.time.pass(1_000)
      await receive(clients, url)
      await remove(clients, url, first)
      await clients.time.pass(1_000)
      expect(await receive(clients, url)).toHaveLength(1)
    },
  },

  'a message can be deleted after its visibility has ended, when nobody has received it since': {
    async run(clients) {
      const url = await createQueue(clients, { VisibilityTimeout: '1' })
      await send(clients, url, 'x')
      const [message] = await receive(clients, url)
      await clients.time.pass(2_000)
      await remove(clients, url, message)
      expect(await receive(clients, url)).toEqual([])
    },
  },

  'a delayed message cannot be seen before, and can be seen then': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'later', { DelaySeconds: 4 })
      expect(await receive(clients, url)).toEqual([])
      await clients.time.pass(2_000)
      expect(await receive(clients, url)).toEqual([])
      await clients.time.pass(2_000)
      expect(await receive(clients, url)).toHaveLength(1)
    },
  },

  'a delay is 0 to 900 seconds': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'x', { DelaySeconds: 900 })
      await expectRefusals('InvalidParameterValue', [
        () => send(clients, url, 'x', { DelaySeconds: 901 }),
        () => send(clients, url, 'x', { DelaySeconds: -1 }),
      ])
    },
  },

  'a queue may delay all messages but those that say otherwise': {
    async run(clients) {
      const url = await createQueue(clients, { DelaySeconds: '3' })
      await send(clients, url, 'as the queue')
      await send(clients, url, 'at once', { DelaySeconds: 0 })
      expect(await drain(clients, url)).toEqual(['at once'])
      await clients.time.pass(3_000)
      expect(await drain(clients, url)).toEqual(['as the queue'])
    },
  },

  'a long poll ends when a message comes': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'soon', { DelaySeconds: 3 })
      const before = clients.time.now()
      const messages = await receive(clients, url, { WaitTimeSeconds: 20 })
      expect(messages.map(({ Body: body }) => body)).toEqual(['soon'])
      expect(clients.time.now() - before).toBeLessThan(10_000)
    },
  },

  'a long poll ends empty when its time is over': {
    async run(clients) {
      const url = await createQueue(clients, { ReceiveMessageWaitTimeSeconds: '2' })
      const before = clients.time.now()
      expect(await receive(clients, url)).toEqual([])
      expect(clients.time.now() - before).toBeGreaterThanOrEqual(1_900)
      expect(await receive(clients, url, { WaitTimeSeconds: 0 })).toEqual([])
    },
  },

  'a long poll sees a message whose visibility ends meanwhile': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'x')
      await receive(clients, url, { VisibilityTimeout: 3 })
      expect(await receive(clients, url, { WaitTimeSeconds: 20 })).toHaveLength(1)
    },
  },

  'a long poll sees a message whose visibility is cut short meanwhile': {
    async run(clients) {
      const url = await createQueue(clients)
      await send(clients, url, 'x')
      const [message] = await receive(clients, url)
      const before = clients.time.now()
      const waiting = receive(clients, url, { WaitTimeSeconds: 20 })
      await clients.time.pass(1_000)
      await changeVisibility(clients, url, message, 2)
      expect(await waiting).toHaveLength(1)
      expect(clients.time.now() - before).toBeLessThan(10_000)
    },
  },

  'a receive asks for 1 to 10 messages and waits 0 to 20 seconds': {
    async run(clients) {
      const url = await createQueue(clients)
      await expectRefusals('InvalidParameterValue', [
        () => receive(clients, url, { MaxNumberOfMessages: 11 }),
        () => receive(clients, url, { MaxNumberOfMessages: 0 }),
        () => receive(clients, url, { WaitTimeSeconds: 21 }),
      ])
      for (const body of ['a', 'b']) await send(clients, url, body)
      expect(await receive(clients, url, { MaxNumberOfMessages: undefined })).toHaveLength(1)
    },
  },

  'a message that was delivered too often goes to the dead-letter queue, with its id, its age and its count':
    {
      async run(clients) {
        const { url, dead } = await queueWithDeadLetters(clients, 2)
        const id = await send(clients, url, 'poison')
        expect(await exhaust(clients, url)).toBe(2)
        const [letter] = await receive(clients, dead, { WaitTimeSeconds: 5 })
        expect(letter).toMatchObject({ MessageId: id, Body: 'poison' })
        expect(letter?.Attributes).toMatchObject({
          ApproximateReceiveCount: '3',
          DeadLetterQueueSourceArn: await arnOf(clients, url),
        })
      },
    },

  'a redrive policy needs a queue of the same kind that is there, and 1 to 1,000 deliveries': {
    async run(clients) {
      const { sqs } = clients
      const fifo = await arnOf(clients, await createQueue(clients, { FifoQueue: 'true' }))
      const standard = await arnOf(clients, await createQueue(clients))
      const create = (deadLetterTargetArn: string, maxReceiveCount: number) => () =>
        sqs.send(
          new CreateQueueCommand({
            QueueName: freshName('wrong'),
            Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) },
          }),
        )
      await expectRefusals('InvalidParameterValue', [
        create('dummy', 3),
        create(`${standard}-missing`, 3),
        create(fifo, 3),
        create(standard, 0),
        create(standard, 1_001),
      ])
    },
  },

  'a dead-letter queue knows its sources': {
    async run(clients) {
      const { url, dead } = await queueWithDeadLetters(clients, 5)
      const list = await clients.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }))
      expect(list.queueUrls).toEqual([url])
    },
  },

  'redrive takes dead letters back to where they came from, as new messages': {
    async run(clients) {
      const { sqs, time } = clients
      const { url, dead } = await queueWithDeadLetters(clients, 1)
      const id = await send(clients, url, 'poison')
      await exhaust(clients, url)
      const arn = await arnOf(clients, dead)
      const { TaskHandle: handle } = await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn }))
      expect(handle).toBeTruthy()
      await time.pass(1_000)
      const [message] = await receive(clients, url, { WaitTimeSeconds: 5 })
      expect(message?.Body).toBe('poison')
      expect(message?.MessageId).not.toBe(id)
      expect(message?.Attributes?.ApproximateReceiveCount).toBe('1')
      const { Results: results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn }))
      expect(results).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }])
    },
  },

  'redrive may go elsewhere, at a rate, one task at a time, and can be called off': {
    slow: true,
    async run(clients) {
      const { sqs, time } = clients
      const { url, dead } = await queueWithDeadLetters(clients, 1)
      for (let at = 0; at < 10; at++) await send(clients, url, `poison ${at}`)
      await exhaust(clients, url)
      const elsewhere = await createQueue(clients)
      const [SourceArn, DestinationArn] = [await arnOf(clients, dead), await arnOf(clients, elsewhere)]
      const start = () =>
        sqs.send(
          new StartMessageMoveTaskCommand({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 1 }),
        )
      const { TaskHandle } = await start()
      expect(await refusal(start())).toBe('InvalidParameterValue')
      await time.pass(3_500)
      await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
      await time.pass(10_000)
      const moved = await drain(clients, elsewhere)
      expect(moved.length).toBeGreaterThan(0)
      expect(moved.length).toBeLessThan(10)
      const { Results: results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))
      expect(results?.[0]?.Status).toBe('CANCELLED')
    },
  },

  'redrive starts at a dead-letter queue and ends at a queue that is there': {
    async run(clients) {
      const { sqs } = clients
      const { dead } = await queueWithDeadLetters(clients, 1)
      const arn = await arnOf(clients, dead)
      const plain = await arnOf(clients, await createQueue(clients))
      const start = (SourceArn: string, DestinationArn?: string) =>
        refusal(sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn })))
      expect(await start(plain)).toBe('InvalidParameterValue')
      expect(await start(`${arn}-missing`)).toBe('ResourceNotFoundException')
      expect(await start(arn, `${plain}-missing`)).toBe('ResourceNotFoundException')
    },
  },
}
