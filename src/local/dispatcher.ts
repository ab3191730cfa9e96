// When messages go from the disk to memory and from there to handlers: after each flush, when a handler ends,
// when something is due.

import type { Clock } from '../runtime/ports.ts'
import type { Logger } from '../workflow/logger.ts'
import { Alarm } from './alarm.ts'
import { Attendant, type AttendantParts } from './attendant.ts'
import type { ConcurrencyLimits, Consumer } from './consumer.ts'
import type { Fence } from './fence.ts'
import { Intake, type IntakeOptions } from './intake.ts'
import type { StoredMessage } from './message-table.ts'
import { activityList, type ReadyList, workflowList } from './ready-list.ts'
import { headStartMs, isSuspect, Suspects } from './suspects.ts'
import type { WriteLog } from './write-log.ts'

/** Pause of all deliveries after a failed flush. */
const pauseMs = 1_000

export interface DispatcherParts extends AttendantParts {
  readonly memory: IntakeOptions
  readonly workflowConcurrency: number
  readonly activityConcurrency: number
}

interface Service {
  readonly consumer: Consumer
  readonly workflows: ReadyList
  readonly activities: ReadyList
}

export class Dispatcher {
  readonly #log: WriteLog
  readonly #fence: Fence
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #concurrency: { readonly workflows: number; readonly activities: number }
  readonly #intake: Intake
  readonly #attendant: Attendant
  readonly #suspects = new Suspects()
  readonly #alarm: Alarm
  readonly #stopped = new AbortController()
  #service: Service | undefined
  #handlers = 0
  #isPaused = false
  #changed = Promise.withResolvers<void>()

  constructor(parts: DispatcherParts) {
    this.#log = parts.log
    this.#fence = parts.fence
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#concurrency = { workflows: parts.workflowConcurrency, activities: parts.activityConcurrency }
    this.#intake = new Intake(parts.table, parts.memory, (stored) => this.#add(stored))
    this.#alarm = new Alarm(parts.clock, () => this.wake())
    this.#attendant = new Attendant(parts, {
      removed: (stored) => this.#intake.removed(stored),
      returned: (stored) => this.#intake.returned(stored, this.#clock.now()),
      undone: (batch) => this.#undone(batch),
      tried: (suspect) => void this.#giveHeadStart(suspect),
    })
  }

  /** Nothing that could be delivered now is ready or in a handler. */
  get isIdle(): boolean {
    const waiting = this.#suspects.length + this.#lists.reduce((sum, { length }) => sum + length, 0)
    return this.#handlers === 0 && waiting === 0 && !this.#intake.hasBacklog(this.#clock.now())
  }

  /** Resolves when `isIdle` may have become true. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  start(consumer: Consumer, limits: ConcurrencyLimits): void {
    const { workflows, activities } = this.#concurrency
    this.#service = {
      consumer,
      workflows: workflowList(workflows),
      activities: activityList(activities, (name) => limits.maxConcurrency(name)),
    }
    this.wake()
  }

  /** Messages have become durable. */
  arrived(messages: readonly StoredMessage[]): void {
    for (const stored of messages) this.#intake.arrived(stored, this.#clock.now(), this.#isDelivering)
  }

  /** Hands over whatever may be. Called whenever that may have become more. */
  wake(): void {
    this.#fence.runOutside(() => {
      if (this.#isDelivering) this.#deliver()
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    })
  }

  /** A flush failed. Nothing is handed over for a while, since it would most likely fail as well. */
  pause(): void {
    this.#service?.consumer.reset?.()
    if (!this.#isPaused) void this.#fence.runOutside(() => this.#sleepThrough())
  }

  /** Hands over nothing more. Resolves when the handlers have ended, or the grace period has. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort()
    this.#alarm.set(Number.POSITIVE_INFINITY)
    const grace = new AbortController()
    const isOver = this.#clock.sleep(graceMs, grace.signal)
    await Promise.race([isOver, this.#haveEnded()])
    grace.abort()
    if (this.#handlers > 0) this.#logger.warn('Handlers did not end in time.', { handlers: this.#handlers })
  }

  get #isDelivering(): boolean {
    return this.#service !== undefined && !this.#isPaused && !this.#stopped.signal.aborted
  }

  get #lists(): readonly ReadyList[] {
    return this.#service ? [this.#service.workflows, this.#service.activities] : []
  }

  async #haveEnded(): Promise<void> {
    while (this.#handlers > 0) await this.changed
  }

  async #sleepThrough(): Promise<void> {
    this.#isPaused = true
    await this.#clock.sleep(pauseMs, this.#stopped.signal)
    this.#isPaused = false
    this.wake()
  }

  #deliver(): void {
    if (!this.#log.isOpen) this.#intake.load(this.#clock.now())
    const suspect = this.#suspects.take()
    if (suspect) this.#listOf(suspect)?.add(suspect)
    for (const list of this.#lists) {
      for (let batch = list.take(); batch; batch = list.take()) void this.#attend(list, batch)
    }
    // What is due already is loaded after the flush.
    const next = this.#intake.nextDue()
    if (next > this.#clock.now()) this.#alarm.set(next)
  }

  /** From disk to memory. */
  #add(stored: StoredMessage): void {
    if (isSuspect(stored)) this.#suspects.add(stored)
    else this.#listOf(stored)?.add(stored)
  }

  #listOf({ message }: StoredMessage): ReadyList | undefined {
    return message.kind === 'activity' ? this.#service?.activities : this.#service?.workflows
  }

  /** From memory to a handler. */
  async #attend(list: ReadyList, batch: readonly StoredMessage[]): Promise<void> {
    this.#handlers += 1
    for (const stored of batch) this.#intake.left(stored)
    if (this.#service) await this.#attendant.attend(this.#service.consumer, batch)
    for (const stored of batch) this.#suspects.release(stored)
    list.done(batch)
    this.#handlers -= 1
    this.wake()
  }

  #undone(batch: readonly StoredMessage[]): void {
    for (const stored of batch) this.#intake.returned(stored, this.#clock.now())
    this.pause()
  }

  async #giveHeadStart(suspect: StoredMessage): Promise<void> {
    await this.#clock.sleep(headStartMs, this.#stopped.signal)
    this.#suspects.release(suspect)
    this.wake()
  }
}
