// The claim of the specification, on a real process: of 100 parallel activities some 40 have completed, the process dies, and after the
// restart the others run, those that were in flight once more, and no other.

import { expect, test } from 'vitest'
import { batchProcessing } from '../../examples/03-batch-processing.ts'
import { app } from '../../examples/app.ts'
import { crashAt, unhurried, WorkLog } from '../../examples/demo/crash.ts'
import { startServerProcess } from '../../examples/demo/server-process.ts'
import { createHttpClient } from '../../src/client/index.ts'
import { withDataDir } from './main-process.ts'

const allItems = Array.from({ length: 100 }, (_, at) => at + 2)

test.each([{ size: 100 }, { size: 100, maxParallel: 30 }])(
  'kill -9 in the middle of a fan-out of %j (Dapr: delstate)',
  async (input) => {
    await withDataDir(async (dataDir) => {
      const before = new WorkLog()
      const options = { dataDir, port: 0, env: unhurried, onLog: before.take }
      const server = await startServerProcess(options)
      const client = createHttpClient(server.url, { app })
      const id = await client.scheduleNewWorkflow(batchProcessing, input, { instanceId: 'batch' })
      const crash = await crashAt(40, server, before, id, {
        ...options,
        port: Number(new URL(server.url).port),
      })
      try {
        const state = await client.waitForWorkflowCompletion(id, { timeoutMs: 15_000 })
        expect(state).toMatchObject({ runtimeStatus: 'COMPLETED', output: 10_100 })
        // Nothing that was done runs again, and everything else does, once.
        const others = allItems.filter((taskId) => !crash.done.has(taskId))
        expect([...crash.after.began].toSorted((a, b) => a - b)).toEqual(others)
        expect(crash.after.finished.size).toBe(others.length)
        // And it was the middle: some were done, some in flight.
        expect(crash.done.size).toBeGreaterThan(0)
        expect(others.length).toBeGreaterThanOrEqual(100 - before.finished.size)
        expect(crash.inFlight.size).toBeGreaterThan(0)
      } finally {
        expect(await crash.server.stop()).toBe(0)
      }
    })
  },
)

test('a graceful stop in the middle of a fan-out loses nothing and fails nothing', async () => {
  await withDataDir(async (dataDir) => {
    const before = new WorkLog()
    const options = { dataDir, port: 0, env: { WORK_ITEM_MS: '30' }, onLog: before.take }
    const server = await startServerProcess(options)
    const id = await createHttpClient(server.url, { app }).scheduleNewWorkflow(batchProcessing, { size: 100 })
    await before.untilFinished(40)
    expect(await server.stop()).toBe(0)
    const again = await startServerProcess({ ...options, onLog: () => {} })
    try {
      const state = await createHttpClient(again.url, { app }).waitForWorkflowCompletion(id, {
        timeoutMs: 15_000,
      })
      expect(state).toMatchObject({ runtimeStatus: 'COMPLETED', output: 10_100 })
    } finally {
      expect(await again.stop()).toBe(0)
    }
  })
})

test('timers and waiting workflows survive kill -9', async () => {
  await withDataDir(async (dataDir) => {
    const first = await startServerProcess({ dataDir, port: 0 })
    const before = createHttpClient(first.url)
    const order = { cost: 5000, product: 'Laptop', quantity: 1 }
    await before.scheduleNewWorkflow(
      'purchaseOrder',
      { ...order, approvalTimeoutSeconds: 1 },
      { instanceId: 'silent' },
    )
    await before.scheduleNewWorkflow('purchaseOrder', order, { instanceId: 'answered' })
    await before.raiseEvent('answered', 'approval_received', { approver: 'Jane Doe' }, { eventId: 'e1' })
    await first.kill()
    const second = await startServerProcess({ dataDir, port: 0 })
    const after = createHttpClient(second.url)
    try {
      expect(await after.waitForWorkflowCompletion('answered')).toMatchObject({
        output: "Approved by 'Jane Doe'",
      })
      expect(await after.waitForWorkflowCompletion('silent')).toMatchObject({ output: 'Cancelled' })
    } finally {
      expect(await second.stop()).toBe(0)
    }
  })
})
