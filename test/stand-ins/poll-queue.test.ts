// The event source mapping: batches, answers, time-outs, concurrency, and what Lambda refuses to set up.

import { expect, test } from 'vitest'
import { pollQueue, type PollOptions, type SqsEvent, type SqsHandler } from '../../src/stand-ins/index.ts'
import { openStandIns, type StandIns } from './harness.ts'
import type { SqsClients } from './sqs-clients.ts'
import { arnOf, createQueue, receive, send } from './sqs-clients.ts'

function queueAt({ sqsStandIn }: StandIns, url: string) {
  return sqsStandIn.queue(url.split('/').at(-1) ?? '')
}

interface Call {
  readonly at: number
  readonly event: SqsEvent
  readonly bodies: readonly string[]
}

/** Polls with a handler that writes its calls down and answers as told. */
function poll(
  standIns: StandIns,
  url: string,
  answer: (call: Call, number: number) => unknown,
  more: Partial<PollOptions> = {},
) {
  const { clock } = standIns
  const calls: Call[] = []
  const handler: SqsHandler = async (event) => {
    const call = { at: clock.now(), event, bodies: event.Records.map(({ body }) => body) }
    calls.push(call)
    return answer(call, calls.length)
  }
  const polling = pollQueue({ clock, queue: queueAt(standIns, url), handler, ...more })
  return { calls, polling }
}

async function sendAll(standIns: SqsClients, url: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await send(standIns, url, `m${at}`)
}

const failed = ({ event }: Call, ...bodies: readonly string[]) => ({
  batchItemFailures: event.Records.filter(({ body }) => bodies.includes(body)).map(({ messageId }) => ({
    itemIdentifier: messageId,
  })),
})

test('a handler gets the event that Lambda makes, with all fields of a record', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  const messageId = await send(standIns, url, '{"a":1}', {
    MessageAttributes: {
      kind: { DataType: 'String', StringValue: 'order' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
    },
  })
  const sentAt = String(standIns.clock.now())
  const { calls } = poll(standIns, url, () => null)
  await standIns.time.pass(0)
  expect(calls.map(({ event }) => event)).toEqual([
    {
      Records: [
        {
          messageId,
          receiptHandle: calls[0]?.event.Records[0]?.receiptHandle,
          body: '{"a":1}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: sentAt,
            SenderId: 'AIDASTANDIN',
            ApproximateFirstReceiveTimestamp: sentAt,
          },
          messageAttributes: {
            kind: {
              stringValue: 'order',
              stringListValues: [],
              binaryListValues: [],
              dataType: 'String',
            },
            bytes: {
              binaryValue: 'AQID',
              stringListValues: [],
              binaryListValues: [],
              dataType: 'Binary',
            },
          },
          md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
          eventSource: 'aws:sqs',
          eventSourceARN: await arnOf(standIns, url),
          awsRegion: 'us-east-1',
        },
      ],
    },
  ])
})

test('messages come in batches of ten, and are deleted when the handler has returned', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await sendAll(standIns, url, 25)
  const { calls } = poll(standIns, url, async () => {
    await standIns.clock.sleep(1_000)
    return { batchItemFailures: [] }
  })
  const queue = queueAt(standIns, url)
  await standIns.time.pass(500)
  expect(calls.map(({ bodies }) => bodies.length)).toEqual([10, 10, 5])
  expect(queue.counts()).toEqual({ visible: 0, inFlight: 25, delayed: 0 })
  await standIns.time.pass(500)
  expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
})

test('what is reported as failed comes again when its visibility ends, and the rest does not', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, { VisibilityTimeout: '30' })
  await sendAll(standIns, url, 3)
  const { calls } = poll(standIns, url, (call, number) => (number === 1 ? failed(call, 'm1') : null))
  await standIns.time.pass(60_000)
  const begun = calls[0]?.at ?? 0
  expect(calls.map(({ at, bodies }) => [at - begun, bodies])).toEqual([
    [0, ['m0', 'm1', 'm2']],
    [30_000, ['m1']],
  ])
  expect(calls[1]?.event.Records[0]?.attributes['ApproximateReceiveCount']).toBe('2')
})

test.each([
  ['throws', () => Promise.reject(new Error('no'))],
  ['answers wrongly', async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] })],
  ['takes too long', async ({ clock }: StandIns) => clock.sleep(3_001)],
])('when a handler %s, the whole batch comes again', async (_, act) => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, { VisibilityTimeout: '10' })
  await sendAll(standIns, url, 2)
  const { calls } = poll(standIns, url, (_call, number) => (number === 1 ? act(standIns) : null))
  await standIns.time.pass(30_000)
  expect(calls.map(({ bodies }) => bodies)).toEqual([
    ['m0', 'm1'],
    ['m0', 'm1'],
  ])
  expect((calls[1]?.at ?? 0) - (calls[0]?.at ?? 0)).toBe(10_000)
})

test('a handler that was too late goes on as a zombie: its answer counts for nothing', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, { VisibilityTimeout: '10' })
  await send(standIns, url, 'x')
  let zombies = 0
  const failures: unknown[] = []
  const { calls } = poll(
    standIns,
    url,
    async (_call, number) => {
      if (number > 1) return null
      await standIns.clock.sleep(5_000)
      zombies++
      return null
    },
    { onFailure: (error) => failures.push(error) },
  )
  await standIns.time.pass(30_000)
  expect([zombies, calls.length]).toEqual([1, 2])
  expect(String(failures)).toContain('Task timed out after 3 seconds')
})

test('a handler knows how long it has', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await send(standIns, url, 'x')
  const times: number[] = []
  const handler: SqsHandler = async (_event, context) => {
    times.push(context.getRemainingTimeInMillis())
    await standIns.clock.sleep(4_000)
    times.push(context.getRemainingTimeInMillis())
  }
  pollQueue({ clock: standIns.clock, queue: queueAt(standIns, url), handler, functionTimeoutSeconds: 30 })
  await standIns.time.pass(5_000)
  expect(times).toEqual([30_000, 26_000])
})

test('without ReportBatchItemFailures the answer is ignored', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, { VisibilityTimeout: '5' })
  await send(standIns, url, 'x')
  const { calls } = poll(standIns, url, (call) => failed(call, 'x'), { reportBatchItemFailures: false })
  await standIns.time.pass(20_000)
  expect(calls).toHaveLength(1)
})

test('a window gathers more than ten, until it is over or the batch is full', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  const { clock } = standIns
  const { calls } = poll(standIns, url, () => null, { batchSize: 15, batchWindowSeconds: 5 })
  for (const delay of [0, 3, 6]) await send(standIns, url, `after ${delay}`, { DelaySeconds: delay })
  const begun = clock.now()
  await standIns.time.pass(20_000)
  expect(calls.map(({ at, bodies }) => [at - begun, bodies])).toEqual([
    [5_000, ['after 0', 'after 3']],
    [11_000, ['after 6']],
  ])
  calls.length = 0
  await sendAll(standIns, url, 20)
  await standIns.time.pass(20_000)
  expect(calls.map(({ bodies }) => bodies.length)).toEqual([15, 5])
})

test('a batch of large messages is no larger than a call can be', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  for (let at = 0; at < 12; at++) await send(standIns, url, 'x'.repeat(1_000_000))
  const { calls } = poll(standIns, url, () => null, { batchSize: 100, batchWindowSeconds: 5 })
  await standIns.time.pass(30_000)
  expect(calls.reduce((sum, { bodies }) => sum + bodies.length, 0)).toBe(12)
  expect(Math.max(...calls.map(({ event }) => JSON.stringify(event).length))).toBeLessThan(6 * 1024 * 1024)
  expect(calls[0]?.bodies).toHaveLength(6)
})

test('no more calls run at once than are allowed, and the rest waits in the queue', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await sendAll(standIns, url, 6)
  let running = 0
  let most = 0
  const { polling } = poll(
    standIns,
    url,
    async () => {
      most = Math.max(most, ++running)
      await standIns.clock.sleep(1_000)
      running--
      return null
    },
    { batchSize: 1, maximumConcurrency: 2 },
  )
  await standIns.time.pass(500)
  expect([polling.active, queueAt(standIns, url).counts().visible]).toEqual([2, 4])
  await standIns.time.pass(3_000)
  expect([most, polling.active, queueAt(standIns, url).counts().visible]).toEqual([2, 0, 0])
})

test('groups of a FIFO queue are handled side by side, each in its order', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, { FifoQueue: 'true', ContentBasedDeduplication: 'true' })
  for (const body of ['a1', 'a2', 'b1', 'b2', 'a3']) {
    await send(standIns, url, body, { MessageGroupId: body.charAt(0) })
  }
  const { calls } = poll(
    standIns,
    url,
    async () => {
      await standIns.clock.sleep(1_000)
      return null
    },
    { batchSize: 2 },
  )
  await standIns.time.pass(10_000)
  const bodies = calls.flatMap((call) => call.bodies)
  expect(bodies.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
  expect(bodies.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2'])
})

test('a message that fails again and again ends in the dead-letter queue', async () => {
  const standIns = openStandIns()
  const dead = await createQueue(standIns)
  const policy = { deadLetterTargetArn: await arnOf(standIns, dead), maxReceiveCount: 3 }
  const url = await createQueue(standIns, { RedrivePolicy: JSON.stringify(policy), VisibilityTimeout: '3' })
  await send(standIns, url, 'poison')
  const { calls } = poll(standIns, url, (call) => failed(call, 'poison'))
  await standIns.time.pass(30_000)
  expect(calls).toHaveLength(3)
  expect((await receive(standIns, dead)).map(({ Body }) => Body)).toEqual(['poison'])
})

test('a deletion that does not last delivers the message again', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await send(standIns, url, 'x')
  let left = 1
  standIns.sqsFaults.undeleteAfterMs = () => (left-- > 0 ? 1_000 : undefined)
  const { calls } = poll(standIns, url, () => null)
  await standIns.time.pass(5_000)
  expect(calls.map(({ bodies }) => bodies)).toEqual([['x'], ['x']])
})

test('after a stop nothing more is begun, and what runs is awaited', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await send(standIns, url, 'x')
  const { calls, polling } = poll(standIns, url, async () => {
    await standIns.clock.sleep(1_000)
    return null
  })
  await standIns.time.pass(0)
  await standIns.time.during(polling.stop())
  expect(polling.active).toBe(0)
  await send(standIns, url, 'y')
  await standIns.time.pass(10_000)
  expect(calls).toHaveLength(1)
  expect(queueAt(standIns, url).counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 })
})

test('polling an empty queue leaves nothing to happen, so that months pass at once', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  poll(standIns, url, () => null)
  expect(await standIns.clock.runUntil(() => false)).toBe(false)
  expect(standIns.clock.step()).toBe(false)
})

test('messages that send themselves again for ever leave others their turn: each delivery is a step of the clock', async () => {
  const standIns = openStandIns()
  const url = await createQueue(standIns)
  await send(standIns, url, 'again')
  const { calls } = poll(standIns, url, async (_call, number) => {
    if (number < 1_000) await send(standIns, url, 'again')
    return null
  })
  await standIns.clock.runUntil(() => calls.length >= 10)
  expect(calls.length).toBeLessThan(100)
})

const takesThree = ((_event: SqsEvent, _context: unknown, _callback: unknown) =>
  null) as unknown as SqsHandler

test.each<readonly [string, Partial<PollOptions>, Readonly<Record<string, string>>]>([
  ['a visibility below the time-out', { functionTimeoutSeconds: 31 }, {}],
  ['more than ten without a window', { batchSize: 11 }, {}],
  ['more than 10,000', { batchSize: 10_001, batchWindowSeconds: 1 }, {}],
  ['a window of more than five minutes', { batchWindowSeconds: 301 }, {}],
  ['a window on a FIFO queue', { batchWindowSeconds: 1 }, { FifoQueue: 'true' }],
  [
    'batches of more than ten on a FIFO queue',
    { batchSize: 11, batchWindowSeconds: 1 },
    { FifoQueue: 'true' },
  ],
  ['a concurrency of one', { maximumConcurrency: 1 }, {}],
  ['a time-out of more than 15 minutes', { functionTimeoutSeconds: 901, visibilitySeconds: 2_000 }, {}],
  ['a handler with a third parameter', { handler: takesThree }, {}],
])('%s is refused when it is set up', async (_, options, attributes) => {
  const standIns = openStandIns()
  const url = await createQueue(standIns, attributes)
  expect(() => poll(standIns, url, () => null, options)).toThrow(
    expect.objectContaining({ code: 'InvalidParameterValueException' }),
  )
})
