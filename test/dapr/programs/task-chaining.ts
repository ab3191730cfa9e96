// Each result is the input of the next step; a failure runs compensating work.

import {
  DaprWorkflowClient,
  type TWorkflow,
  type WorkflowActivityContext,
  type WorkflowContext,
  WorkflowRuntime,
  WorkflowRuntimeStatus,
} from '@dapr/dapr'

const daprHost = 'localhost'
const daprPort = '50001'

const addOne = async (_: WorkflowActivityContext, x: number) => x + 1
const double = (_: WorkflowActivityContext, x: number) => x * 2
const refuse = (_: WorkflowActivityContext, reason: string) => {
  throw new RangeError(reason)
}

const chain: TWorkflow = async function* (ctx: WorkflowContext, x: number): any {
  const sum = yield ctx.callActivity(addOne, x)
  const product = yield ctx.callActivity('double', sum)
  ctx.setCustomStatus('nearly there')
  return [sum, product]
}

const compensating: TWorkflow = async function* (ctx: WorkflowContext): any {
  try {
    return yield ctx.callActivity(refuse, 'no stock')
  } catch (error) {
    const { message } = error as Error
    return yield ctx.callActivity(double, message.length)
  }
}

const failing: TWorkflow = async function* (ctx: WorkflowContext): any {
  yield ctx.callActivity(refuse, 'no stock')
}

const runtime = new WorkflowRuntime({ daprHost, daprPort })
const client = new DaprWorkflowClient({ daprHost, daprPort })
runtime
  .registerWorkflow(chain)
  .registerWorkflow(compensating)
  .registerWorkflowWithName('failing-workflow', failing)
  .registerActivity(addOne)
  .registerActivity(double)
  .registerActivityWithName('refuse', refuse)
await runtime.start()

const id = await client.scheduleNewWorkflow(chain, 0, 'chain')
const state = await client.waitForWorkflowCompletion(id, undefined, 30)
console.log(
  state?.instanceId,
  state?.name,
  state?.serializedInput,
  state?.serializedOutput,
  state?.customStatus,
)
console.log(state?.runtimeStatus === WorkflowRuntimeStatus.COMPLETED, state?.createdAt instanceof Date)

const compensated = await client.scheduleNewWorkflow(compensating, undefined, 'compensating')
console.log((await client.waitForWorkflowCompletion(compensated))?.serializedOutput)

const failed = await client.scheduleNewWorkflow('failing-workflow', undefined, 'failing')
const failure = await client.waitForWorkflowCompletion(failed)
console.log(WorkflowRuntimeStatus[failure?.runtimeStatus ?? 0], failure?.serializedOutput)
console.log(
  failure?.workflowFailureDetails?.getErrorType(),
  failure?.workflowFailureDetails?.getErrorMessage(),
)

await runtime.stop()
await client.stop()
