// In which order a queue gives its messages out.

import { Heap } from '../../testing/heap.ts'
import type { StoredMessage } from './stored-message.ts'

/** The messages that are in a queue, whether or not they can be received now. */
export interface Order {
  add(message: StoredMessage): void
  /** After `visibleAt` of a message was changed. */
  moved(message: StoredMessage): void
  remove(message: StoredMessage): void
  /** At most `count` messages that can be received at `now`, next one first; they stay in. */
  next(now: number, count: number): readonly StoredMessage[]
  /** The next time at which more can be received than now; undefined when there is none. It may turn out to be a false alarm. */
  nextChange(now: number): number | undefined
}

/** Any visible message, as a rule the one that has been visible longest. */
export class StandardOrder implements Order {
  readonly #pick: (count: number) => number
  readonly #members = new Map<StoredMessage, number>()
  readonly #waiting = new Heap<Appointment>((a, b) => a.at < b.at || (a.at === b.at && a.version < b.version))
  readonly #visible: Appointment[] = []
  #version = 0

  /** @param pick which of `count` visible messages is next */
  constructor(pick: (count: number) => number) {
    this.#pick = pick
  }

  add(message: StoredMessage): void {
    const version = ++this.#version
    this.#members.set(message, version)
    this.#waiting.push({ at: message.visibleAt, message, version })
  }

  moved(message: StoredMessage): void {
    if (this.#members.has(message)) this.add(message)
  }

  remove(message: StoredMessage): void {
    this.#members.delete(message)
  }

  next(now: number, count: number): readonly StoredMessage[] {
    this.#ripen(now)
    const found: StoredMessage[] = []
    while (found.length < count && this.#visible.length > 0) {
      const [appointment] = this.#visible.splice(this.#pick(this.#visible.length), 1)
      if (!appointment || !this.#isCurrent(appointment)) continue
      found.push(appointment.message)
    }
    // What the caller does not move or remove is visible as before.
    for (const message of found) this.add(message)
    return found
  }

  nextChange(now: number): number | undefined {
    this.#ripen(now)
    return this.#waiting.peek()?.at
  }

  #ripen(now: number): void {
    for (let first = this.#waiting.peek(); first && first.at <= now; first = this.#waiting.peek()) {
      this.#waiting.pop()
      if (this.#isCurrent(first)) this.#visible.push(first)
    }
  }

  #isCurrent({ message, version }: Appointment): boolean {
    return this.#members.get(message) === version
  }
}

interface Appointment {
  readonly at: number
  readonly message: StoredMessage
  /** Newer ones of the same message make it void. */
  readonly version: number
}

/** Group by group in the order of sending; a group is read up to its first message that is invisible. */
export class FifoOrder implements Order {
  readonly #messages = new Set<StoredMessage>()

  add(message: StoredMessage): void {
    this.#messages.add(message)
  }

  moved(): void {}

  remove(message: StoredMessage): void {
    this.#messages.delete(message)
  }

  next(now: number, count: number): readonly StoredMessage[] {
    const blocked = new Set<string | undefined>()
    const found: StoredMessage[] = []
    for (const message of this.#messages) {
      if (found.length === count) break
      const { groupId } = message.draft
      if (message.visibleAt > now) blocked.add(groupId)
      else if (!blocked.has(groupId)) found.push(message)
    }
    return found
  }

  nextChange(now: number): number | undefined {
    const later = [...this.#messages].flatMap(({ visibleAt }) => (visibleAt > now ? [visibleAt] : []))
    return later.length > 0 ? Math.min(...later) : undefined
  }
}
