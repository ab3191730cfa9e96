// Codes of the platform below: the embedded backend, the wait of a client, the answer to a defect.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createSqsQueue } from '../../../src/aws/sqs/sqs-queue.ts'
import { createClient } from '../../../src/client/backend-client.ts'
import { createHttpApi } from '../../../src/http/api.ts'
import { SqliteBackend } from '../../../src/local/backend.ts'
import { openDatabase } from '../../../src/local/database.ts'
import { openLocalBackend } from '../../../src/local/index.ts'
import { connect } from '../../../src/local/sqlite.ts'
import { createManagement } from '../../../src/runtime/manage.ts'
import { doorbell } from '../../../src/runtime/messages.ts'
import { createSqsStandIn } from '../../../src/stand-ins/index.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import { silentLogger } from '../../../src/workflow/logger.ts'
import { inWorld } from './memory-world.ts'
import { answerExample, type Scenarios, thrownBy } from './scenario.ts'

/** Runs something with a new folder, which is gone afterwards. */
async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tenuto-docs-'))
  try {
    return await act(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const waiting = defineApp({
  workflows: { order: async (ctx: WorkflowContext) => ctx.waitForExternalEvent('paid') },
})

export const platform: Scenarios = {
  NODE_TOO_OLD: async () =>
    thrownBy(async () => connect(':memory:', {}, { version: 'v20.19.0', getBuiltinModule: () => undefined })),

  STORAGE_FULL: async () => {
    const database = openDatabase({ path: ':memory:', integrityCheck: false, logger: silentLogger })
    const backend = new SqliteBackend(database, () => {}, {})
    database.value('PRAGMA max_page_count = 1') // SQLite takes the present size instead
    const management = createManagement(backend.ports)
    const example = await thrownBy(async () =>
      management.start({ workflowName: 'order', input: 'x'.repeat(1024 * 1024) }),
    )
    await backend.stop()
    return example
  },

  STORAGE_READ_ONLY: async () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, 'data'), '')
      return thrownBy(async () => openLocalBackend({ dataDir: join(folder, 'data') }))
    }),

  STORAGE_CORRUPT: async () =>
    inFolder(async (dataDir) => {
      writeFileSync(join(dataDir, 'tenuto.db'), 'x'.repeat(8192))
      return thrownBy(async () => openLocalBackend({ dataDir }))
    }),

  STORAGE_LOCKED: async () =>
    inFolder(async (dataDir) => {
      const first = await openLocalBackend({ dataDir })
      const example = await thrownBy(async () => openLocalBackend({ dataDir }))
      await first.stop()
      return example
    }),

  STORAGE_FAILED: async () =>
    inFolder(async (dataDir) => {
      const foreign = new DatabaseSync(join(dataDir, 'tenuto.db'))
      foreign.exec('CREATE TABLE songs (title TEXT)')
      foreign.close()
      return thrownBy(async () => openLocalBackend({ dataDir }))
    }),

  SEND_FAILED: async () => {
    const clock = new VirtualClock()
    const account = 'https://sqs.us-east-1.amazonaws.com/123456789012'
    const sqs = createSqsStandIn({ clock, faults: { request: () => 'throttled' } })
    const queue = createSqsQueue({
      client: new SQSClient(sqs.clientConfig),
      queueUrls: { workflow: `${account}/workflow`, activity: `${account}/activity` },
      clock,
      logger: silentLogger,
      remainingTimeMs: () => 0,
    })
    const key = { instanceId: 'order-7', incarnation: 'life-1' }
    return thrownBy(async () => queue.send([doorbell(key, 'token-1', ['start'])]))
  },

  UNAVAILABLE: async () => {
    const backend = await openLocalBackend({ dataDir: ':memory:' })
    await backend.stop()
    return thrownBy(async () => createManagement(backend.ports).get('order-7'))
  },

  WAIT_TIMEOUT: async () =>
    inWorld({ app: waiting }, async (world) => {
      await world.run('order')
      const client = createClient(waiting, world.management)
      const [example] = await Promise.all([
        thrownBy(async () => client.waitForWorkflowCompletion('order-7', { timeoutMs: 60_000 })),
        world.rest(),
      ])
      return example
    }),

  INTERNAL: async () =>
    inWorld({ app: waiting }, async ({ management }) => {
      const get = async (): Promise<never> => {
        throw new TypeError('Cannot read properties of undefined')
      }
      const broken = createHttpApi({ ...management, get })
      const response = await broken(new Request('http://localhost:3500/v1.0/workflows/dapr/order-7'))
      return answerExample(response.status, await response.text())
    }),
}
