// The embedded backend put together: one database, one log of writes, the ports over it and the dispatcher beside it.
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Clock, Ports } from '../runtime/ports.ts'
import { assert } from '../workflow/errors.ts'
import type { Logger } from '../workflow/logger.ts'
import { silentLogger } from '../workflow/logger.ts'
import { systemClock } from './clock.ts'
import type { ConcurrencyLimits, Consumer } from './consumer.ts'
import type { Database } from './database.ts'
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { Fence } from './fence.ts'
import { messageTable } from './message-table.ts'
import { createQueue, createTimers } from './queue.ts'
import { toStorageError } from './storage-errors.ts'
import { createStore } from './store.ts'
import { Watchers } from './watchers.ts'
import { WriteLog } from './write-log.ts'

export interface LocalBackend {
  readonly ports: Ports
  /** Starts delivering. Once. */
  run(consumer: Consumer, limits: ConcurrencyLimits): void
  /** Resolves when nothing is ready, in a handler or unflushed. What is delayed does not count. For tests. */
  idle(): Promise<void>
  /** Stops delivering, waits for the handlers up to the grace period, makes everything durable and lets go of the folder. */
  stop(): Promise<void>
}

export interface BackendOptions {
  /** Left out: the real one. */
  readonly clock?: Clock
  /** Left out: silent. */
  readonly logger?: Logger
  /** Left out: random UUIDs. */
  readonly newId?: () => string
  /** Activities that run at once, of all kinds. */
  readonly activityConcurrency?: number
  /** Instances that take turns at once. */
  readonly workflowConcurrency?: number
  /** Deliveries without an acknowledgement before a message is given up. */
  readonly maxReceives?: number
  /** How long `stop` waits for handlers. */
  readonly stopGraceMs?: number
}

/** How much of the queues is in memory. */
const memory = { maxMessages: 20_000, maxSize: 64 * 1024 * 1024, perLane: 64 }

/** @param release gives back what was taken to open the database; called last */
export function createBackend(
  database: Database,
  options: BackendOptions & { readonly memory?: DispatcherOptions['intake'] },
  release: () => void = () => {},
): LocalBackend {
  const { clock = systemClock, logger = silentLogger, newId = randomUUID, stopGraceMs = 10_000 } = options
  const fence = new Fence()
  const watchers = new Watchers()
  const log = new WriteLog(database, fence, {
    flushed(changed) {
      watchers.changed(changed)
      dispatcher.wake()
    },
    failed(error) {
      logger.error('A flush failed: what was not yet accepted is undone, deliveries pause.', {
        code: error.code,
        error,
      })
      dispatcher.pause()
    },
  })
  const table = messageTable(database)
  countStart(database, () => table.countBoot(clock.now()))
  const dispatcher = new Dispatcher({
    table,
    log,
    fence,
    clock,
    logger,
    options: {
      intake: options.memory ?? memory,
      maxReceives: options.maxReceives ?? 10,
      workflowConcurrency: options.workflowConcurrency ?? 256,
      activityConcurrency: options.activityConcurrency ?? 256,
    },
  })
  const queueParts = { table, log, clock, dispatcher }
  let isRunning = false
  let stopped: Promise<void> | undefined

  const stop = async () => {
    await dispatcher.stop(stopGraceMs)
    log.close()
    markClosed(database, logger)
    database.close()
    watchers.wakeAll()
    dispatcher.wake()
    release()
  }

  return {
    ports: {
      store: createStore({ database, messages: table, log, clock }),
      queue: createQueue(queueParts),
      timers: createTimers(queueParts),
      clock,
      newId,
      logger,
      watch: (instanceId, signal) => watchers.watch(instanceId, signal),
    },

    run(consumer, limits) {
      assert(!isRunning && !stopped, 'run was called twice, or after stop')
      isRunning = true
      dispatcher.start(consumer, limits)
    },

    async idle() {
      for (;;) {
        const { changed } = dispatcher
        // Callers that a flush has just answered make their next call in this turn.
        await setImmediate()
        if (stopped || (!log.isOpen && dispatcher.isIdle)) return
        await changed
      }
    },

    stop: () => (stopped ??= stop()),
  }
}

/**
 * Counts a start that follows a kill on every message that is due: any of them may have been what killed the process. A start after
 * an orderly end counts for nothing, so that deploys make no suspects.
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
