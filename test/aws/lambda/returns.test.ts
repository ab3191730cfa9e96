import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { createReturns, waitSeconds } from '../../../src/aws/lambda/returns.ts'
import { createSqsStandIn } from '../../../src/stand-ins/index.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { sqsRecord } from './support.ts'

async function setUp({ remainingMs = 30_000 } = {}) {
  const clock = new VirtualClock()
  const client = new SQSClient(createSqsStandIn({ clock }).clientConfig)
  const Attributes = { VisibilityTimeout: '180' }
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: 'workflow', Attributes }))
  const logger = recordingLogger()
  const returns = createReturns({
    client,
    queueUrls: { workflow: QueueUrl, activity: 'https://sqs.us-east-1.amazonaws.com/123456789012/none' },
    logger,
    remainingTimeMs: () => remainingMs,
    random: () => 1,
  })

  async function receive() {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    )
    return Messages.map(({ MessageId = '', ReceiptHandle = '' }) =>
      sqsRecord('x', { messageId: MessageId, receiptHandle: ReceiptHandle }),
    )
  }
  return { clock, client, QueueUrl, returns, logger, receive }
}

test('what is given back is visible again after seconds, not after the timeout of the queue', async () => {
  const { clock, client, QueueUrl, returns, receive } = await setUp()
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
  const records = await receive()
  await returns.hasten('workflow', records)
  expect(await receive()).toEqual([])
  await clock.runUntil(() => false, 6_000)
  clock.at(6_000, () => {})
  clock.step()
  expect(await receive()).toMatchObject(records.map(({ messageId }) => ({ messageId })))
})

test('nothing depends on it: a queue that is not there is a line in the log', async () => {
  const { returns, logger } = await setUp()
  await returns.hasten('activity', [sqsRecord('x')])
  expect(logger.lines).toMatchObject([{ level: 'debug', fields: { queue: 'activity' } }])
})

test('with no time left nothing is asked for', async () => {
  const { returns, logger } = await setUp({ remainingMs: 1_000 })
  await returns.hasten('activity', [sqsRecord('x')])
  expect(logger.lines).toEqual([])
})

test('the waits grow, and ten deliveries take about an hour', () => {
  const waits = Array.from({ length: 9 }, (_, at) => waitSeconds(at + 1, () => 1))
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits[0]).toBe(5)
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(3_860)
  expect(waitSeconds(1, () => 0)).toBe(3)
})
