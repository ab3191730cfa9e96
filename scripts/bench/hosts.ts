// Where the workflows run: the production engine and runtime on SQLite, and on the plain maps of `src/testing/`.

import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { createClient, type WorkflowClient } from '../../src/client/index.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { App } from '../../src/workflow/app.ts'

export interface Host {
  readonly client: WorkflowClient
  readonly store: Store
  /** Commits so far, each with its fsync; 0 where nothing is durable. */
  commits(): number
  /** Resolves when nothing is left to do until something comes from outside. */
  rest(): Promise<void>
  /** Drops the instances that are kept in memory to be continued; whatever comes next is replayed. */
  forget(): void
  stop(): Promise<void>
}

export async function openSqliteHost(app: App, folder: string): Promise<Host> {
  const backend = await openLocalBackend({ dataDir: folder })
  const runtime = createRuntime(app, backend.ports)
  backend.run(runtime, { maxConcurrency: () => undefined })
  const before = countCommits(folder)
  return {
    client: createClient(app, runtime.management),
    store: backend.ports.store,
    commits: () => countCommits(folder) - before,
    rest: async () => backend.idle(),
    forget: () => runtime.reset(),
    async stop() {
      await backend.stop()
      runtime.close()
    },
  }
}

/**
 * Commits since the log was made, counted by SQLite itself: `iChange`, the third number in the header of the WAL index, goes up with
 * each transaction that wrote. With synchronous=FULL each of them is one fsync of the log; those of checkpoints come on top.
 */
function countCommits(folder: string): number {
  const index = readdirSync(folder).find((name) => name.endsWith('-shm'))
  if (index === undefined)
    throw new Error('SQLite keeps no WAL index in the data folder: its commits cannot be counted.')
  const header = readFileSync(join(folder, index)).subarray(0, 12)
  return endianness() === 'LE' ? header.readUInt32LE(8) : header.readUInt32BE(8)
}

export async function openMemoryHost(app: App): Promise<Host> {
  const { ports, queue, store } = createMemoryBackend({ clock: new PromptClock(), newId: randomUUID })
  const runtime = createRuntime(app, ports)
  queue.run(() => runtime)
  return {
    client: createClient(app, runtime.management),
    store,
    commits: () => 0,
    async rest() {
      do await nextMacrotask()
      while (!queue.isIdle)
    },
    forget: () => runtime.reset(),
    async stop() {
      runtime.close()
    },
  }
}

/**
 * A clock that stands still and keeps at once, in one macrotask for all of them, the appointments that are due: messages are delivered
 * as fast as the loop turns. Time passes for nobody, and no benchmark waits for it.
 */
class PromptClock extends VirtualClock {
  #isAwake = false

  override at(delayMs: number, run: () => void): () => void {
    if (!this.#isAwake) {
      this.#isAwake = true
      setImmediate(() => this.#keepAppointments())
    }
    return super.at(delayMs, run)
  }

  #keepAppointments(): void {
    this.#isAwake = false
    const now = this.now()
    while (this.step(now));
  }
}
