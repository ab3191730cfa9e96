// How much of the queues is in memory.

import { expect, test } from 'vitest'
import { openDatabase } from '../../src/local/database.ts'
import { Intake, type IntakeOptions } from '../../src/local/intake.ts'
import { MessageTable, type StoredMessage } from '../../src/local/message-table.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { activity, doorbell } from './messages.ts'

const now = 1_000

/** An intake over a table that is filled already, and what it has let into memory. */
function openIntake(options: Partial<IntakeOptions>, fill: (table: MessageTable) => void = () => {}) {
  const table = new MessageTable(
    openDatabase({ path: ':memory:', integrityCheck: false, logger: silentLogger }),
  )
  fill(table)
  const waiting: StoredMessage[] = []
  const limits = { maxMessages: 10, maxSize: 1e9, perLane: 2, ...options }
  const intake = new Intake(table, limits, (stored) => waiting.push(stored))
  /** Handles the oldest `count` messages. */
  const handle = (count: number) => {
    const taken = waiting.splice(0, count)
    for (const stored of taken) {
      intake.left(stored)
      table.remove(stored.id)
      intake.removed(stored)
    }
    return taken
  }
  return { table, intake, waiting, handle }
}

function fillWith(count: number, kinds = 1) {
  return (table: MessageTable) => {
    for (let at = 0; at < count; at++) table.insert(activity(`kind-${at % kinds}`, at), now)
  }
}

test('no more messages are in memory than the bound, and a few of each lane at least', () => {
  const { intake, waiting } = openIntake({}, fillWith(1_000, 20))
  intake.load(now)
  const counts = Map.groupBy(waiting, ({ lane }) => lane)
  expect(counts.size).toBe(20)
  expect(Math.min(...[...counts.values()].map(({ length }) => length))).toBe(2)
  expect(waiting.length).toBeLessThanOrEqual(10 + 20 * 2)
})

test('what arrives while memory is full stays on the disk, and comes when there is room, in order', () => {
  const { table, intake, waiting, handle } = openIntake({ perLane: 0 })
  const seen: number[] = []
  for (let at = 0; at < 100; at++) {
    intake.arrived(table.insert(doorbell(), now), now, true)
    expect(waiting.length).toBeLessThanOrEqual(10)
  }
  while (waiting.length > 0) {
    seen.push(...handle(3).map(({ id }) => id))
    intake.load(now)
    expect(waiting.length).toBeLessThanOrEqual(10)
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
  expect(intake.hasBacklog(now)).toBe(false)
})

test('messages that are large fill memory sooner', () => {
  const { intake, waiting } = openIntake({ maxMessages: 1_000, maxSize: 100_000, perLane: 1 }, (table) => {
    for (let seq = 0; seq < 50; seq++)
      table.insert({ ...activity('charge', seq), input: 'x'.repeat(30_000) }, now)
  })
  intake.load(now)
  expect(waiting).toHaveLength(4)
})

test('a message that is held is not taken a second time, wherever the cursor is', () => {
  const { table, intake, waiting } = openIntake({ maxMessages: 100 }, fillWith(5))
  intake.load(now)
  const [first] = waiting.splice(0, 1)
  if (!first) throw new Error('nothing was loaded')
  intake.left(first)
  intake.returned(first, now) // moves the cursor back before all the others
  intake.load(now)
  expect(waiting.map(({ id }) => id)).toEqual([2, 3, 4, 5, 1])
  intake.arrived(table.insert(activity('kind-0', 9), now - 500), now, true)
  intake.load(now)
  expect(waiting.map(({ id }) => id)).toEqual([2, 3, 4, 5, 1, 6])
})

test('what is not due stays on the disk until it is', () => {
  const { table, intake, waiting } = openIntake({})
  intake.arrived(table.insert(doorbell(), now + 500), now, true)
  intake.load(now)
  expect(waiting).toHaveLength(0)
  expect(intake.nextDue()).toBe(now + 500)
  expect(intake.hasBacklog(now)).toBe(false)
  expect(intake.hasBacklog(now + 500)).toBe(true)
  intake.load(now + 500)
  expect(waiting).toHaveLength(1)
  expect(intake.nextDue()).toBe(Number.POSITIVE_INFINITY)
})

test('a message that arrives just when an earlier one becomes due comes after it', () => {
  const { table, intake, waiting } = openIntake({})
  intake.arrived(table.insert(doorbell(), now + 10), now, true)
  intake.arrived(table.insert(doorbell(), now + 20), now + 20, true)
  intake.load(now + 20)
  expect(waiting.map(({ id }) => id)).toEqual([1, 2])
})

test('before anything is delivered, nothing is taken into memory', () => {
  const { table, intake, waiting } = openIntake({})
  intake.arrived(table.insert(doorbell(), now), now, false)
  expect(waiting).toHaveLength(0)
  expect(intake.hasBacklog(now)).toBe(true)
})
