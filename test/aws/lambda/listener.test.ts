import type { SNSHandler, SQSHandler } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { activityHandler, listener, type ListenerMap, orchestratorHandler } from '../../../src/aws/index.ts'
import type { SnsMessage, SqsBatchResponse, SqsRecord } from '../../../src/aws/lambda/events.ts'
import type { WorkflowContext } from '../../../src/index.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import {
  connect,
  context,
  createWorld,
  failedIds,
  fails,
  sqsEvent,
  sqsRecord,
  type World,
  type WorldOptions,
} from './support.ts'

const wait = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('approval')

const toApproval: ListenerMap = (message) => {
  const { order } = message.json() as { order: string }
  return { instanceId: order, eventName: 'approval', data: { from: message.source } }
}

async function setUp(map: ListenerMap = toApproval, options: WorldOptions = {}) {
  const world = createWorld(options)
  await world.management.start({ workflowName: 'wait', instanceId: 'laptop' })
  const handler = listener(map, { backend: world.backend })
  const handle = async (...records: readonly SqsRecord[]) =>
    failedIds((await handler(sqsEvent(...records), context)) as SqsBatchResponse)
  return { world, handler, handle }
}

async function inboxOf({ memory }: World, instanceId = 'laptop'): Promise<readonly (readonly unknown[])[]> {
  const row = await memory.store.getInstance(instanceId)
  if (!row) return []
  const { inbox } = await memory.store.read(row)
  return inbox.map(({ factId, event }) => [factId, 'input' in event ? event.input : undefined])
}

const topicArn = 'arn:aws:sns:us-east-1:123456789012:approvals'

function snsMessage(text: string, more: Partial<SnsMessage> = {}): SnsMessage {
  return {
    MessageId: 'sns-1',
    TopicArn: topicArn,
    Message: text,
    Subject: null,
    MessageAttributes: {},
    ...more,
  }
}

/** What SNS puts into the body of a message of SQS. */
function envelope(text: string, more: Partial<SnsMessage> = {}): string {
  const signature = { SignatureVersion: '1', Signature: 'x', SigningCertURL: 'x', UnsubscribeURL: 'x' }
  return JSON.stringify({ Type: 'Notification', Timestamp: 'x', ...snsMessage(text, more), ...signature })
}

const approval = '{"order":"laptop"}'

describe('an event is raised once, by the id of its message,', () => {
  test('from SNS', async () => {
    const { world, handler } = await setUp()
    const event = { Records: [{ EventSource: 'aws:sns', Sns: snsMessage(approval) }] }
    expect(await handler(event, context)).toBeUndefined()
    await handler(event, context)
    expect(await inboxOf(world)).toEqual([['e:sns-1', JSON.stringify({ from: topicArn })]])
  })

  test('from SNS through SQS, in an envelope', async () => {
    const { world, handle } = await setUp()
    const first = sqsRecord(envelope(approval))
    const again = sqsRecord(envelope(approval))
    expect(await handle(first)).toEqual([])
    expect(await handle(again)).toEqual([])
    expect(await inboxOf(world)).toEqual([['e:sns-1', JSON.stringify({ from: topicArn })]])
  })

  test.each(['a message of SQS, or raw from SNS', 'a message of a FIFO queue'])('from %s', async (title) => {
    const { world, handle } = await setUp()
    const eventSourceARN = `arn:aws:sqs:us-east-1:1:orders${title.includes('FIFO') ? '.fifo' : ''}`
    const record = sqsRecord(approval, { messageId: 'sqs-1', eventSourceARN })
    expect(await handle(record)).toEqual([])
    expect(await handle(record)).toEqual([])
    expect(await inboxOf(world)).toEqual([['e:sqs-1', JSON.stringify({ from: eventSourceARN })]])
  })
})

test('the mapping sees text, attributes, subject and source, of whichever shape', async () => {
  const seen: unknown[] = []
  const { handle, handler } = await setUp(({ id, text, attributes, subject, source, receiveCount }) => {
    seen.push({ id, text, attributes, subject, source, receiveCount })
    return undefined
  })
  const more = { MessageAttributes: { kind: { Type: 'String', Value: 'urgent' } }, Subject: 'Hello' }
  await handler({ Records: [{ EventSource: 'aws:sns', Sns: snsMessage('text', more) }] }, context)
  await handle(
    sqsRecord(envelope('text', more), { attributes: { ApproximateReceiveCount: '3' } }),
    sqsRecord('text', {
      messageId: 'sqs-1',
      messageAttributes: { kind: { stringValue: 'urgent' }, blob: { binaryValue: 'AAAA' } },
    }),
  )
  const common = { text: 'text', attributes: { kind: 'urgent' } }
  const source = 'arn:aws:sqs:us-east-1:123456789012:queue'
  expect(seen).toEqual([
    { ...common, id: 'sns-1', subject: 'Hello', source: topicArn, receiveCount: 1 },
    { ...common, id: 'sns-1', subject: 'Hello', source: topicArn, receiveCount: 3 },
    { ...common, id: 'sqs-1', source, receiveCount: 1 },
  ])
})

test.each([
  ['looks like an envelope and is none', '{"Type":"Notification","Message":"x"}'],
  [
    'is an envelope of something else',
    '{"Type":"SubscriptionConfirmation","MessageId":"1","TopicArn":"t","Message":"m"}',
  ],
  ['speaks of a "Notification"', 'a "Notification" in passing'],
  ['is broken', '{"Type":"Notification",'],
])('text that %s is text', async (_, text) => {
  const seen: string[] = []
  const { handle } = await setUp(({ text: heard }) => {
    seen.push(heard)
    return undefined
  })
  expect(await handle(sqsRecord(text))).toEqual([])
  expect(seen).toEqual([text])
})

test('a message that the mapping cannot read comes again alone, and is not shown in the log', async () => {
  const { world, handle } = await setUp()
  const bad = sqsRecord('secret, and no JSON')
  expect(await handle(sqsRecord(approval, { messageId: 'good' }), bad)).toEqual([bad.messageId])
  expect(await inboxOf(world)).toHaveLength(1)
  expect(world.metrics).toEqual([['ListenerFailures', 1]])
  expect(JSON.stringify(world.logger.lines)).not.toContain('secret')
})

test('a message that is not for us is done', async () => {
  const { world, handle } = await setUp(() => undefined)
  expect(await handle(sqsRecord('anything'))).toEqual([])
  expect(await inboxOf(world)).toEqual([])
})

test('an event for an instance that is not there yet comes again', async () => {
  const { handle } = await setUp()
  const early = sqsRecord('{"order":"unknown"}')
  expect(await handle(early)).toEqual([early.messageId])
})

test('an event that comes after the end is dropped, and the drop is counted', async () => {
  const { world, handle } = await setUp()
  const app = defineApp({ workflows: { wait } })
  const options = { backend: world.backend }
  connect(world, { workflow: orchestratorHandler(app, options), activity: activityHandler(app, options) })
  await handle(sqsRecord(approval))
  await world.memory.clock.runUntil(() => false)
  expect(await world.memory.store.getInstance('laptop')).toMatchObject({ status: 'COMPLETED' })
  expect(await handle(sqsRecord(approval))).toEqual([])
  expect(world.metrics).toEqual([['ListenerDrops', 1]])
})

test('an id that was used for something else is a failure, not a silent second event', async () => {
  const { handle } = await setUp((message) => ({
    instanceId: 'laptop',
    eventName: 'approval',
    data: message.text,
    eventId: 'same',
  }))
  const [first, second] = [sqsRecord('a'), sqsRecord('b')]
  expect(await handle(first)).toEqual([])
  expect(await handle(second)).toEqual([second.messageId])
})

describe('a start', () => {
  const toStart: ListenerMap = (message) => ({
    workflowName: 'wait',
    input: message.json(),
    tags: { source: 'orders' },
  })

  test('takes the id of its message, so a redelivery starts nothing, even after the end', async () => {
    const { world, handle } = await setUp(toStart)
    const record = sqsRecord('{"n":1}', { messageId: 'order-1' })
    expect(await handle(record)).toEqual([])
    const row = await world.memory.store.getInstance('order-1')
    expect(row).toMatchObject({ input: '{"n":1}', startKey: 'order-1', tags: { source: 'orders' } })
    expect(await handle(record)).toEqual([])
    expect(await world.memory.store.getInstance('order-1')).toMatchObject({ incarnation: row?.incarnation })
  })

  test('of an id that lives with another input is a failure', async () => {
    const { handle } = await setUp((message) => ({
      workflowName: 'wait',
      instanceId: 'same',
      input: message.text,
    }))
    const other = sqsRecord('b')
    expect(await handle(sqsRecord('a'))).toEqual([])
    expect(await handle(other)).toEqual([other.messageId])
  })
})

describe('after a failure', () => {
  const map: ListenerMap = (message) => {
    if (message.text === 'bad') throw new Error('bad')
    return { instanceId: 'laptop', eventName: 'approval', data: message.text }
  }
  const record = (messageId: string, MessageGroupId: string, text: string, suffix: string) =>
    sqsRecord(text, {
      messageId,
      eventSourceARN: `arn:aws:sqs:us-east-1:1:orders${suffix}`,
      attributes: { ApproximateReceiveCount: '1', MessageGroupId },
    })
  const batch = (suffix: string) => [
    record('1', 'a', 'one', suffix),
    record('2', 'a', 'bad', suffix),
    record('3', 'b', 'two', suffix),
    record('4', 'a', 'three', suffix),
  ]

  test('a FIFO queue keeps its order: the rest of the group waits, other groups do not', async () => {
    const { world, handle } = await setUp(map)
    expect(await handle(...batch('.fifo'))).toEqual(['2', '4'])
    const ids = (await inboxOf(world)).map(([id]) => id)
    expect(ids).toEqual(expect.arrayContaining(['e:1', 'e:3']))
    expect(ids).not.toContain('e:4')
  })

  test('a standard queue has no order to keep, groups or not', async () => {
    const { handle } = await setUp(map)
    expect(await handle(...batch(''))).toEqual(['2'])
  })

  test('the messages of a FIFO group are taken one after another', async () => {
    let underWay = 0
    let most = 0
    const { handle } = await setUp(async (message) => {
      most = Math.max(most, ++underWay)
      await Promise.resolve()
      underWay--
      return { instanceId: 'laptop', eventName: 'approval', data: message.text }
    })
    await handle(...['1', '2', '3'].map((id) => record(id, 'a', id, '.fifo')))
    expect(most).toBe(1)
  })

  test('of SNS the whole event fails, so that Lambda tries it again', async () => {
    const { world, handler } = await setUp(map)
    const records = ['bad', 'good'].map((text) => ({
      EventSource: 'aws:sns',
      Sns: snsMessage(text, { MessageId: text }),
    }))
    await expect(handler({ Records: records }, context)).rejects.toThrow('bad')
    expect((await inboxOf(world)).map(([id]) => id)).toContain('e:good')
    expect(world.metrics).toEqual([['ListenerFailures', 1]])
  })
})

test('what the store does not take comes again', async () => {
  const { handle } = await setUp(toApproval, {
    ports: (ports) => withPorts(ports, { putInbox: fails }),
  })
  const record = sqsRecord(approval)
  expect(await handle(record)).toEqual([record.messageId])
})

test('names like __proto__ are names', async () => {
  const { handle } = await setUp(({ attributes }) => {
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype)
    expect(Object.keys(attributes)).toEqual(['__proto__'])
    return undefined
  })
  const messageAttributes = JSON.parse('{"__proto__":{"stringValue":"x"}}') as never
  expect(await handle(sqsRecord('text', { messageAttributes }))).toEqual([])
})

test.each([
  ['nothing', undefined],
  ['an event without records', {}],
  ['a record of SNS without a message', { Records: [{ EventSource: 'aws:sns', Sns: { MessageId: '' } }] }],
])('%s is refused', async (_, event) => {
  const { handler } = await setUp()
  await expect(handler(event as never, context)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('a listener declares two parameters, and fits the published types of both services', async () => {
  const { handler } = await setUp()
  const published: readonly (SQSHandler | SNSHandler)[] = [handler, handler]
  expect(published.map(({ length }) => length)).toEqual([2, 2])
})
