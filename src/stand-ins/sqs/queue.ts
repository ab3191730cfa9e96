// One queue: its settings and its rules. What is checked of a request before it comes here is in check-message.ts and operations.ts.

import type { Clock } from '../../runtime/ports.ts'
import { aborted } from '../request-handler.ts'
import { WakeUp } from '../wake-up.ts'
import { type MessageCounts, type Origin, QueueContents } from './contents.ts'
import { Deduplication } from './deduplication.ts'
import { invalid, sqsError } from './errors.ts'
import type { SqsFaults } from './faults.ts'
import { limits } from './limits.ts'
import { FifoOrder, StandardOrder } from './order.ts'
import { type Attributes, Configuration, type QueueSettings } from './queue-attributes.ts'
import { expired, findReceived } from './receipts.ts'
import { type Draft, type Received, type StoredMessage, toReceived } from './stored-message.ts'

export interface QueueHost {
  readonly clock: Clock
  readonly faults: SqsFaults
  readonly newId: () => string
  /** The queue with this ARN. */
  readonly find: (arn: string) => StandInQueue | undefined
  /** Messages in flight at which receiving is refused. */
  readonly inFlightLimit: number
}

export interface QueueIdentity {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly region: string
}

export interface ReceiveOptions {
  /** Default 1. */
  readonly count?: number
  /** Ms; default: the queue's. `Infinity` waits for a message. */
  readonly waitMs?: number
  /** Ms; default: the queue's. */
  readonly visibilityMs?: number
  readonly signal?: AbortSignal
}

export class StandInQueue {
  readonly identity: QueueIdentity
  readonly isFifo: boolean
  readonly configuration: Configuration
  readonly #host: QueueHost
  readonly #contents: QueueContents
  readonly #deduplication: Deduplication
  readonly #wakeUp: WakeUp
  #purgedAt = -Infinity

  constructor(host: QueueHost, identity: QueueIdentity, attributes: Attributes) {
    const { clock, faults, newId } = host
    this.#host = host
    this.identity = identity
    this.configuration = new Configuration(clock, attributes)
    this.isFifo = this.#settings.isFifo
    this.#deduplication = new Deduplication(clock)
    this.#wakeUp = new WakeUp(clock)
    const order = this.isFifo ? new FifoOrder() : new StandardOrder((count) => faults.pick?.(count) ?? 0)
    this.#contents = new QueueContents({ clock, newId, changed: () => this.#wakeUp.call() }, order)
  }

  /** Takes a message that has been checked. */
  send(draft: Draft): StoredMessage {
    const { clock, faults } = this.#host
    const delayMs = (draft.delayMs ?? this.#settings.delayMs) + (faults.latencyMs?.() ?? 0)
    const visibleAt = clock.now() + delayMs
    if (!this.isFifo) {
      const message = this.#contents.put(draft, {}, visibleAt, false)
      const copyAfterMs = faults.duplicateAfterMs?.()
      if (copyAfterMs !== undefined) this.#contents.put(draft, message, visibleAt + copyAfterMs, false)
      return message
    }
    const identified = this.#deduplication.identify(draft, this.#settings)
    const original = this.#deduplication.original(identified, this.#settings)
    if (original) return original
    const message = this.#contents.put(identified, {}, visibleAt, true)
    this.#deduplication.remember(message, this.#settings)
    return message
  }

  /** Takes a message in that was on another queue. */
  adopt(draft: Draft, origin: Origin): void {
    this.#contents.put(draft, origin, this.#host.clock.now(), this.isFifo)
  }

  /** Takes a visible message out, to be put on another queue. */
  takeOut(): StoredMessage | undefined {
    const [message] = this.#contents.next(1)
    if (message) this.#contents.remove(message)
    return message
  }

  async receive(options: ReceiveOptions = {}): Promise<readonly Received[]> {
    const { count = 1, waitMs = this.#settings.waitMs, signal } = options
    const { clock, faults } = this.#host
    const until = clock.now() + waitMs
    for (;;) {
      if (signal?.aborted) throw aborted()
      const room = this.#room()
      if (room <= 0 && waitMs === 0) throw sqsError('OverLimit', 'Too many messages are in flight.')
      const wanted = Math.min(count, room, Math.max(1, faults.shortReceive?.(count) ?? count))
      const received = this.#take(wanted, options.visibilityMs ?? this.#settings.visibilityMs)
      if (received.length > 0 || clock.now() >= until) return received
      await this.#wakeUp.until(Math.min(until, this.#contents.nextChange()), signal)
    }
  }

  /** On a standard queue the deletion with a stale receipt handle succeeds and does nothing. */
  delete(receiptHandle: string): void {
    const { clock, faults } = this.#host
    const message = findReceived(this.#contents, this, receiptHandle)
    if (!message) return
    if (this.isFifo && message.visibleAt <= clock.now()) throw expired(receiptHandle)
    this.#contents.remove(message)
    const backAfterMs = this.isFifo ? undefined : faults.undeleteAfterMs?.()
    if (backAfterMs !== undefined)
      this.#contents.put(message.draft, message, clock.now() + backAfterMs, false)
  }

  changeVisibility(receiptHandle: string, visibilityMs: number): void {
    const now = this.#host.clock.now()
    const message = findReceived(this.#contents, this, receiptHandle)
    if (!message) {
      const reason = 'Message does not exist or is not available for visibility timeout change.'
      throw invalid(receiptHandle, 'ReceiptHandle', reason)
    }
    // It is visible again already.
    if (message.visibleAt <= now) return
    if (now + visibilityMs - (message.lastReceivedAt ?? now) > limits.visibilitySeconds * 1000) {
      const reason = `Total VisibilityTimeout for the message is beyond the limit [${limits.visibilitySeconds} seconds].`
      throw invalid(visibilityMs / 1000, 'VisibilityTimeout', reason)
    }
    this.#contents.move(message, now + visibilityMs)
  }

  purge(): void {
    const now = this.#host.clock.now()
    if (now - this.#purgedAt < limits.purgeMs) {
      const message = `Only one PurgeQueue operation on ${this.identity.name} is allowed every 60 seconds.`
      throw sqsError('PurgeQueueInProgress', message)
    }
    this.#purgedAt = now
    this.#contents.clear()
  }

  /** How many messages there are, truthfully. */
  counts(): MessageCounts {
    return this.#contents.counts((message) => this.#isExpired(message))
  }

  /** Dead letters are found when it is their turn to be received. */
  #take(count: number, visibilityMs: number): readonly Received[] {
    const { clock, faults } = this.#host
    for (;;) {
      const found = this.#contents.next(count)
      const gone = found.filter((message) => this.#isExpired(message) || this.#isDead(message))
      for (const message of gone) {
        this.#contents.remove(message)
        if (!this.#isExpired(message)) this.#bury(message)
      }
      if (gone.length > 0) continue
      return found.map((message) => {
        this.#contents.handOut(message, clock.now() + visibilityMs)
        const receives = faults.receiveCount?.(message.receives) ?? message.receives
        return toReceived(message, this.identity.arn, receives)
      })
    }
  }

  /** A dead letter keeps its id, its age and its receive count. */
  #bury(message: StoredMessage): void {
    const target = this.#host.find(this.#settings.redrive?.deadLetterTargetArn ?? '')
    target?.adopt(message.draft, { ...message, deadLetterSource: this.identity.arn })
  }

  #isDead({ receivesHere }: StoredMessage): boolean {
    const { redrive } = this.#settings
    return redrive !== undefined && receivesHere >= redrive.maxReceiveCount
  }

  #isExpired({ sentAt }: StoredMessage): boolean {
    return this.#host.clock.now() - sentAt >= this.#settings.retentionMs
  }

  get #settings(): QueueSettings {
    return this.configuration.settings
  }

  /** How many more may be in flight. A FIFO queue says nothing at its limit. */
  #room(): number {
    const { inFlightLimit } = this.#host
    const isFar = this.isFifo || this.#contents.size < inFlightLimit
    return isFar ? Infinity : inFlightLimit - this.counts().inFlight
  }
}
