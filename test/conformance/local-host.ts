// The embedded backend under the conformance suite, on the real clock.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalBackendOptions, openLocalBackend } from '../../src/local/index.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import type { OpenHost } from './test-host.ts'

/** @param more another clock, or a time after which what has ended goes */
export function localHosts(
  place: 'folder' | ':memory:',
  more: Pick<LocalBackendOptions, 'clock' | 'retention'> = {},
): OpenHost {
  return async (app, logger, tracer) => {
    const dataDir = place === 'folder' ? mkdtempSync(join(tmpdir(), 'tenuto-conformance-')) : place
    const backend = await openLocalBackend({
      dataDir,
      logger,
      stopGraceMs: 1_000,
      ...more,
      ...(tracer && { tracer }),
    })
    const runtime = createRuntime(app, backend.ports)
    backend.run(runtime, { maxConcurrency: (name) => app.activity(name)?.options.maxConcurrency })
    return {
      management: runtime.management,
      store: backend.ports.store,
      now: () => backend.ports.clock.now(),
      shortMs: 20,
      changed: async (instanceId, signal) => backend.ports.watch?.(instanceId, signal),
      pass: async (promise) => promise,
      idle: () => backend.idle(),
      async close() {
        await backend.stop()
        runtime.close()
        if (place === 'folder') rmSync(dataDir, { recursive: true, force: true })
      },
    }
  }
}
