// What is in a queue: messages, each visible, in flight or delayed. It knows times and orders, and no rule about who may do what.

import type { Clock } from '../../runtime/ports.ts'
import type { Order } from './order.ts'
import type { Draft, StoredMessage } from './stored-message.ts'

/** What a message brings along that was in a queue before: as a dead letter, or as a copy. */
export type Origin = Partial<
  Pick<StoredMessage, 'messageId' | 'sentAt' | 'deadLetterSource' | 'receives' | 'firstReceivedAt'>
>

export interface MessageCounts {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
}

export interface ContentsHost {
  readonly clock: Clock
  readonly newId: () => string
  /** Called when a message may have become visible, now or at another time than before. */
  readonly changed: () => void
}

export class QueueContents {
  readonly #host: ContentsHost
  readonly #order: Order
  readonly #messages = new Map<number, StoredMessage>()
  #lastNumber = 0

  constructor(host: ContentsHost, order: Order) {
    this.#host = host
    this.#order = order
  }

  get size(): number {
    return this.#messages.size
  }

  get(number: number): StoredMessage | undefined {
    return this.#messages.get(number)
  }

  put(draft: Draft, origin: Origin, visibleAt: number, isFifo: boolean): StoredMessage {
    const number = ++this.#lastNumber
    const message: StoredMessage = {
      number,
      messageId: origin.messageId ?? this.#host.newId(),
      draft,
      sentAt: origin.sentAt ?? this.#host.clock.now(),
      sequenceNumber: isFifo ? `188${String(number * 256).padStart(17, '0')}` : undefined,
      deadLetterSource: origin.deadLetterSource,
      visibleAt,
      receives: origin.receives ?? 0,
      receivesHere: 0,
      firstReceivedAt: origin.firstReceivedAt,
      lastReceivedAt: undefined,
    }
    this.#messages.set(number, message)
    this.#order.add(message)
    this.#host.changed()
    return message
  }

  /** At most `count` messages that are visible now, next one first; they stay in. */
  next(count: number): readonly StoredMessage[] {
    return this.#order.next(this.#host.clock.now(), count)
  }

  /** When more may be visible than now; `Infinity` for never. */
  nextChange(): number {
    return this.#order.nextChange(this.#host.clock.now()) ?? Infinity
  }

  /** Counts a delivery, and hides the message until `visibleAt`. */
  handOut(message: StoredMessage, visibleAt: number): void {
    const now = this.#host.clock.now()
    message.receives++
    message.receivesHere++
    message.firstReceivedAt ??= now
    message.lastReceivedAt = now
    this.move(message, visibleAt)
  }

  move(message: StoredMessage, visibleAt: number): void {
    message.visibleAt = visibleAt
    this.#order.moved(message)
    this.#host.changed()
  }

  remove(message: StoredMessage): void {
    this.#messages.delete(message.number)
    this.#order.remove(message)
    this.#host.changed()
  }

  clear(): void {
    for (const message of this.#messages.values()) this.remove(message)
  }

  /** @param isExpired whether a message no longer counts */
  counts(isExpired: (message: StoredMessage) => boolean): MessageCounts {
    const now = this.#host.clock.now()
    const counts = { visible: 0, inFlight: 0, delayed: 0 }
    for (const message of this.#messages.values()) {
      if (isExpired(message)) continue
      if (message.visibleAt <= now) counts.visible++
      else if (message.receivesHere > 0) counts.inFlight++
      else counts.delayed++
    }
    return counts
  }
}
