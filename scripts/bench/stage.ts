// What a benchmark is given: its sizes, and as many hosts and floors as it wants, each in a folder of its own.
import type { App } from '../../src/workflow/app.ts'
import { type BenchWorkflow, benchApp } from './app.ts'
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
  /** The folder of the host; empty in memory. */
  readonly folder: string
  readonly gates: Gates
  /** Runs a workflow from its start to its end. @throws unless it completes in time with the expected output */
  run(workflow: BenchWorkflow, input: unknown, expected: unknown, instanceId?: string): Promise<string>
}

/** Opens a host and a floor for the time of some work. */
export async function withBench<T>(stage: Stage, work: (bench: Bench) => Promise<T>): Promise<T> {
  const gates: Gates = new Map()
  const folder = stage.place === 'sqlite' ? stage.newFolder() : ''
  const host = await openHost(benchApp(gates), folder)
  const floor = stage.place === 'sqlite' ? new SqliteFloor(stage.newFolder()) : new MemoryFloor()
  try {
    return await work({
      host,
      floor,
      folder,
      gates,
      run: async (...what) => withinPatience(stage.sizes.patienceMs, run(host, ...what)),
    })
  } finally {
    floor.close()
    await host.stop()
  }
}

export async function openHost(app: App, folder: string): Promise<Host> {
  return folder === '' ? openMemoryHost(app) : openSqliteHost(app, folder)
}

async function run(
  { client }: Host,
  workflow: BenchWorkflow,
  input: unknown,
  expected: unknown,
  instanceId?: string,
): Promise<string> {
  const options = instanceId === undefined ? {} : { instanceId }
  const id: string = await client.scheduleNewWorkflow(workflow, input, options)
  const state = await client.waitForWorkflowCompletion(id, { timeoutMs: 2 ** 31 - 1 })
  if (state?.runtimeStatus !== 'COMPLETED' || state.output !== expected) {
    const output = JSON.stringify(state?.output ?? state?.failure)
    throw new Error(
      `${workflow} ended ${state?.runtimeStatus} with ${output}; ${String(expected)} was expected.`,
    )
  }
  return id
}

/** The clock of the host may stand still; this one does not. */
async function withinPatience<T>(patienceMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`No end within ${patienceMs} ms.`)), patienceMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
