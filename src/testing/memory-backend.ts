// A whole backend in memory under a virtual clock: the production engine and runtime, nothing durable, nothing that waits.

import type { Ports } from '../runtime/ports.ts'
import type { Retention } from '../runtime/retention.ts'
import { type Logger, silentLogger } from '../workflow/logger.ts'
import type { Tracer } from '../workflow/tracer.ts'
import { MemoryQueue, type QueueManners } from './memory-queue.ts'
import { MemoryStore } from './memory-store.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface MemoryBackend {
  readonly ports: Ports
  readonly clock: VirtualClock
  readonly queue: MemoryQueue
  readonly store: MemoryStore
}

export interface MemoryBackendOptions {
  readonly clock?: VirtualClock
  readonly manners?: QueueManners
  readonly logger?: Logger
  /** Default: nothing is traced. */
  readonly tracer?: Tracer
  /** Default: `id-1`, `id-2` … */
  readonly newId?: () => string
  /** How long instances are kept after their end, by the clock of the backend. Default: until they are purged. */
  readonly retention?: Retention
}

/** @throws TenutoError `INVALID_DURATION`, `INVALID_ARGUMENT` for a retention that is none */
export function createMemoryBackend(options: MemoryBackendOptions = {}): MemoryBackend {
  const clock = options.clock ?? new VirtualClock()
  const watchers = new Map<string, Set<() => void>>()
  const queue = new MemoryQueue(clock, options.manners)
  const store = new MemoryStore({
    onChange(instanceId) {
      for (const notify of watchers.get(instanceId) ?? []) notify()
      watchers.delete(instanceId)
    },
    isNeeded: (key, { by, generation }) => queue.isCarried(by) || queue.needsInputsOf(key, generation),
    ...(options.retention && { kept: { retention: options.retention, clock } }),
  })
  let ids = 0
  const ports: Ports = {
    store,
    queue,
    timers: queue,
    clock,
    newId: options.newId ?? (() => `id-${++ids}`),
    logger: options.logger ?? silentLogger,
    ...(options.tracer && { tracer: options.tracer }),
    watch: (instanceId, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const present = watchers.get(instanceId) ?? new Set()
        watchers.set(instanceId, present.add(resolve))
        const wake = (): void => {
          present.delete(resolve)
          resolve()
        }
        signal.addEventListener('abort', wake, { once: true })
      }),
  }
  return { ports, clock, queue, store }
}
