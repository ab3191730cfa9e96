// How a function on this machine uses its containers.

import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/testing/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import { type FakeContainer, fakeFunction } from './fake-function.ts'

/** Calls that end when they are told to, and which container each is in. */
function heldCalls() {
  const held: { readonly container: number; readonly end: () => void }[] = []
  const handler = async (_event: unknown, { number: container }: FakeContainer): Promise<number> => {
    await new Promise<void>((end) => held.push({ container, end }))
    return container
  }
  return { held, handler }
}

test('one call at a time in a container, as many containers as calls, and no more than there may be', async () => {
  const { held, handler } = heldCalls()
  const { target, containers } = fakeFunction(new VirtualClock(), handler)
  const calls = [1, 2, 3].map(async (event) => target.invoke(event))
  await settle()
  expect(held.map(({ container }) => container)).toEqual([1, 2])
  held[1]?.end()
  await settle()
  expect(held.map(({ container }) => container)).toEqual([1, 2, 2])
  for (const { end } of held) end()
  expect(await Promise.all(calls)).toEqual([1, 2, 2])
  expect(containers).toHaveLength(2)
})

test('calls one after the other share a container', async () => {
  const { target, containers } = fakeFunction(new VirtualClock(), async (event) => event)
  await target.warm()
  expect([await target.invoke('a'), await target.invoke('b')]).toEqual(['a', 'b'])
  expect(containers).toHaveLength(1)
})

test('what a handler throws is thrown, and the container stays', async () => {
  const { target, containers } = fakeFunction(new VirtualClock(), async () => {
    throw new Error('no')
  })
  await expect(target.invoke({})).rejects.toThrow('no')
  await expect(target.invoke({})).rejects.toThrow('no')
  expect(containers).toHaveLength(1)
})

test('a container that crashes fails its call, and another takes its place', async () => {
  const { target, containers } = fakeFunction(new VirtualClock(), async (event, container) => {
    if (event !== 'crash') return container.number
    container.crash()
    return new Promise(() => {})
  })
  const calls = ['crash', 'after'].map(async (event) => target.invoke(event))
  const [first, second] = await Promise.allSettled(calls)
  expect(first).toMatchObject({
    status: 'rejected',
    reason: { message: 'The container ended with code 129.' },
  })
  expect(second).toMatchObject({ status: 'fulfilled' })
  expect(await target.invoke('later')).toBe(2)
  expect(containers).toHaveLength(2)
})

test('a call past its time is killed with its container', async () => {
  const clock = new VirtualClock()
  const { target, containers } = fakeFunction(clock, async (event, { number }) =>
    event === 'hang' ? new Promise(() => {}) : number,
  )
  const call = target.invoke('hang')
  const failure = call.catch(String)
  await clock.runUntil(() => containers[0]?.hasEnded === true, 29_999)
  expect(containers[0]?.hasEnded).toBe(false)
  await clock.runUntil(() => containers[0]?.hasEnded === true, 1)
  expect(await failure).toBe('Error: Task timed out after 30.00 seconds')
  expect(await target.invoke('next')).toBe(2)
})

test('a bundle that does not load fails the call that wanted it, and is tried again for the next', async () => {
  const clock = new VirtualClock()
  let starts = 0
  const { target } = fakeFunction(clock, async (event) => event, {
    async start() {
      throw new Error(`start ${++starts}`)
    },
  })
  await expect(target.invoke({})).rejects.toThrow('start 1')
  await expect(target.invoke({})).rejects.toThrow('start 2')
})

test('containers that nobody has needed for a while end, but for one', async () => {
  const clock = new VirtualClock()
  const { held, handler } = heldCalls()
  const { target, containers } = fakeFunction(clock, handler, { concurrency: 5 })
  const calls = [1, 2, 3].map(async (event) => target.invoke(event))
  await settle()
  for (const { end } of held) end()
  await Promise.all(calls)
  expect(target.size).toBe(3)
  await clock.runUntil(() => target.size === 1, 120_000)
  expect(target.size).toBe(1)
  expect(containers.filter(({ hasEnded }) => !hasEnded)).toHaveLength(1)
  await target.close()
})

test('a function that is closed leaves no container, and fails what runs and what waits', async () => {
  const { target, containers } = fakeFunction(new VirtualClock(), async () => new Promise(() => {}), {
    concurrency: 1,
  })
  const calls = ['runs', 'waits'].map(async (event) => target.invoke(event))
  await settle()
  await target.close()
  for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected')
  await expect(target.invoke('late')).rejects.toThrow('Fake is closed.')
  expect(containers.map(({ hasEnded }) => hasEnded)).toEqual([true])
})
