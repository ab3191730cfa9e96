// A list of work, all items at once, the sum at the end.

import {
  DaprWorkflowClient,
  type Task,
  type TWorkflow,
  type WorkflowActivityContext,
  type WorkflowContext,
  WorkflowRuntime,
} from '@dapr/dapr'

async function getWorkItems(_: WorkflowActivityContext, count: number): Promise<string[]> {
  return Array.from({ length: count }, (_item, at) => `work item ${at + 1}`)
}

function processWorkItem(context: WorkflowActivityContext, item: string): number {
  if (context.getWorkflowInstanceId() !== 'fan-out') throw new Error('another instance')
  return item.length
}

const fanOut: TWorkflow = async function* (ctx: WorkflowContext, count: number): any {
  const items: string[] = yield ctx.callActivity(getWorkItems, count)
  const tasks: Task<any>[] = []
  for (const item of items) tasks.push(ctx.callActivity(processWorkItem, item))
  const results: number[] = yield ctx.whenAll(tasks)
  const nothing: number[] = yield ctx.whenAll([])
  return [...results, ...nothing].reduce((sum, length) => sum + length, 0)
}

const client = new DaprWorkflowClient()
const runtime = new WorkflowRuntime()
runtime.registerWorkflow(fanOut).registerActivity(getWorkItems).registerActivity(processWorkItem)
await runtime.start()

const id = await client.scheduleNewWorkflow(fanOut, 25, 'fan-out')
const started = await client.waitForWorkflowStart(id, false)
console.log(started?.name, started?.serializedInput)
const state = await client.waitForWorkflowCompletion(id)
console.log(state?.serializedOutput)

await runtime.stop()
await client.stop()
