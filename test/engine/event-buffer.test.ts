// The event buffer against a model that is too simple to be wrong.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventBuffer } from '../../src/engine/event-buffer.ts'
import type { EventRaised } from '../../src/engine/events.ts'
import { numRuns } from '../support/property.ts'

type Operation =
  | { readonly kind: 'deliver' | 'take' | 'wait'; readonly name: string }
  | { readonly kind: 'giveUp'; readonly waiter: number }

const name = fc.constantFrom('a', 'A', 'b', 'B', 'long name', 'ÄÖ', 'äö')
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constantFrom('deliver', 'take', 'wait'), name }),
  fc.record({ kind: fc.constant('giveUp'), waiter: fc.nat(20) }),
)

/** One list of events, one list of waiters; the first that fits is taken. */
class Model {
  events: EventRaised[] = []
  waiters: { readonly name: string; readonly number: number }[] = []
  readonly given: string[] = []

  deliver(event: EventRaised): void {
    const at = this.waiters.findIndex((waiter) => same(waiter.name, event.name))
    const [waiter] = at < 0 ? [] : this.waiters.splice(at, 1)
    if (waiter) this.given.push(`${event.id} to ${waiter.number}`)
    else this.events.push(event)
  }

  take(wanted: string): EventRaised | undefined {
    const at = this.events.findIndex((event) => same(event.name, wanted))
    return at < 0 ? undefined : this.events.splice(at, 1)[0]
  }

  giveUp(number: number): void {
    this.waiters = this.waiters.filter((waiter) => waiter.number !== number)
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

test('agrees with the model after every operation', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const buffer = new EventBuffer()
      const model = new Model()
      const given: string[] = []
      const stop: (() => void)[] = []
      for (const [id, done] of operations.entries()) {
        if (done.kind === 'giveUp') {
          stop[done.waiter]?.()
          model.giveUp(done.waiter)
        } else if (done.kind === 'deliver') {
          const event: EventRaised = { kind: 'eventRaised', id: String(id), name: done.name }
          buffer.deliver(event)
          model.deliver(event)
        } else if (done.kind === 'take') {
          expect(buffer.takeUnread(done.name)).toBe(model.take(done.name))
        } else {
          const number = stop.length
          stop.push(buffer.wait(done.name, (event) => given.push(`${event.id} to ${number}`)))
          model.waiters.push({ name: done.name, number })
        }
        expect(given).toEqual(model.given)
        expect(buffer.unread).toEqual(model.events)
        expect(buffer.unreadCount).toBe(model.events.length)
        expect(buffer.hasWaiters).toBe(model.waiters.length > 0)
      }
    }),
    { numRuns: numRuns(1000) },
  )
})

test('10,000 events of one name are taken in order, quickly', () => {
  const buffer = new EventBuffer()
  for (let id = 0; id < 10_000; id++) buffer.deliver({ kind: 'eventRaised', id: String(id), name: 'e' })
  for (let id = 0; id < 10_000; id++) expect(buffer.takeUnread('E')?.id).toBe(String(id))
  expect(buffer.unread).toEqual([])
})
