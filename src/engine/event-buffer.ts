// External events and those who wait for them: by name without case, first come first served on both sides.

import { type EventRaised, eventKey } from './events.ts'

interface Waiter {
  readonly take: (event: EventRaised) => void
}

export class EventBuffer {
  readonly #unread = new Map<string, EventRaised[]>()
  readonly #waiters = new Map<string, Waiter[]>()
  /** All unread events, in order of arrival. */
  readonly #arrived = new Set<EventRaised>()

  /** Gives the event to the waiter that has waited longest, or keeps it. */
  deliver(event: EventRaised): void {
    const key = eventKey(event.name)
    const waiter = this.#waiters.get(key)?.shift()
    if (waiter) return waiter.take(event)
    this.#arrived.add(event)
    const unread = this.#unread.get(key)
    if (unread) unread.push(event)
    else this.#unread.set(key, [event])
  }

  /** The oldest unread event of this name. */
  takeUnread(name: string): EventRaised | undefined {
    const event = this.#unread.get(eventKey(name))?.shift()
    if (event) this.#arrived.delete(event)
    return event
  }

  /** Waits for the next event of this name. @returns the function that gives up waiting. */
  wait(name: string, take: (event: EventRaised) => void): () => void {
    const key = eventKey(name)
    const waiter = { take }
    const waiters = this.#waiters.get(key)
    if (waiters) waiters.push(waiter)
    else this.#waiters.set(key, [waiter])
    return () => {
      const present = this.#waiters.get(key)
      const at = present?.indexOf(waiter) ?? -1
      if (at >= 0) present?.splice(at, 1)
    }
  }

  get hasWaiters(): boolean {
    for (const waiters of this.#waiters.values()) if (waiters.length > 0) return true
    return false
  }

  /** Names that are waited for, for diagnosis. */
  get waitedNames(): string[] {
    return [...this.#waiters].filter(([, waiters]) => waiters.length > 0).map(([name]) => name)
  }

  get unreadCount(): number {
    return this.#arrived.size
  }

  /** All unread events in order of arrival. */
  get unread(): EventRaised[] {
    return [...this.#arrived]
  }
}
