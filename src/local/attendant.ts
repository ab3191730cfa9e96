// What is done with messages that have been handed over, and what becomes of them: deleted when acknowledged,
// seen again later when not, given up when they were delivered too often.

import type { Delivery } from '../runtime/messages.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Logger } from '../workflow/logger.ts'
import type { Consumer } from './consumer.ts'
import type { Fence, HandlerCall } from './fence.ts'
import type { MessageTable, StoredMessage } from './message-table.ts'
import { isDead, isSuspect } from './suspects.ts'
import type { WriteLog } from './write-log.ts'

const firstBackOffMs = 50
const longestBackOffMs = 30_000

export interface AttendantParts {
  readonly table: MessageTable
  readonly log: WriteLog
  readonly fence: Fence
  readonly clock: Clock
  readonly logger: Logger
  /** Deliveries without an acknowledgement after which a message is given up. */
  readonly maxReceives: number
}

/** Told, once it is durable, what became of a message. */
export interface Keeper {
  removed(stored: StoredMessage): void
  /** It comes again, at its time. */
  returned(stored: StoredMessage): void
  /** The disk did not take what was done: the messages are on it as they were. */
  undone(batch: readonly StoredMessage[]): void
  /** A suspect is about to be handed over. */
  tried(suspect: StoredMessage): void
}

/** @returns the acknowledged ones */
type Handler = (batch: readonly Delivery[]) => Promise<ReadonlySet<Delivery>>

export class Attendant {
  readonly #parts: AttendantParts
  readonly #keeper: Keeper

  constructor(parts: AttendantParts, keeper: Keeper) {
    this.#parts = parts
    this.#keeper = keeper
  }

  /** Hands messages over; resolves when their handler has ended. Never rejects. */
  async attend(consumer: Consumer, batch: readonly StoredMessage[]): Promise<void> {
    const live: StoredMessage[] = []
    for (const stored of batch) {
      if (isDead(stored, this.#parts.maxReceives)) await this.#serve([stored], buryWith(consumer))
      else live.push(stored)
    }
    if (live.length > 0 && (await this.#countSuspects(live))) {
      await this.#serve(live, async (deliveries) => consumer.handle(deliveries))
    }
  }

  /** @returns false when an attempt could not be counted: then it must not be made */
  async #countSuspects(batch: readonly StoredMessage[]): Promise<boolean> {
    const suspects = batch.filter(isSuspect)
    if (suspects.length === 0) return true
    const { log, table } = this.#parts
    try {
      await log.write(() => suspects.forEach(({ id }) => table.countAttempt(id)))
    } catch {
      this.#keeper.undone(batch)
      return false
    }
    for (const suspect of suspects) this.#keeper.tried(suspect)
    return true
  }

  async #serve(batch: readonly StoredMessage[], handler: Handler): Promise<void> {
    const { fence, logger } = this.#parts
    const call: HandlerCall = { isVoid: false, isOver: false }
    const deliveries = batch.map(toDelivery)
    let acknowledged: ReadonlySet<Delivery> = new Set()
    try {
      acknowledged = await fence.run(call, () => handler(deliveries))
    } catch (error) {
      const instanceId = batch[0]?.message.instanceId
      logger.warn('A handler failed; its messages come again.', { instanceId, error })
    }
    call.isOver = true
    if (call.isVoid) this.#keeper.undone(batch)
    else this.#settle(batch, (at) => acknowledged.has(deliveries[at] as Delivery))
  }

  /** Nobody waits for this: should it fail, the messages come again, and find that all is done. */
  #settle(batch: readonly StoredMessage[], isAcknowledged: (at: number) => boolean): void {
    const { log, table, clock } = this.#parts
    const done = batch.filter((_, at) => isAcknowledged(at))
    const postponed = batch
      .filter((_, at) => !isAcknowledged(at))
      .map((stored) => afterBackOff(stored, clock.now()))
    const write = log.write((group) => {
      for (const { id } of done) table.remove(id)
      for (const { id, visibleAt, receives } of postponed) table.postpone(id, visibleAt, receives)
      group.afterFlush(() => {
        for (const stored of done) this.#keeper.removed(stored)
        for (const stored of postponed) this.#keeper.returned(stored)
      })
    })
    write.catch(() => this.#keeper.undone(batch))
  }
}

function buryWith(consumer: Consumer): Handler {
  return async (deliveries) => {
    for (const delivery of deliveries) await consumer.handleDead(delivery)
    return new Set(deliveries)
  }
}

function toDelivery({ message, boots, attempts, receives }: StoredMessage): Delivery {
  return { message, receiveCount: Math.max(boots, attempts, receives) + 1 }
}

function afterBackOff(stored: StoredMessage, now: number): StoredMessage {
  const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** stored.receives)
  return {
    ...stored,
    visibleAt: Math.ceil(now + backOffMs),
    receives: stored.receives + 1,
    boots: 0,
    attempts: 0,
  }
}
