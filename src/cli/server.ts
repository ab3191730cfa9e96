// The dev server: local backend, runtime and HTTP API in one process.

import { createHttpApi } from '../http/api.ts'
import { serve } from '../http/server.ts'
import { openLocalBackend } from '../local/index.ts'
import type { Store } from '../runtime/ports.ts'
import type { Retention } from '../runtime/retention.ts'
import { createRuntime } from '../runtime/runtime.ts'
import type { App } from '../workflow/app.ts'
import type { Logger } from '../workflow/logger.ts'

export interface ServerOptions {
  readonly app: App
  /** Made if it does not exist; belongs to one process at a time. */
  readonly dataDir: string
  /** 0: any free port. */
  readonly port: number
  readonly hostname: string
  readonly logger: Logger
  /** Left out: what has ended is kept until it is purged. */
  readonly retention?: Retention
}

export interface Server {
  readonly url: string
  /** Unfinished instances in the data folder, counted up to a thousand: they go on by themselves. */
  readonly unfinished: number
  /** Stalled instances among them that are tried again, with the code of now. */
  readonly recovered: number
  /** Takes no more requests, lets what runs come to an end, and releases port and folder. */
  stop(): Promise<void>
}

/**
 * Starts serving an app. Nothing is left open when it throws.
 * @throws TenutoError `STORAGE_LOCKED`, `STORAGE_READ_ONLY`, `STORAGE_CORRUPT`, `STORAGE_FULL`; the system's error when the port cannot be had
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { app, dataDir, port, hostname, logger, retention } = options
  const stops: (() => Promise<unknown>)[] = []
  /** In the reverse order of the starts. */
  async function stop(): Promise<void> {
    for (let next = stops.pop(); next; next = stops.pop()) await next()
  }
  try {
    const backend = await openLocalBackend({ dataDir, logger, ...(retention && { retention }) })
    const runtime = createRuntime(app, backend.ports, { logger })
    // Running activities may end well; only what the grace period leaves over is told to give up.
    stops.push(
      async () => runtime.close(),
      () => backend.stop(),
    )
    // Port first: without one, no instance is touched.
    const listener = await serve(createHttpApi(runtime.management, { logger }), { port, hostname })
    stops.push(() => listener.close())
    const unfinished = await countUnfinished(backend.ports.store)
    const recovered = await runtime.recoverStalled()
    await runtime.recoverStarts()
    backend.run(runtime, { maxConcurrency: (name) => app.activity(name)?.options.maxConcurrency })
    return { url: listener.url, unfinished, recovered, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const countedAtMost = 1000

async function countUnfinished(store: Store): Promise<number> {
  const statuses = ['PENDING', 'RUNNING', 'SUSPENDED', 'STALLED'] as const
  let count = 0
  let pageToken: string | undefined
  do {
    const page = await store.list({ statuses, limit: countedAtMost - count, ...(pageToken && { pageToken }) })
    count += page.instances.length
    pageToken = page.pageToken
  } while (pageToken && count < countedAtMost)
  return count
}
