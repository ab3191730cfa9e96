// What a benchmark is given: its sizes, and as many hosts and floors as it wants, each in a folder of its own.

import type { App } from '../../src/index.ts'
import { benchApp, type BenchWorkflow } from './app.ts'
import { type Floor, MemoryFloor, SqliteFloor } from './floor.ts'
import type { Gates } from './gates.ts'
import { type Host, openMemoryHost, openSqliteHost } from './hosts.ts'
import type { Sizes } from './sizes.ts'

export interface Stage {
  readonly place: 'memory' | 'sqlite'
  readonly sizes: Sizes
  /** Makes an empty folder. */
  readonly newFolder: () => string
}

export interface Bench {
  readonly host: Host
  readonly floor: Floor
  readonly gates: Gates
  /** Runs a workflow from its start to its end. Rejects unless it completes in time, with the expected output. */
  readonly run: (run: Run) => Promise<string>
}

interface Run {
  readonly workflow: BenchWorkflow
  readonly input: unknown
  readonly expected: unknown
  /** Left out: a random one. */
  readonly instanceId?: string
}

/** Opens a host and a floor for the time of some work. */
export async function withBench<T>(stage: Stage, work: (bench: Bench) => Promise<T>): Promise<T> {
  const gates: Gates = new Map()
  const host = await openHost(benchApp(gates), stage.place === 'sqlite' ? stage.newFolder() : '')
  const floor = stage.place === 'sqlite' ? new SqliteFloor(stage.newFolder()) : new MemoryFloor()
  const patience = new Patience(stage.sizes.patienceMs)
  try {
    return await work({ host, floor, gates, run: async (what) => patience.bear(run(host, what)) })
  } finally {
    patience.end()
    floor.close()
    await host.stop()
  }
}

/** @param folder empty for a host in memory */
export async function openHost(app: App, folder: string): Promise<Host> {
  return folder === '' ? openMemoryHost(app) : openSqliteHost(app, folder)
}

async function run({ client }: Host, { workflow, input, expected, instanceId }: Run): Promise<string> {
  const id: string = await client.scheduleNewWorkflow(
    workflow,
    input,
    instanceId === undefined ? {} : { instanceId },
  )
  const state = await client.waitForWorkflowCompletion(id, { timeoutMs: 2 ** 31 - 1 })
  if (state?.runtimeStatus === 'COMPLETED' && state.output === expected) return id
  const actual = `${state?.runtimeStatus} with ${JSON.stringify(state?.output ?? state?.failure)}`
  throw new Error(`A ${workflow} ended ${actual}; COMPLETED with ${String(expected)} was expected.`)
}

/** Bounds waiting by the real clock, whatever clock the host has. */
class Patience {
  readonly #ms: number
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(ms: number) {
    this.#ms = ms
  }

  async bear<T>(work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`There is no end after ${this.#ms} ms.`)), this.#ms)
    this.#timers.add(timer)
    try {
      return await Promise.race([work, late.promise])
    } finally {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
