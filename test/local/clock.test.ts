// The real clock, made of times and waits that the test decides.

import { expect, test } from 'vitest'
import { createClock, systemClock } from '../../src/local/clock.ts'

interface Times {
  wall: number
  monotonic: number
}

function passEvenly(ms: number, times: Times): void {
  times.wall += ms
  times.monotonic += ms
}

/** Both times start at 0; a wait moves them on by what it is asked, or as `waitLike` does. */
function fakeTime(waitLike = passEvenly) {
  const times: Times = { wall: 0, monotonic: 0 }
  const waits: number[] = []
  const clock = createClock({
    wallNow: () => times.wall,
    monotonicNow: () => times.monotonic,
    async wait(ms) {
      waits.push(ms)
      waitLike(ms, times)
    },
  })
  return { clock, times, waits }
}

const day = 24 * 3_600_000

test('a sleep of years is made of waits that no timer overflows', async () => {
  const { clock, times, waits } = fakeTime()
  await clock.sleep(2 * 365 * day)
  expect(times.wall).toBe(2 * 365 * day)
  expect(new Set(waits)).toEqual(new Set([60_000]))
})

test('a machine that was asleep wakes up to a sleep that is over', async () => {
  const { clock, waits } = fakeTime((ms, times) => {
    times.monotonic += ms
    times.wall += ms + 3 * day
  })
  await clock.sleep(2 * day)
  expect(waits).toHaveLength(1)
})

test('a wall clock that is set back does not lengthen a sleep', async () => {
  const { clock, times } = fakeTime((ms, moved) => {
    moved.monotonic += ms
    moved.wall += ms - 3_600_000
  })
  await clock.sleep(120_000)
  expect(times.monotonic).toBe(120_000)
})

test('a sleep of a fraction, of nothing or of less is no longer than that, rounded up', async () => {
  const { clock, waits } = fakeTime()
  await clock.sleep(0.2)
  await clock.sleep(0)
  await clock.sleep(-5)
  await clock.sleep(Number.NaN)
  expect(waits).toEqual([1])
})

test('an aborted sleep ends, without an error, and leaves nothing behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const abort = new AbortController()
  const asleep = systemClock.sleep(100 * day, abort.signal)
  expect(timers()).toBe(before + 1)
  abort.abort()
  await asleep
  await systemClock.sleep(100 * day, abort.signal)
  expect(timers()).toBe(before)
})
