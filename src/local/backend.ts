// The embedded backend put together: one database, one log of writes, the ports over it and the dispatcher
// beside it.

import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Clock, Ports } from '../runtime/ports.ts'
import type { Retention } from '../runtime/retention.ts'
import { assert } from '../workflow/errors.ts'
import { type Logger, silentLogger } from '../workflow/logger.ts'
import type { Tracer } from '../workflow/tracer.ts'
import { systemClock } from './clock.ts'
import type { ConcurrencyLimits, Consumer } from './consumer.ts'
import type { Database } from './database.ts'
import { Dispatcher } from './dispatcher.ts'
import { Fence } from './fence.ts'
import type { IntakeOptions } from './intake.ts'
import { MessageTable } from './message-table.ts'
import { createQueue, createTimers } from './queue.ts'
import { type Ages, agesOf, keepsEndedMs, retain } from './retention.ts'
import { toStorageError } from './storage-errors.ts'
import { LocalStore } from './store.ts'
import { Watchers } from './watchers.ts'
import { WriteLog } from './write-log.ts'

export interface BackendOptions {
  /** Left out: the real one. */
  readonly clock?: Clock
  /** Left out: silent. */
  readonly logger?: Logger
  /** Makes spans, and hands the place in their traces on. Left out: nothing is traced. */
  readonly tracer?: Tracer
  /** Left out: random UUIDs. */
  readonly newId?: () => string
  /** Activities that run at once, of all kinds. */
  readonly activityConcurrency?: number
  /** Instances that take turns at once. */
  readonly workflowConcurrency?: number
  /** Deliveries without an acknowledgement after which a message is given up. */
  readonly maxReceives?: number
  /** How long `stop` waits for handlers. */
  readonly stopGraceMs?: number
  /**
   * How long instances are kept after their end; looked after while the backend runs, as often as the shortest time, but once a second at
   * most and every quarter of an hour at least. With it, what is left of purged ones goes after 15 days. Left out: all are kept until they are purged.
   */
  readonly retention?: Retention
}

export interface LocalBackend {
  readonly ports: Ports
  /** Starts delivering. Once. */
  run(consumer: Consumer, limits: ConcurrencyLimits): void
  /** Resolves when nothing is ready, in a handler or unflushed. What is delayed does not count. For tests. */
  idle(): Promise<void>
  /**
   * Stops delivering, waits for the handlers up to the grace period, makes everything durable and lets go of
   * the folder.
   */
  stop(): Promise<void>
}

/** How much of the queues is in memory. */
const defaultMemory: IntakeOptions = { maxMessages: 20_000, maxSize: 64 * 1024 * 1024, perLane: 64 }

export class SqliteBackend implements LocalBackend {
  readonly ports: Ports
  readonly #database: Database
  readonly #release: () => void
  readonly #logger: Logger
  readonly #stopGraceMs: number
  readonly #log: WriteLog
  readonly #dispatcher: Dispatcher
  readonly #watchers = new Watchers()
  readonly #store: LocalStore
  /** Set where instances are not kept for ever. */
  readonly #ages: Ages | undefined
  readonly #stopped = new AbortController()
  #isRunning = false
  #stopping: Promise<void> | undefined

  /** @param release gives back what was taken to open the database; called when it is closed */
  constructor(
    database: Database,
    release: () => void,
    options: BackendOptions & { readonly memory?: IntakeOptions },
  ) {
    const { clock = systemClock, logger = silentLogger, newId = randomUUID, memory = defaultMemory } = options
    const { maxReceives = 10, workflowConcurrency = 256, activityConcurrency = 256 } = options
    this.#database = database
    this.#release = release
    this.#logger = logger
    this.#stopGraceMs = options.stopGraceMs ?? 10_000
    this.#ages = options.retention && agesOf(options.retention)
    const fence = new Fence()
    this.#log = new WriteLog(database, fence, {
      flushed: (changed) => {
        this.#watchers.changed(changed)
        this.#dispatcher.wake()
      },
      failed: (error) => {
        logger.error('A flush failed: nothing of it was accepted, deliveries pause.', {
          code: error.code,
          error,
        })
        this.#dispatcher.pause()
      },
    })
    const table = new MessageTable(database)
    countStart(database, () => table.countBoot(clock.now()))
    const common = { table, messages: table, log: this.#log, database, fence, clock, logger }
    const limits = { memory, maxReceives, workflowConcurrency, activityConcurrency }
    this.#dispatcher = new Dispatcher({ ...common, ...limits })
    const queueParts = { ...common, dispatcher: this.#dispatcher }
    this.#store = new LocalStore({ ...common, keepsEndedMs: keepsEndedMs(options.retention ?? {}) })
    this.ports = {
      store: this.#store,
      queue: createQueue(queueParts),
      timers: createTimers(queueParts),
      clock,
      newId,
      logger,
      ...(options.tracer && { tracer: options.tracer }),
      soleProcess: newId(),
      watch: (instanceId, signal) => this.#watchers.watch(instanceId, signal),
    }
  }

  run(consumer: Consumer, limits: ConcurrencyLimits): void {
    assert(!this.#isRunning && !this.#stopping, 'run was called twice, or after stop')
    this.#isRunning = true
    this.#dispatcher.start(consumer, limits)
    if (!this.#ages) return
    const { clock } = this.ports
    void retain(this.#ages, { store: this.#store, clock, logger: this.#logger, signal: this.#stopped.signal })
  }

  async idle(): Promise<void> {
    for (;;) {
      const { changed } = this.#dispatcher
      // Callers that a flush has just answered make their next call in this turn.
      await setImmediate()
      if (this.#stopping || (!this.#log.isOpen && this.#dispatcher.isIdle)) return
      await changed
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#stopped.abort()
    await this.#dispatcher.stop(this.#stopGraceMs)
    this.#log.close()
    try {
      markClosed(this.#database, this.#logger)
      this.#database.close()
    } finally {
      this.#release()
      this.#watchers.wakeAll()
      this.#dispatcher.wake()
    }
  }
}

/**
 * Counts a start that follows a kill on every message that is due: any of them may have been what killed the
 * process. One that follows an orderly end counts for nothing, so that deploys make no suspects.
 */
function countStart(database: Database, countBoot: () => void): void {
  try {
    database.begin()
    if (database.value('SELECT closed FROM host') !== 1) countBoot()
    database.prepare('UPDATE host SET closed = 0').run()
    database.commit()
  } catch (error) {
    database.rollback()
    throw toStorageError(error, 'write to the database')
  }
}

function markClosed(database: Database, logger: Logger): void {
  try {
    database.prepare('UPDATE host SET closed = 1').run()
  } catch (error) {
    // The next start counts as one after a kill.
    logger.warn('The database could not be marked as closed in order.', { error })
  }
}
