// What the services may do and hardly ever do, on demand; and that a stand-in is the same however often it is run.

import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type Target,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { CreateTopicCommand, PublishCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { refusal } from './contract.ts'
import { openStandIns, type StandIns } from './harness.ts'
import { arnOf, createQueue, drain, receive, remove, send } from './sqs-clients.ts'

const minuteMs = 60_000

test('several clients share one stand-in', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await send(standIns, url, 'x')
  const other = { ...standIns, sqs: new SQSClient(standIns.sqsStandIn.clientConfig) }
  expect(await drain(other, url)).toEqual(['x'])
})

test('a standard queue may deliver a message twice: both copies have the same id, and each is deleted by itself', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  standIns.sqsFaults.duplicateAfterMs = () => 3_000
  const id = await send(standIns, url, 'x')
  const [first] = await receive(standIns, url)
  await remove(standIns, url, first)
  expect(await receive(standIns, url)).toEqual([])
  await standIns.time.pass(3_000)
  const [second] = await receive(standIns, url)
  expect([first?.MessageId, second?.MessageId]).toEqual([id, id])
  expect(second?.Attributes?.ApproximateReceiveCount).toBe('1')
})

test('a deleted message may come back', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  standIns.sqsFaults.undeleteAfterMs = () => 10_000
  const id = await send(standIns, url, 'x')
  const [first] = await receive(standIns, url)
  await remove(standIns, url, first)
  standIns.sqsFaults.undeleteAfterMs = () => undefined
  await standIns.time.pass(10_000)
  expect((await receive(standIns, url)).map(({ MessageId }) => MessageId)).toEqual([id])
})

test('a standard queue may deliver in any order, and few at a time', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  standIns.sqsFaults.pick = (count) => count - 1
  standIns.sqsFaults.shortReceive = () => 2
  for (const body of ['a', 'b', 'c', 'd', 'e']) await send(standIns, url, body)
  expect((await receive(standIns, url)).map(({ Body }) => Body)).toEqual(['e', 'd'])
  expect(await drain(standIns, url)).toEqual(['c', 'b', 'a'])
})

test('a FIFO queue neither duplicates nor reorders, whatever is asked for', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, { FifoQueue: 'true', ContentBasedDeduplication: 'true' })
  Object.assign(standIns.sqsFaults, {
    duplicateAfterMs: () => 0,
    undeleteAfterMs: () => 0,
    pick: (n: number) => n - 1,
  })
  for (const body of ['a', 'b', 'c']) await send(standIns, url, body, { MessageGroupId: 'g' })
  expect(await drain(standIns, url)).toEqual(['a', 'b', 'c'])
})

test('a message may take its time', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  standIns.sqsFaults.latencyMs = () => 90_000
  await send(standIns, url, 'x', { DelaySeconds: 10 })
  await standIns.time.pass(99_999)
  expect(await receive(standIns, url)).toEqual([])
  await standIns.time.pass(1)
  expect(await receive(standIns, url)).toHaveLength(1)
})

test.each([
  ['internal error', false, 'InternalError'],
  ['throttled', true, 'RequestThrottled'],
] as const)('an entry of a batch may fail alone: %s', async (fault, SenderFault, Code) => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  standIns.sqsFaults.failEntry = ({ operation, id }) =>
    operation === 'SendMessageBatch' && id === 'b' ? fault : undefined
  const Entries = ['a', 'b'].map((id) => ({ Id: id, MessageBody: id }))
  const result = await standIns.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
  expect(result.Failed).toEqual([{ Id: 'b', SenderFault, Code, Message: 'A fault was asked for.' }])
  expect(await drain(standIns, url)).toEqual(['a'])
})

test.each([
  ['throttled', 'RequestThrottled', 0],
  ['internal error', 'InternalFailure', 0],
  ['unreachable', 'Error', 0],
  ['answer lost', 'Error', 1],
] as const)(
  'a request that is %s fails, and what it asked for is done or not done',
  async (fault, name, done) => {
    const standIns = openStandIns()
    const url = await createQueue(standIns)
    standIns.sqsFaults.request = ({ operation }) => (operation === 'SendMessage' ? fault : undefined)
    expect(await refusal(send(standIns, url, 'x'))).toBe(name)
    expect(await drain(standIns, url)).toHaveLength(done)
  },
)

test.each([
  ['sns', 'ThrottledException'],
  ['scheduler', 'ThrottlingException'],
] as const)('%s throttles by its own name', async (service, name) => {
  const standIns = openStandIns()
  standIns.snsFaults.request = () => 'throttled'
  standIns.schedulerFaults.request = () => 'throttled'
  const calls = {
    sns: () => standIns.sns.send(new CreateTopicCommand({ Name: 'x' })),
    scheduler: () => standIns.scheduler.send(new GetScheduleCommand({ Name: 'x' })),
  }
  expect(await refusal(calls[service]())).toBe(name)
})

test('counts may be told wrong, while the queue goes by the right ones', async () => {
  const standIns = openStandIns()
  const dead = await createQueue(standIns)
  const policy = { deadLetterTargetArn: await arnOf(standIns, dead), maxReceiveCount: 2 }
  const url = await createQueue(standIns, { RedrivePolicy: JSON.stringify(policy), VisibilityTimeout: '1' })
  standIns.sqsFaults.receiveCount = () => 1
  standIns.sqsFaults.messageCount = () => 0
  await send(standIns, url, 'x')
  for (let at = 0; at < 2; at++) {
    const [message] = await receive(standIns, url, { WaitTimeSeconds: 5 })
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1')
  }
  expect(await receive(standIns, url, { WaitTimeSeconds: 5 })).toEqual([])
  const command = new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['All'] })
  expect((await standIns.sqs.send(command)).Attributes).toMatchObject({ ApproximateNumberOfMessages: '0' })
  expect(await drain(standIns, dead)).toEqual(['x'])
})

test('at its limit of messages in flight a standard queue refuses a short poll and lets a long one wait', async () => {
  const standIns = openStandIns({ inFlightLimit: 2 })
  const url = await createQueue(standIns)
  for (const body of ['a', 'b', 'c']) await send(standIns, url, body)
  const [first] = await receive(standIns, url)
  expect(await refusal(receive(standIns, url))).toBe('OverLimit')
  const waiting = receive(standIns, url, { WaitTimeSeconds: 20 })
  await remove(standIns, url, first)
  expect((await waiting).map(({ Body }) => Body)).toEqual(['c'])
})

test('a request that its caller gives up is over, and takes no message with it', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  const queue = standIns.sqsStandIn.queue(url.split('/').at(-1) ?? '')
  const giveUp = new AbortController()
  const polling = queue.receive({ waitMs: 20_000, signal: giveUp.signal })
  giveUp.abort()
  await expect(polling).rejects.toThrow('Request aborted')
  await send(standIns, url, 'x')
  expect(await receive(standIns, url)).toHaveLength(1)
})

test('half a character is refused, as the documentation has it: surrogates are not among what is allowed', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  expect(await refusal(send(standIns, url, 'a\uD800b'))).toBe('InvalidMessageContents')
  expect(await refusal(send(standIns, url, 'a\u{1F600}b'))).toBe('accepted')
})

test('what the stand-ins do not do they refuse by a name of its own', async () => {
  const standIns = openStandIns()
  const { sqs, sns, scheduler } = standIns
  const url = await createQueue(standIns)
  expect(await refusal(sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: {} })))).toBe('InvalidAction')
  expect(await refusal(sns.send(new CreateTopicCommand({ Name: 'x.fifo' })))).toBe('NotImplementedByStandIn')
  const update = new UpdateScheduleCommand({
    Name: 'x',
    ScheduleExpression: 'rate(1 day)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: 'x', RoleArn: 'x' },
  })
  expect(await refusal(scheduler.send(update))).toBe('NotImplementedByStandIn')
})

test('a topic may give a queue the same message twice', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  const { TopicArn } = await standIns.sns.send(new CreateTopicCommand({ Name: 'news' }))
  const Endpoint = await arnOf(standIns, url)
  await standIns.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }))
  standIns.snsFaults.duplicateAfterMs = () => 1_000
  await standIns.sns.send(new PublishCommand({ TopicArn, Message: 'x' }))
  await standIns.time.pass(1_000)
  const messages = await receive(standIns, url)
  expect(new Set(messages.map(({ MessageId }) => MessageId)).size).toBe(2)
  const ids = messages.map(({ Body = '{}' }) => (JSON.parse(Body) as { MessageId: string }).MessageId)
  expect(new Set(ids).size).toBe(1)
})

interface ScheduleOptions {
  /** Ms from now. */
  readonly delayMs?: number
  readonly target?: Partial<Target>
}

/** Makes ready a schedule two minutes from now that deletes itself. */
async function prepare(standIns: StandIns, { delayMs = 2 * minuteMs, target = {} }: ScheduleOptions = {}) {
  const url = await createQueue(standIns)
  const arn = await arnOf(standIns, url)
  const at = new Date(standIns.clock.now() + delayMs).toISOString().slice(0, 19)
  const create = () =>
    standIns.scheduler.send(
      new CreateScheduleCommand({
        Name: 'timer',
        ScheduleExpression: `at(${at})`,
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: { Arn: arn, RoleArn: standIns.roleArn, Input: 'tick', ...target },
      }),
    )
  return { url, create }
}

test('a schedule may be late by a minute', async () => {
  const standIns = openStandIns()
  standIns.schedulerFaults.latenessMs = () => 59_999
  const { url, create } = await prepare(standIns)
  await create()
  await standIns.time.pass(3 * minuteMs - 2)
  expect(await receive(standIns, url)).toEqual([])
  await standIns.time.pass(1)
  expect(await receive(standIns, url)).toHaveLength(1)
})

test('a schedule may fire twice, and keep its name for some time after', async () => {
  const standIns = openStandIns()
  standIns.schedulerFaults.duplicateAfterMs = () => 5_000
  standIns.schedulerFaults.deletionAfterMs = () => 30_000
  const { url, create } = await prepare(standIns)
  await create()
  await standIns.time.pass(2 * minuteMs + 5_000)
  expect(await drain(standIns, url)).toEqual(['tick', 'tick'])
  expect(await refusal(create())).toBe('ConflictException')
  await standIns.time.pass(30_000)
  expect(standIns.schedulerStandIn.schedules).toEqual([])
  expect(await refusal(create())).toBe('ValidationException')
})

test('a schedule may fire although it was deleted', async () => {
  const standIns = openStandIns()
  standIns.schedulerFaults.fireAfterDelete = () => true
  const { url, create } = await prepare(standIns)
  await create()
  await standIns.scheduler.send(new DeleteScheduleCommand({ Name: 'timer', GroupName: 'default' }))
  await standIns.time.pass(2 * minuteMs)
  expect(await drain(standIns, url)).toEqual(['tick'])
})

test.each([
  ['fire now', ['tick']],
  ['never fire', []],
] as const)('a past time may be accepted, and then %s', async (fate, bodies) => {
  const standIns = openStandIns()
  standIns.schedulerFaults.pastTime = () => fate
  const { url, create } = await prepare(standIns, { delayMs: -minuteMs })
  await create()
  await standIns.time.pass(minuteMs)
  expect(await drain(standIns, url)).toEqual(bodies)
})

test('an account may have no room for another schedule', async () => {
  const standIns = openStandIns()
  standIns.schedulerFaults.quota = 0
  const { create } = await prepare(standIns)
  expect(await refusal(create())).toBe('ServiceQuotaExceededException')
})

test('a schedule whose queue is not there tries again until it is', async () => {
  const standIns = openStandIns()
  const { url, create } = await prepare(standIns)
  await create()
  await standIns.sqs.send(new DeleteQueueCommand({ QueueUrl: url }))
  await standIns.time.pass(5 * minuteMs)
  await standIns.sqs.send(new CreateQueueCommand({ QueueName: url.split('/').at(-1) }))
  await standIns.time.pass(10 * minuteMs)
  expect(await drain(standIns, url)).toEqual(['tick'])
  expect(standIns.schedulerStandIn.schedules).toEqual([])
})

test('an event that has become too old is given up', async () => {
  const standIns = openStandIns()
  const target = { RetryPolicy: { MaximumEventAgeInSeconds: 60 } }
  const { url, create } = await prepare(standIns, { target })
  await create()
  await standIns.sqs.send(new DeleteQueueCommand({ QueueUrl: url }))
  await standIns.time.pass(5 * minuteMs)
  await standIns.sqs.send(new CreateQueueCommand({ QueueName: url.split('/').at(-1) }))
  await standIns.time.pass(24 * 60 * minuteMs)
  expect(await drain(standIns, url)).toEqual([])
})

test('the same requests give the same ids, so that a run can be repeated', async () => {
  const run = async (): Promise<unknown> => {
    const standIns = openStandIns()
    const url = await createQueue(standIns)
    const ids: string[] = []
    for (const body of ['a', 'b', 'c']) ids.push(await send(standIns, url, body))
    return [ids, (await receive(standIns, url)).map(({ Attributes }) => Attributes)]
  }
  expect(await run()).toEqual(await run())
})
