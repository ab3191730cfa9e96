// An approval from outside against a time-out: one order is approved, one is not answered in time.

import {
  DaprWorkflowClient,
  type Task,
  type TWorkflow,
  type WorkflowActivityContext,
  type WorkflowContext,
  WorkflowRuntime,
} from '@dapr/dapr'

interface Order {
  readonly cost: number
  readonly product: string
  readonly patience: number
}

const sendApprovalRequest = (_: WorkflowActivityContext, order: Order) => `request for ${order.product}`
const placeOrder = (_: WorkflowActivityContext, order: Order) => `order of ${order.product}`

const purchaseOrder: TWorkflow = async function* (ctx: WorkflowContext, order: Order): any {
  if (order.cost < 1000) return 'Auto-approved'
  yield ctx.callActivity(sendApprovalRequest, order)
  const tasks: Task<any>[] = []
  const approval = ctx.waitForExternalEvent('approval_received')
  const timeout = ctx.createTimer(order.patience)
  tasks.push(approval, timeout)
  const winner = yield ctx.whenAny(tasks)
  if (winner === timeout) return `Cancelled ${approval.isComplete}`
  yield ctx.callActivity(placeOrder, order)
  return `Approved by ${approval.getResult().approver}`
}

const client = new DaprWorkflowClient()
const runtime = new WorkflowRuntime()
runtime.registerWorkflow(purchaseOrder).registerActivity(sendApprovalRequest).registerActivity(placeOrder)
await runtime.start()

const start = async (id: string, cost: number, patience: number) =>
  client.scheduleNewWorkflow(purchaseOrder, { cost, product: 'laptop', patience }, id)
const output = async (id: string) => (await client.waitForWorkflowCompletion(id, true, 20))?.serializedOutput

console.log(await output(await start('cheap', 10, 3600)))

const approved = await start('approved', 2000, 3600)
await client.waitForWorkflowStart(approved)
await client.raiseEvent(approved, 'Approval_Received', { approver: 'Jane Doe' })
console.log(await output(approved))

console.log(await output(await start('late', 2000, 0.05)))

const patient = await start('patient', 2000, 3600)
const waiting = await client
  .waitForWorkflowCompletion(patient, true, 0)
  .catch((error: Error) => error.message)
console.log(waiting)
await client.terminateWorkflow(patient, { reason: 'sold out' })
console.log(await output(patient))

await runtime.stop()
await client.stop()
