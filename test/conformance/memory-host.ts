// The memory backend under the conformance suite: time jumps, so a wait costs nothing.

import type { Retention } from '../../src/runtime/retention.ts'
import { createRuntime, type RuntimeOptions } from '../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import type { QueueManners } from '../../src/testing/memory-queue.ts'
import type { OpenHost } from './test-host.ts'

/** @param manners of the queue */
export function memoryHosts(
  options: RuntimeOptions = {},
  manners: QueueManners = {},
  retention?: Retention,
): OpenHost {
  return async (app, logger, tracer) => {
    const { ports, queue, clock, store } = createMemoryBackend({
      logger,
      ...(tracer && { tracer }),
      ...(retention && { retention }),
      manners: { visibilityMs: 3_600_000, mostPerMinute: 100_000, ...manners },
    })
    const runtime = createRuntime(app, ports, options)
    queue.run(() => runtime)
    return {
      management: runtime.management,
      store,
      now: () => clock.now(),
      shortMs: 60_000,
      changed: async (instanceId, signal) => ports.watch?.(instanceId, signal),
      async pass(promise) {
        let settled = false
        const note = (): void => {
          settled = true
        }
        promise.then(note, note)
        if (!(await clock.runUntil(() => settled))) throw new Error('Nothing is left to happen.')
        return promise
      },
      async later(ms) {
        await clock.runUntil(() => false, ms)
      },
      async idle() {
        await clock.runUntil(() => false, 0)
      },
      async close() {
        runtime.close()
      },
    }
  }
}
