// The server that is fuzzed: the HTTP API on a socket, over the embedded backend in memory, with workflows that do not fail by themselves.

import { createHttpApi } from '../../src/http/api.ts'
import { serve } from '../../src/http/server.ts'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { defineApp } from '../../src/workflow/app.ts'
import type { Logger } from '../../src/workflow/logger.ts'

export interface FuzzServer {
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

/** What a request may take to arrive: slow ones are cut off after it. */
const requestTimeoutMs = 500

async function echo(_: WorkflowContext, input: unknown): Promise<unknown> {
  return input
}

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

async function working(ctx: WorkflowContext, input: unknown): Promise<unknown> {
  await ctx.createTimer('1ms')
  return ctx.callActivity(same, input)
}

function same(_: ActivityContext, input: unknown): unknown {
  return input
}

export async function startFuzzServer(logger: Logger): Promise<FuzzServer> {
  const app = defineApp({ workflows: { echo, waiting, working }, activities: { same } })
  const backend = await openLocalBackend({ dataDir: ':memory:', logger, stopGraceMs: 1_000 })
  // What is kept of ended instances has a bound; with a small one, memory that grows is memory that leaks.
  const runtime = createRuntime(app, backend.ports, { logger, liveInstances: 50 })
  backend.run(runtime, { maxConcurrency: () => undefined })
  const handler = createHttpApi(runtime.management, { logger })
  const server = await serve(handler, { port: 0, requestTimeoutMs, closeTimeoutMs: 1_000, logger })
  return {
    port: server.port,
    url: server.url,
    async close() {
      await server.close()
      await backend.stop()
      runtime.close()
    },
  }
}
