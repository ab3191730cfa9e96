// `npm run demo`: starts a server, drives all seven workflows over HTTP, pulls the plug in the middle, and checks every result.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpClient } from '../src/client/index.ts'
import { batchProcessing } from './03-batch-processing.ts'
import { purchaseOrder } from './06-purchase-order.ts'
import { app } from './app.ts'
import { crashAt, exactlyTheOthersRan, unhurried, WorkLog } from './demo/crash.ts'
import { expectOutput, showPatterns, type WithId } from './demo/patterns.ts'
import { expectResult, Report } from './demo/report.ts'
import { startServerProcess } from './demo/server-process.ts'

export interface DemoSettings {
  /** Default: a temporary folder that is removed at the end. */
  readonly dataDir: string | undefined
  /** 0: any free port. */
  readonly port: number
}

const size = 100
const killedAt = 40

/** @returns whether every result was right */
export async function runDemo(
  { dataDir, port }: DemoSettings,
  write: (line: string) => void,
): Promise<boolean> {
  if (dataDir !== undefined) return drive(dataDir, port, write)
  const temporary = await mkdtemp(join(tmpdir(), 'tenuto-demo-'))
  try {
    return await drive(temporary, port, write)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function drive(dataDir: string, port: number, write: (line: string) => void): Promise<boolean> {
  const report = new Report(write)
  const before = new WorkLog()
  const options = { dataDir, port, env: unhurried, onLog: before.take }
  let server = await startServerProcess(options)
  const client = createHttpClient(server.url, { app })
  const run = randomBytes(4).toString('hex')
  let instances = 0
  const withId: WithId = (name) => ({ instanceId: `${name}-${run}-${++instances}` })
  try {
    write(`The server runs at ${server.url} (process ${server.pid}), its data is in ${dataDir}\n`)
    await showPatterns(client, report, withId)
    const laptop = { cost: 1500, product: 'Laptop', quantity: 1 }
    const purchase = await client.scheduleNewWorkflow(purchaseOrder, laptop, withId('purchase'))

    await report.step(`batchProcessing of ${size}, kill -9`, async () => {
      const id = await client.scheduleNewWorkflow(batchProcessing, { size }, withId('batch'))
      const { pid, url } = server
      const crash = await crashAt(killedAt, server, before, id, {
        ...options,
        port: Number(new URL(url).port),
      })
      server = crash.server
      report.say(`${crash.done.size} of ${size} done, kill -9 of process ${pid}`)
      report.say(`restarted as process ${server.pid} on the same folder`)
      const { result, ok } = await expectOutput(client, id, size * (size + 1))
      return { result, ok: exactlyTheOthersRan(crash, size, report) && ok }
    })

    await report.step('purchaseOrder, approved after the crash', async () => {
      await client.raiseEvent(purchase, 'approval_received', { approver: 'Jane Doe' })
      return expectOutput(client, purchase, "Approved by 'Jane Doe'")
    })
    await report.step('the server stops on SIGTERM', async () => expectResult(await server.stop(), 0))
    return report.summarize()
  } finally {
    await server.kill()
  }
}
