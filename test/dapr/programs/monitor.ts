// A loop that sleeps between two looks and begins anew each time, so that its history stays short.

import {
  DaprWorkflowClient,
  type TWorkflow,
  type WorkflowActivityContext,
  type WorkflowContext,
  WorkflowRuntime,
} from '@dapr/dapr'

interface Watch {
  readonly rounds: number
  readonly seen: readonly string[]
}

const checkStatus = async (_: WorkflowActivityContext, round: number) =>
  round % 2 === 0 ? 'healthy' : 'unhealthy'

const monitor: TWorkflow = async function* (ctx: WorkflowContext, { rounds, seen }: Watch): any {
  const before: Date = ctx.getCurrentUtcDateTime()
  const status = yield ctx.callActivity(checkStatus, seen.length)
  yield ctx.createTimer(status === 'healthy' ? 0.02 : 0.01)
  const slept = ctx.getCurrentUtcDateTime().getTime() - before.getTime() >= 10
  const now = [...seen, `${status} ${slept}`]
  if (now.length === rounds) return now
  ctx.continueAsNew({ rounds, seen: now }, true)
}

const client = new DaprWorkflowClient()
const runtime = new WorkflowRuntime()
runtime.registerWorkflow(monitor).registerActivity(checkStatus)
await runtime.start()

const id = await client.scheduleNewWorkflow(monitor, { rounds: 3, seen: [] }, 'monitor')
const state = await client.waitForWorkflowCompletion(id)
console.log(state?.serializedOutput)

await runtime.stop()
await client.stop()
