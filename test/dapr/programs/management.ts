// A parent with children, and all that a client can do: schedule for later, suspend, resume, raise, wait, purge.

import {
  DaprWorkflowClient,
  type TWorkflow,
  type WorkflowContext,
  WorkflowRuntime,
  WorkflowRuntimeStatus,
  type WorkflowState,
} from '@dapr/dapr'

const child: TWorkflow = async function* (ctx: WorkflowContext, x: number): any {
  const factor = yield ctx.waitForExternalEvent('factor')
  return `${ctx.getWorkflowInstanceId()}: ${x * factor}`
}

const parent: TWorkflow = async function* (ctx: WorkflowContext, x: number): any {
  const first = ctx.callChildWorkflow(child, x)
  const second = ctx.callSubWorkflow<number, string>('child', x + 1, 'second-child')
  return yield ctx.whenAll([first, second])
}

const client = new DaprWorkflowClient()
const runtime = new WorkflowRuntime()
runtime.registerWorkflow(parent).registerWorkflow(child)

// Before anything runs: the start is kept until it does.
const id = await client.scheduleNewWorkflow(parent, 10, 'parent', new Date(Date.now() + 20))
const status = (state: WorkflowState | undefined) => WorkflowRuntimeStatus[state?.runtimeStatus ?? 0]
console.log(status(await client.getWorkflowState(id, false)))
await runtime.start()

console.log(status(await client.waitForWorkflowStart(id)))
for (const instance of [`${id}:0001`, 'second-child']) {
  while (!(await client.waitForWorkflowStart(instance)));
  await client.suspendWorkflow(instance)
  await client.raiseEvent(instance, 'factor', 3)
  const suspended = await client
    .waitForWorkflowCompletion(instance, true, 0.05)
    .catch((error: Error) => error.message)
  console.log(suspended)
  await client.resumeWorkflow(instance)
}
const state = await client.waitForWorkflowCompletion(id)
console.log(status(state), state?.serializedOutput)
console.log(await client.purgeWorkflow(id), await client.purgeWorkflow(id))
console.log(await client.getWorkflowState(id, true))

await runtime.stop()
await client.stop()
