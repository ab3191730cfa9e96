// What becomes of requests and invocations on the bill.

import { expect, test } from 'vitest'
import { type Counts, sumOf } from '../../scripts/budget/counts.ts'
import { dollarsOf, totalOf } from '../../scripts/budget/dollars.ts'
import { Meter } from '../../scripts/budget/meter.ts'
import type { AwsRequest } from '../../scripts/stack/aws-requests.ts'

const kb = 1024

function request(operation: string, more: Partial<AwsRequest> = {}): AwsRequest {
  return { service: 'dynamodb', operation, input: {}, bytes: 0, capacityUnits: 0, ...more }
}

function send(...bodies: readonly string[]): AwsRequest {
  const Entries = bodies.map((body) => ({ MessageBody: body }))
  return request('SendMessageBatch', { service: 'sqs', input: { Entries } })
}

function event(...bodies: readonly string[]) {
  return { Records: bodies.map((body) => ({ body })) }
}

function metered(work: (meter: Meter, pass: (ms: number) => void) => void): Counts {
  let now = 0
  const meter = new Meter(() => now)
  work(meter, (ms) => {
    now += ms
  })
  return sumOf(meter.entries)
}

test('a message is three requests: sent, received, deleted', () => {
  const counts = metered((meter) => {
    meter.request(send('x'))
    meter.end(meter.begin('activity', event('x')), { batchItemFailures: [] })
  })
  expect(counts).toMatchObject({ messages: 1, sqsRequests: 3, invocations: 1, schedulerInvocations: 0 })
})

test('each 64 KB of a batch are one more request, at both ends', () => {
  const bodies = Array.from({ length: 10 }, () => 'x'.repeat(13 * kb))
  const counts = metered((meter) => {
    meter.request(send(...bodies))
    meter.end(meter.begin('activity', event(...bodies)), undefined)
  })
  expect(counts).toMatchObject({ messages: 10, sqsRequests: 3 + 3 + 1 })
})

test('what comes again is not deleted', () => {
  const counts = metered((meter) => {
    meter.request(send('x'))
    meter.end(meter.begin('activity', event('x')), { batchItemFailures: [{ itemIdentifier: 'x' }] })
  })
  expect(counts.sqsRequests).toBe(2)
})

test('a message that no function has sent is a schedule that fired, which sends at our cost', () => {
  const counts = metered((meter) => meter.end(meter.begin('orchestrator', event('x')), undefined))
  expect(counts).toMatchObject({ messages: 0, sqsRequests: 3, schedulerInvocations: 1 })
})

test('a write that its condition refused is billed by its size', () => {
  const Item = { pk: { S: 'a' }, body: { S: 'x'.repeat(1_500) } }
  const error = 'ConditionalCheckFailedException'
  const counts = metered((meter) => meter.request(request('PutItem', { input: { Item }, error })))
  expect(counts).toMatchObject({ puts: 1, writeUnits: 2, refused: 1 })
})

test('a request that nobody counts, or that failed, is no result', () => {
  expect(() => metered((meter) => meter.request(request('TransactWriteItems')))).toThrow('TransactWriteItems')
  expect(() => metered((meter) => meter.request(request('Query', { error: 'TimeoutError' })))).toThrow(
    'Query',
  )
})

test('time is billed to the step in which it passes, by the memory of the function', () => {
  let now = 0
  const meter = new Meter(() => now)
  meter.mark()
  const running = meter.begin('activity', undefined)
  now = 100
  meter.mark()
  now = 300
  meter.end(running, undefined)
  meter.mark()
  const own = 0.005
  expect(meter.steps.map((step) => sumOf(step).gbSeconds)).toEqual([0.1, 0.2 + own])
})

test('a million steps of a message, a put, a read and an invocation of 26 ms cost what the price list says', () => {
  const counts = { sqsRequests: 3, writeUnits: 1, readUnits: 1, invocations: 1, gbSeconds: 0.026 }
  const total = totalOf(dollarsOf({ ...metered(() => {}), ...counts }))
  expect(total * 1e6).toBeCloseTo(3 * 0.4 + 0.625 + 0.125 + 0.2 + 0.026 * 13.3333, 3)
})
