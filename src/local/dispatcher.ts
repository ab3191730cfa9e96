// From memory to the consumer, and what becomes of a message afterwards: deleted when acknowledged, seen again later when not, given
// up when it was delivered too often.
import type { Delivery } from '../runtime/messages.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Logger } from '../workflow/logger.ts'
import { Alarm } from './alarm.ts'
import type { ConcurrencyLimits, Consumer } from './consumer.ts'
import type { Fence, HandlerCall } from './fence.ts'
import { Intake, type IntakeOptions } from './intake.ts'
import type { MessageTable, StoredMessage } from './message-table.ts'
import { activityList, type ReadyList, workflowList } from './ready-list.ts'
import { headStartMs, isDead, isSuspect, Suspects } from './suspects.ts'
import type { WriteLog } from './write-log.ts'

const firstBackOffMs = 50
const longestBackOffMs = 30_000
/** Pause of all deliveries after a failed flush. */
const pauseMs = 1_000

export interface DispatcherOptions {
  readonly intake: IntakeOptions
  readonly maxReceives: number
  readonly workflowConcurrency: number
  readonly activityConcurrency: number
}

export interface DispatcherParts {
  readonly table: MessageTable
  readonly log: WriteLog
  readonly fence: Fence
  readonly clock: Clock
  readonly logger: Logger
  readonly options: DispatcherOptions
}

/** What is to be done with live or dead messages: the acknowledged ones come back. */
type Handler = (batch: readonly Delivery[]) => Promise<ReadonlySet<Delivery>>

interface Service {
  readonly consumer: Consumer
  readonly workflows: ReadyList
  readonly activities: ReadyList
}

export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #intake: Intake
  readonly #suspects = new Suspects()
  readonly #alarm: Alarm
  readonly #stopped = new AbortController()
  #service: Service | undefined
  #handlers = 0
  #isPaused = false
  #changed = Promise.withResolvers<void>()

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#intake = new Intake(parts.table, parts.options.intake, (stored) => this.#add(stored))
    this.#alarm = new Alarm(parts.clock, () => this.wake())
  }

  /** Nothing that could be delivered now is ready or in a handler. */
  get isIdle(): boolean {
    const { workflows, activities } = this.#service ?? {}
    const waiting = this.#suspects.length + (workflows?.length ?? 0) + (activities?.length ?? 0)
    return this.#handlers === 0 && waiting === 0 && !this.#intake.hasBacklog(this.#parts.clock.now())
  }

  /** Resolves when `isIdle` may have become true. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  start(consumer: Consumer, limits: ConcurrencyLimits): void {
    const { workflowConcurrency, activityConcurrency } = this.#parts.options
    this.#service = {
      consumer,
      workflows: workflowList(workflowConcurrency),
      activities: activityList(activityConcurrency, (name) => limits.maxConcurrency(name)),
    }
    this.wake()
  }

  /** Messages have become durable. */
  arrived(messages: readonly StoredMessage[]): void {
    const now = this.#parts.clock.now()
    for (const stored of messages) this.#intake.arrived(stored, now, this.#isDelivering)
  }

  /** Hands over whatever may be. Called whenever that may have become more. */
  wake(): void {
    this.#parts.fence.runOutside(() => {
      if (this.#isDelivering) this.#deliver()
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    })
  }

  /** A flush failed: nothing is handed over for a while, since it would most likely fail as well. */
  pause(): void {
    this.#service?.consumer.reset?.()
    if (this.#isPaused) return
    this.#isPaused = true
    void this.#parts.fence.runOutside(async () => {
      await this.#parts.clock.sleep(pauseMs, this.#stopped.signal)
      this.#isPaused = false
      this.wake()
    })
  }

  /** Hands over nothing more. Resolves when the handlers have ended, or the grace period has. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort()
    this.#alarm.set(Number.POSITIVE_INFINITY)
    const grace = new AbortController()
    let isOver = false
    void this.#parts.clock.sleep(graceMs, grace.signal).then(() => {
      isOver = true
      this.wake()
    })
    while (this.#handlers > 0 && !isOver) await this.changed
    grace.abort()
    if (this.#handlers > 0)
      this.#parts.logger.warn('Handlers did not end in time.', { handlers: this.#handlers })
  }

  get #isDelivering(): boolean {
    return this.#service !== undefined && !this.#isPaused && !this.#stopped.signal.aborted
  }

  #deliver(): void {
    const { log, clock } = this.#parts
    if (!log.isOpen) this.#intake.load(clock.now())
    const suspect = this.#suspects.take()
    if (suspect) this.#listFor(suspect)?.add(suspect)
    const { workflows, activities } = this.#service as Service
    for (const list of [workflows, activities]) {
      for (let batch = list.take(); batch; batch = list.take()) void this.#attend(list, batch)
    }
    // What is due already is loaded after the flush.
    const next = this.#intake.nextDue()
    if (next > clock.now()) this.#alarm.set(next)
  }

  #add(stored: StoredMessage): void {
    if (isSuspect(stored)) this.#suspects.add(stored)
    else this.#listFor(stored)?.add(stored)
  }

  #listFor({ message }: StoredMessage): ReadyList | undefined {
    return message.kind === 'activity' ? this.#service?.activities : this.#service?.workflows
  }

  async #attend(list: ReadyList, batch: readonly StoredMessage[]): Promise<void> {
    const { consumer } = this.#service as Service
    const { maxReceives } = this.#parts.options
    this.#handlers += 1
    for (const stored of batch) this.#intake.left(stored)
    for (const stored of batch) {
      if (!isDead(stored, maxReceives)) continue
      await this.#serve([stored], (deliveries) => bury(consumer, deliveries))
    }
    const live = batch.filter((stored) => !isDead(stored, maxReceives))
    if (live.length > 0 && (await this.#countSuspects(live))) {
      await this.#serve(live, async (deliveries) => consumer.handle(deliveries))
    }
    for (const stored of batch) this.#suspects.release(stored)
    list.done(batch)
    this.#handlers -= 1
    this.wake()
  }

  /** @returns false when the attempt could not be counted: then it must not be made */
  async #countSuspects(batch: readonly StoredMessage[]): Promise<boolean> {
    const suspects = batch.filter(isSuspect)
    if (suspects.length === 0) return true
    const { log, table, clock } = this.#parts
    try {
      await log.write(() => suspects.forEach(({ id }) => table.countAttempt(id)))
    } catch {
      this.#giveBack(batch)
      return false
    }
    void clock.sleep(headStartMs, this.#stopped.signal).then(() => {
      for (const stored of suspects) this.#suspects.release(stored)
      this.wake()
    })
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
      const { message } = batch[0] as StoredMessage
      logger.warn('A handler failed; its messages come again.', {
        instanceId: message.instanceId,
        kind: message.kind,
        error,
      })
    }
    call.isOver = true
    if (call.isVoid) {
      this.#giveBack(batch)
      return
    }
    this.#settle(batch, (at) => acknowledged.has(deliveries[at] as Delivery))
  }

  #settle(batch: readonly StoredMessage[], isAcknowledged: (at: number) => boolean): void {
    const { log, table, clock } = this.#parts
    const now = clock.now()
    const done = batch.filter((_, at) => isAcknowledged(at))
    const postponed = batch.filter((_, at) => !isAcknowledged(at)).map((stored) => afterBackOff(stored, now))
    const write = log.write((group) => {
      for (const { id } of done) table.remove(id)
      for (const { id, visibleAt, receives } of postponed) table.postpone(id, visibleAt, receives)
      group.afterFlush(() => {
        for (const stored of done) this.#intake.removed(stored)
        for (const stored of postponed) this.#intake.returned(stored, now)
      })
    })
    write.catch(() => this.#giveBack(batch))
  }

  /** Nothing of what was done with the messages is durable: they are as they were, on the disk. */
  #giveBack(batch: readonly StoredMessage[]): void {
    for (const stored of batch) this.#intake.returned(stored, this.#parts.clock.now())
    this.pause()
  }
}

async function bury(consumer: Consumer, deliveries: readonly Delivery[]): Promise<ReadonlySet<Delivery>> {
  for (const delivery of deliveries) await consumer.handleDead(delivery)
  return new Set(deliveries)
}

function toDelivery({ message, boots, attempts, receives }: StoredMessage): Delivery {
  return { message, receiveCount: Math.max(boots, attempts, receives) + 1 }
}

function afterBackOff(stored: StoredMessage, now: number): StoredMessage {
  const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** stored.receives)
  return { ...stored, visibleAt: now + backOffMs, receives: stored.receives + 1, boots: 0, attempts: 0 }
}
