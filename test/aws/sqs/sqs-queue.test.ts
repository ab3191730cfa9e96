// The queue port on SQS, through the real client: all or nothing, in as few requests as the limits allow.

import { SQSClient } from '@aws-sdk/client-sqs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sqsLimits } from '../../../src/aws/sqs/limits.ts'
import { createSqsQueue } from '../../../src/aws/sqs/sqs-queue.ts'
import type { ActivityMessage, Doorbell } from '../../../src/runtime/messages.ts'
import { isTenutoError } from '../../../src/workflow/errors.ts'
import { silentLogger } from '../../../src/workflow/logger.ts'
import { numRuns } from '../../support/property.ts'
import { openHarness } from './harness.ts'

const key = { v: 1, instanceId: 'order-1', incarnation: 'i' } as const

function doorbell(at: number): Doorbell {
  return { ...key, kind: 'doorbell', token: `t${at}`, factIds: [`f${at}`] }
}

function activity(at: number, input = ''): ActivityMessage {
  const call = { generation: 1, seq: at, firstSeq: at, name: 'charge', attempt: 1 }
  return { ...key, kind: 'activity', token: `t${at}`, input, ...call }
}

function doorbells(count: number): Doorbell[] {
  return Array.from({ length: count }, (_, at) => doorbell(at))
}

test('each kind of message goes to its queue and arrives as it was sent', async () => {
  const { queue, drain } = await openHarness()
  const messages = [doorbell(1), activity(2, '"é\u0000\uD800"')]
  await queue.send(messages)
  expect(await drain('workflow')).toEqual([messages[0]])
  expect(await drain('activity')).toEqual([messages[1]])
})

test('ten messages share a request', async () => {
  const { queue, requests, drain } = await openHarness()
  await queue.send(doorbells(25))
  expect(requests.map(({ operation, items }) => [operation, items])).toEqual([
    ['SendMessageBatch', 10],
    ['SendMessageBatch', 10],
    ['SendMessageBatch', 5],
  ])
  expect(await drain('workflow')).toHaveLength(25)
})

test('nothing to send is no request', async () => {
  const { queue, requests } = await openHarness()
  await queue.send([])
  expect(requests).toEqual([])
})

test('a request stays below 1 MiB, whatever the sizes of its messages', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 14 })
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const { queue, requests, drain } = await openHarness()
      const messages = lengths.map((length, at) => activity(at, 'x'.repeat(length)))
      await queue.send(messages)
      expect(await drain('activity')).toEqual(messages)
      expect(Math.max(...requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(sqsLimits.messageBytes)
      expect(requests.reduce((sum, { items }) => sum + items, 0)).toBe(messages.length)
    }),
    { numRuns: numRuns(15) },
  )
})

test('the largest message that fits arrives, and one byte more is refused before anything is sent', async () => {
  const { queue, requests, drain } = await openHarness()
  const empty = JSON.stringify(activity(1)).length
  const largest = activity(1, 'x'.repeat(sqsLimits.messageBytes - empty))
  expect(queue.fits(largest)).toBe(true)
  await queue.send([largest])
  expect(await drain('activity')).toEqual([largest])
  requests.length = 0
  const tooLarge = { ...largest, input: `${largest.input}x` }
  expect(queue.fits(tooLarge)).toBe(false)
  const refused = await queue.send([doorbell(1), tooLarge]).catch((error: unknown) => error)
  expect(isTenutoError(refused, 'PAYLOAD_TOO_LARGE')).toBe(true)
  expect(String(refused)).toContain(
    `has ${sqsLimits.messageBytes + 1} bytes; a queue takes ${sqsLimits.messageBytes}`,
  )
  expect(requests).toEqual([])
})

test('a queue that takes less is told so', async () => {
  const { queue } = await openHarness({ maxMessageBytes: 1_000 })
  expect(queue.fits(activity(1, 'x'.repeat(500)))).toBe(true)
  await expect(queue.send([activity(1, 'x'.repeat(900))])).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  })
})

test('a delay is rounded up to whole seconds: a message is never early, and at most a second late', async () => {
  const delays = fc.integer({ min: 0, max: 900_000 })
  await fc.assert(
    fc.asyncProperty(delays, async (delayMs) => {
      const { queue, clock, sqs, settle } = await openHarness()
      const sentAt = clock.now()
      await queue.send([doorbell(1)], delayMs)
      await settle(sqs.queue('workflow').receive({ waitMs: Infinity }))
      const waited = clock.now() - sentAt
      expect(waited).toBeGreaterThanOrEqual(delayMs)
      expect(waited - delayMs).toBeLessThan(1_000)
    }),
    { numRuns: numRuns(30) },
  )
})

test('a delay of more than 15 minutes is one of 15 minutes: the message comes early, and says so by its due time', async () => {
  const { queue, clock, sqs, settle } = await openHarness()
  const sentAt = clock.now()
  await queue.send([doorbell(1)], 30 * 86_400_000)
  await settle(sqs.queue('workflow').receive({ waitMs: Infinity }))
  expect(clock.now() - sentAt).toBe(900_000)
})

test('messages with delays of their own share a request', async () => {
  const { queue, requests, pass, drain } = await openHarness()
  await queue.sendEach(doorbells(4).map((message, at) => ({ message, delayMs: at * 2_000 })))
  expect(requests).toHaveLength(1)
  for (let at = 0; at < 4; at++) {
    expect(await drain('workflow')).toEqual([doorbell(at)])
    await pass(2_000)
  }
})

test.each(['internal error', 'throttled'] as const)(
  'entries that a batch reports as failed (%s) are sent again, and only those',
  async (fault) => {
    const { queue, sqsFaults, requests, settle, drain, logger } = await openHarness()
    let failures = 3
    sqsFaults.failEntry = ({ id }) => (Number(id) % 2 === 1 && failures-- > 0 ? fault : undefined)
    await settle(queue.send(doorbells(10)))
    expect(requests.map(({ attempt, items }) => [attempt, items])).toEqual([
      [1, 10],
      [2, 3],
    ])
    expect(await drain('workflow')).toHaveLength(10)
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn'])
  },
)

test('whatever fails for a while, every message arrives at least once', async () => {
  const chances = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }))
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), chances, async (count, stream) => {
      const { queue, sqsFaults, settle, drain, clock } = await openHarness()
      const chance = (): number => Number(stream.next().value)
      const faults = ['throttled', 'internal error', 'unreachable', 'answer lost'] as const
      const calmAt = clock.now() + 5_000
      const isCalm = (): boolean => clock.now() >= calmAt
      sqsFaults.request = () => (isCalm() ? undefined : faults[Math.floor(chance() * 8)])
      sqsFaults.failEntry = () => (!isCalm() && chance() < 0.3 ? 'internal error' : undefined)
      await settle(queue.send(doorbells(count)))
      const tokens = (await drain('workflow')).map((message) => message?.token)
      expect(new Set(tokens)).toEqual(new Set(doorbells(count).map(({ token }) => token)))
    }),
    { numRuns: numRuns(50) },
  )
})

test('a send that is not accepted within the time the host has left fails, and says what was missing', async () => {
  const { queue, sqsFaults, clock, requests, settle } = await openHarness({ remainingTimeMs: () => 3_000 })
  sqsFaults.failEntry = ({ id }) => (id === '0' ? 'internal error' : undefined)
  const begun = clock.now()
  const failure = await settle(queue.send(doorbells(3)).catch((error: unknown) => error))
  expect(isTenutoError(failure, 'SEND_FAILED')).toBe(true)
  expect(String(failure)).toContain('The workflow queue did not accept 1 of 3 messages')
  expect(clock.now() - begun).toBeLessThanOrEqual(2_000)
  expect(requests.length).toBeGreaterThan(3)
})

test('without a host that says how long it has, a send tries for half a minute', async () => {
  const { queue, sqsFaults, clock, settle } = await openHarness()
  sqsFaults.request = () => 'throttled'
  const begun = clock.now()
  const failure = await settle(queue.send(doorbells(1)).catch((error: unknown) => error))
  expect(String(failure)).toContain('RequestThrottled')
  expect(clock.now() - begun).toBeGreaterThan(20_000)
  expect(clock.now() - begun).toBeLessThanOrEqual(30_000)
})

test('what is the fault of the sender is not tried again', async () => {
  const { requests, clock, sqs } = await openHarness()
  const client = new SQSClient(sqs.clientConfig)
  const queueUrls = { workflow: 'https://sqs.us-east-1.amazonaws.com/123456789012/gone', activity: '' }
  const lost = createSqsQueue({ client, queueUrls, clock, logger: silentLogger })
  const begun = clock.now()
  await expect(lost.send(doorbells(1))).rejects.toThrow('QueueDoesNotExist')
  expect(clock.now()).toBe(begun)
  expect(requests).toEqual([])
})

test('an entry that is wrong for good fails the send at once', async () => {
  const { queue, sqs, requests } = await openHarness()
  sqs.queue('workflow').configuration.set({ MaximumMessageSize: '1024' })
  const large: Doorbell = { ...doorbell(1), factIds: ['x'.repeat(2_000)] }
  await expect(queue.send([doorbell(0), large])).rejects.toThrow('InvalidParameterValue')
  expect(requests).toHaveLength(1)
})

test('after a failure no further request of the same send is begun', async () => {
  const { queue, sqsFaults, requests, settle } = await openHarness({ remainingTimeMs: () => 2_000 })
  sqsFaults.request = () => 'internal error'
  await settle(queue.send(doorbells(500)).catch(() => {}))
  expect(requests.filter(({ attempt }) => attempt === 1)).toHaveLength(sqsLimits.parallelRequests)
})

test('those who were refused together do not come back together', async () => {
  const randoms = [0, 0.5, 0.99].values()
  const { queue, sqsFaults, clock, settle } = await openHarness({ random: () => randoms.next().value ?? 0 })
  const seen: number[] = []
  sqsFaults.request = () => {
    seen.push(clock.now())
    return seen.length <= 3 ? 'throttled' : undefined
  }
  await settle(queue.send(doorbells(30)))
  expect(new Set(seen.slice(3)).size).toBe(3)
})
