// Virtual time around real requests: it stands still while anybody is at work.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Pace } from '../../scripts/budget/pace.ts'
import type { AwsClients } from '../../src/aws/index.ts'

type Handle = (args: object) => Promise<object>

/** @param make what a request really does */
function paced(make: Handle, latencyMs: number) {
  const pace = new Pace()
  const began = pace.clock.now()
  let send: Handle | undefined
  const add = (middleware: (next: Handle, context: { commandName: string }) => Handle): void => {
    send = middleware(make, { commandName: 'PutItemCommand' })
  }
  pace.attach({ dynamodb: { middlewareStack: { add } } } as unknown as AwsClients, () => latencyMs)
  const request: Handle = async (args) => (send ?? make)(args)
  return { pace, request, elapsedMs: () => pace.clock.now() - began }
}

test('a request takes its time on the clock, however long it really takes', async () => {
  const { pace, request, elapsedMs } = paced(async () => sleep(5, {}), 7)
  const ended = pace.work(async () => {
    await request({})
    await request({})
    return elapsedMs()
  })
  expect(await pace.runUntil(() => false)).toBe(false)
  expect(await ended).toBe(14)
})

test('the clock stands still while somebody works without a request', async () => {
  const { pace, request, elapsedMs } = paced(async (args) => args, 7)
  pace.clock.at(3, () => {})
  const worked = pace.work(async () => {
    await sleep(5)
    const before = elapsedMs()
    await request({})
    return before
  })
  await pace.runUntil(() => false)
  expect(await worked).toBe(0)
})

test('requests of several are made one after the other, and wait at the same time', async () => {
  let underWay = 0
  let most = 0
  const { pace, request, elapsedMs } = paced(async () => {
    most = Math.max(most, ++underWay)
    await sleep(1)
    underWay--
    return {}
  }, 7)
  const ended = Promise.all(Array.from({ length: 5 }, async () => pace.work(async () => request({}))))
  await pace.runUntil(() => false)
  await ended
  expect(most).toBe(1)
  expect(elapsedMs()).toBe(7)
})
