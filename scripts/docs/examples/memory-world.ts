// An app in memory under a virtual clock: the production engine and runtime, and hours that pass in milliseconds.

import type { InstanceView, Management } from '../../../src/runtime/management.ts'
import { createRuntime, type Runtime } from '../../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../../src/testing/memory-backend.ts'
import type { Consumer } from '../../../src/testing/memory-queue.ts'
import { type App, defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import { TaskFailedError, toFailureDetails } from '../../../src/workflow/failure.ts'
import type { ActivityFunction, WorkflowFunction } from '../../../src/workflow/functions.ts'
import { type Example, failureExample } from './scenario.ts'

export interface World {
  readonly management: Management
  /** Starts an instance and lets time pass until nothing is left to happen. */
  run(workflowName: string, instanceId?: string): Promise<InstanceView>
  /** Lets time pass until nothing is left to happen. */
  rest(): Promise<void>
  get(instanceId: string): Promise<InstanceView>
  /** From now on the instances find this app: a deploy. */
  deploy(app: App): void
}

interface WorldOptions {
  readonly app: App
  /** Stands between the queue and the runtime, for hosts that die. */
  readonly between?: (runtime: Runtime) => Consumer
}

/** Runs something in a world of its own. */
export async function inWorld<T>(
  { app, between = (runtime) => runtime }: WorldOptions,
  act: (world: World) => Promise<T>,
): Promise<T> {
  const { ports, queue, clock } = createMemoryBackend()
  let runtime = createRuntime(app, ports)
  queue.run(() => between(runtime))
  const { management } = runtime
  const world: World = {
    management,
    async run(workflowName, instanceId = 'order-7') {
      await management.start({ workflowName, instanceId })
      await world.rest()
      return world.get(instanceId)
    },
    async rest() {
      await clock.runUntil(() => false)
    },
    async get(instanceId) {
      const view = await management.get(instanceId)
      if (!view) throw new Error(`no instance ${instanceId}`)
      return view
    },
    deploy(next) {
      runtime.close()
      runtime = createRuntime(next, ports)
    },
  }
  try {
    return await act(world)
  } finally {
    runtime.close()
  }
}

type Body = (ctx: WorkflowContext) => unknown
export type Activities = Readonly<Record<string, ActivityFunction>>

/** What the code of a workflow catches. Of a failed task the failure behind it. */
export async function caughtIn(body: Body, activities: Activities = {}): Promise<Example> {
  let caught: unknown
  const app = defineApp({
    workflows: {
      async order(ctx: WorkflowContext, again?: boolean) {
        if (again) return
        try {
          await body(ctx)
        } catch (error) {
          caught = error
        }
      },
    },
    activities,
  })
  await inWorld({ app }, async (world) => world.run('order'))
  return failureExample(caught instanceof TaskFailedError ? caught.failure : toFailureDetails(caught))
}

/** The failure of an instance, or why it is stalled. */
export async function failureOfInstance(order: WorkflowFunction): Promise<Example> {
  const app = defineApp({ workflows: { order } })
  const { failure } = await inWorld({ app }, async (world) => world.run('order'))
  return failureExample(failure)
}
