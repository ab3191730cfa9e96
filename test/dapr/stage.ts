// A runtime and a client on a backend of the test's own, and instances by name.

import { onTestFinished } from 'vitest'
import {
  DaprWorkflowClient,
  type TWorkflow,
  type TWorkflowActivity,
  WorkflowRuntime,
  type WorkflowState,
} from '../../src/dapr/index.ts'
import type { LoggerOptions } from '../../src/dapr/types.ts'
import { openLocalBackend } from '../../src/local/index.ts'

export interface Stage {
  readonly runtime: WorkflowRuntime
  readonly client: DaprWorkflowClient
  /** Starts a workflow under its own name and waits for its end. */
  readonly run: (workflow: string, input?: unknown) => Promise<WorkflowState>
}

export const silent: LoggerOptions = { level: -1 }

/** What an async generator of a workflow is typed as, so that nothing is `any`. */
export type Steps = AsyncGenerator<unknown, unknown, unknown>

type Named<F> = Readonly<Record<string, F>>

export async function openStage(
  workflows: Named<TWorkflow>,
  activities: Named<TWorkflowActivity> = {},
  logger: LoggerOptions = silent,
): Promise<Stage> {
  const backend = await openLocalBackend({ dataDir: ':memory:', stopGraceMs: 1_000 })
  const runtime = new WorkflowRuntime({ backend, logger })
  const client = new DaprWorkflowClient({ backend })
  for (const [name, workflow] of Object.entries(workflows)) runtime.registerWorkflowWithName(name, workflow)
  for (const [name, activity] of Object.entries(activities)) runtime.registerActivityWithName(name, activity)
  await runtime.start()
  onTestFinished(async () => {
    await client.stop()
    await runtime.stop()
  })
  async function run(workflow: string, input?: unknown): Promise<WorkflowState> {
    const id = await client.scheduleNewWorkflow(workflow, input, workflow)
    const state = await client.waitForWorkflowCompletion(id)
    if (!state) throw new Error(`There is no instance '${id}'.`)
    return state
  }
  return { runtime, client, run }
}
