// An eternal workflow on the real server: however many rounds it makes, what is kept is the history of one.

import { expect, test } from 'vitest'
import { app } from '../../examples/app.ts'
import { startServer } from '../../src/cli/server.ts'
import { createHttpClient } from '../../src/client/index.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { withDataDir } from './main-process.ts'

test('after forty rounds of statusMonitor the history on disk is that of the last one', async () => {
  await withDataDir(async (dataDir) => {
    const server = await startServer({ app, dataDir, port: 0, hostname: '127.0.0.1', logger: silentLogger })
    const client = createHttpClient(server.url, { app })
    const intervals = { healthyIntervalSeconds: 0.01, unhealthyIntervalSeconds: 0.01 }
    const job = { jobId: 'nightly', isHealthy: true, maxChecks: 40, ...intervals }
    const id = await client.scheduleNewWorkflow('statusMonitor', job)
    expect(await client.waitForWorkflowCompletion(id, { timeoutMs: 15_000 })).toMatchObject({ output: 40 })
    await server.stop()

    const backend = await openLocalBackend({ dataDir })
    try {
      const row = await backend.ports.store.getInstance(id)
      const history = row ? await backend.ports.store.readHistory(row) : []
      expect(history.at(-1)).toMatchObject({ generation: 40, status: 'COMPLETED' })
      // The round itself, and the episode of the round before that opened it.
      expect(new Set(history.map(({ generation }) => generation))).toEqual(new Set([39, 40]))
      expect(history.length).toBeLessThanOrEqual(4)
    } finally {
      await backend.stop()
    }
  })
})
