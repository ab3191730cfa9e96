// Queues and timers in memory, with what a standard queue may do: deliver twice, late and out of order, and again when not acknowledged.

import type { InstanceKey } from '../runtime/episode.ts'
import { type Message, queueOf, type QueueName, type TimerMessage } from '../runtime/messages.ts'
import type { CancelledTimer, Queue, Timers } from '../runtime/ports.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { TenutoError } from '../workflow/errors.ts'
import { FloodGuard } from './flood-guard.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** How a queue misbehaves; all that is left out does not happen. */
export interface QueueManners {
  /** Ms until a message that was sent can be received. Default 0. */
  readonly latencyMs?: () => number
  /** Ms after which a copy of the message comes too; undefined for none. */
  readonly duplicateAfterMs?: () => number | undefined
  /** Which of `count` ready messages is received next. Default: the first. */
  readonly pick?: (count: number) => number
  /** Ms until a message that was not acknowledged can be received again. Default 30,000. */
  readonly visibilityMs?: number
  /** Messages in one batch. Default 10 for workflows, 1 for activities. */
  readonly batch?: (queue: QueueName) => number
  /** Which messages are small enough; a send of any other is refused. Default: all. */
  readonly fits?: (message: Message) => boolean
  /** Deliveries after which a message is dead. Default 10. */
  readonly maxReceives?: (queue: QueueName) => number
  /** Deliveries in a minute of virtual time beyond which the queue gives up. Default 1,000,000. */
  readonly mostPerMinute?: number
}

/** The part of a runtime that takes messages. */
export type Consumer = Pick<Runtime, 'handle' | 'handleDead'>

interface Entry {
  readonly message: Message
  receives: number
  /** Calls off the next reception. */
  cancel: () => void
}

export class MemoryQueue implements Queue, Timers {
  readonly #clock: VirtualClock
  readonly #manners: QueueManners
  readonly #ready: Record<QueueName, Entry[]> = { workflow: [], activity: [] }
  readonly #entries = new Set<Entry>()
  readonly #timers = new Map<string, () => void>()
  readonly #carried = new Map<string, number>()
  #consumer: (() => Consumer) | undefined
  readonly #flood: FloodGuard

  constructor(clock: VirtualClock, manners: QueueManners = {}) {
    this.#clock = clock
    this.#manners = manners
    this.#flood = new FloodGuard(clock, manners.mostPerMinute)
  }

  /** Begins to deliver. @param consumer asked for each batch, so that a crashed host can be replaced */
  run(consumer: () => Consumer): void {
    this.#consumer = consumer
    this.#poll('workflow')
    this.#poll('activity')
  }

  /** True when no message is waiting or being handled; timers that are not due do not count. */
  get isIdle(): boolean {
    return this.#entries.size === 0
  }

  /** Timers that are not due yet. */
  get timers(): readonly string[] {
    return [...this.#timers.keys()]
  }

  isCarried(token: string): boolean {
    return this.#carried.has(token)
  }

  /** Whether an activity of this generation waits or runs whose input lies in the history. */
  needsInputsOf(key: InstanceKey, generation: number): boolean {
    return [...this.#entries].some(
      ({ message }) =>
        message.kind === 'activity' &&
        message.inputInHistory &&
        message.generation === generation &&
        message.instanceId === key.instanceId &&
        message.incarnation === key.incarnation,
    )
  }

  /** Loses every message and every timer, as a purge of the queue and its schedules would. */
  wipe(): void {
    for (const entry of this.#entries) this.#remove(entry)
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  fits(message: Message): boolean {
    return this.#manners.fits?.(message) ?? true
  }

  async send(messages: readonly Message[], delayMs = 0): Promise<void> {
    const tooLarge = messages.find((message) => !this.fits(message))
    if (tooLarge) throw new TenutoError('PAYLOAD_TOO_LARGE', `A ${tooLarge.kind} message is too large.`)
    for (const message of messages) {
      this.#enter(message, delayMs)
      const copyAfterMs = this.#manners.duplicateAfterMs?.()
      if (copyAfterMs !== undefined) this.#enter(message, delayMs + copyAfterMs)
    }
  }

  async schedule(timers: readonly TimerMessage[]): Promise<void> {
    for (const timer of timers) {
      const name = timerName(timer, timer.generation, timer.seq)
      if (this.#timers.has(name)) continue
      const cancel = this.#clock.at(timer.dueAt - this.#clock.now(), () => {
        this.#timers.delete(name)
        this.#enter(timer, 0)
      })
      this.#timers.set(name, cancel)
    }
  }

  async cancel(key: InstanceKey, generation: number, timers: readonly CancelledTimer[]): Promise<void> {
    for (const { seq } of timers) {
      const name = timerName(key, generation, seq)
      this.#timers.get(name)?.()
      this.#timers.delete(name)
    }
  }

  #enter(message: Message, delayMs: number): void {
    const entry: Entry = { message, receives: 0, cancel: () => {} }
    this.#entries.add(entry)
    this.#carried.set(message.token, (this.#carried.get(message.token) ?? 0) + 1)
    this.#later(entry, delayMs + (this.#manners.latencyMs?.() ?? 0))
  }

  #later(entry: Entry, delayMs: number): void {
    entry.cancel = this.#clock.at(delayMs, () => {
      const queue = queueOf(entry.message)
      this.#ready[queue].push(entry)
      this.#clock.at(0, () => this.#poll(queue))
    })
  }

  #poll(queue: QueueName): void {
    if (!this.#consumer) return
    const ready = this.#ready[queue]
    const size = this.#manners.batch?.(queue) ?? (queue === 'workflow' ? 10 : 1)
    while (ready.length > 0) {
      const batch: Entry[] = []
      while (batch.length < size && ready.length > 0) {
        const [entry] = ready.splice(this.#manners.pick?.(ready.length) ?? 0, 1)
        if (entry && this.#entries.has(entry)) batch.push(entry)
      }
      if (batch.length === 0) continue
      for (const entry of batch) entry.receives++
      this.#flood.delivered(batch, this.#entries)
      const dead = batch.filter((entry) => entry.receives > (this.#manners.maxReceives?.(queue) ?? 10))
      const alive = batch.filter((entry) => !dead.includes(entry))
      if (alive.length > 0) void this.#deliver(alive, this.#consumer())
      for (const entry of dead) void this.#bury(entry, this.#consumer())
    }
  }

  /** While it is being handled a message is invisible; what is not acknowledged by then can be received again. */
  async #deliver(batch: readonly Entry[], consumer: Consumer): Promise<void> {
    for (const entry of batch) this.#later(entry, this.#visibilityMs)
    const deliveries = new Map(
      batch.map((entry) => [{ message: entry.message, receiveCount: entry.receives }, entry]),
    )
    const acknowledged = await consumer.handle([...deliveries.keys()])
    for (const [delivery, entry] of deliveries) if (acknowledged.has(delivery)) this.#remove(entry)
  }

  async #bury(entry: Entry, consumer: Consumer): Promise<void> {
    this.#later(entry, this.#visibilityMs)
    const delivery = { message: entry.message, receiveCount: entry.receives }
    await consumer.handleDead(delivery).then(
      () => this.#remove(entry),
      () => {},
    )
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    entry.cancel()
    const { token } = entry.message
    const left = (this.#carried.get(token) ?? 1) - 1
    if (left > 0) this.#carried.set(token, left)
    else this.#carried.delete(token)
  }

  get #visibilityMs(): number {
    return this.#manners.visibilityMs ?? 30_000
  }
}

function timerName({ instanceId, incarnation }: InstanceKey, generation: number, seq: number): string {
  return `${instanceId}/${incarnation}/${generation}.${seq}`
}
