// External system interaction: the workflow pauses until a person approves, or until it has waited long enough.

import type { ActivityContext, WorkflowContext } from '../src/index.ts'
import { integer, number, optional, readFields, text } from './input.ts'

interface Order {
  readonly cost: number
  readonly product: string
  readonly quantity: number
  /** Default: 24 hours. */
  readonly approvalTimeoutSeconds?: number
}

const oneDay = 24 * 60 * 60

/** From 1000 on it takes the event `approval_received` with `{"approver":"Jane Doe"}` → `"Approved by 'Jane Doe'"`, else `"Cancelled"`. */
export async function purchaseOrder(ctx: WorkflowContext, input: Order): Promise<string> {
  const order = readFields(input, {
    cost: number({ min: 0, max: 1e12 }),
    product: text(),
    quantity: integer({ min: 1, max: 1e9 }),
    approvalTimeoutSeconds: optional(number({ min: 0, max: oneDay })),
  })
  // Orders under $1000 are auto-approved
  if (order.cost < 1000) return 'Auto-approved'

  // Orders of $1000 or more require manager approval
  await ctx.callActivity(sendApprovalRequest, order)

  // Approvals must be received within 24 hours or the order is cancelled
  const approval = ctx.waitForExternalEvent('approval_received')
  const timeout = ctx.createTimer(order.approvalTimeoutSeconds ?? oneDay)
  const winner = await ctx.whenAny({ approval, timeout })
  if (winner === 'timeout') return 'Cancelled'
  timeout.cancel()

  // The order was approved
  const { approver } = readFields(approval.getResult(), { approver: text() })
  await ctx.callActivity(placeOrder, order)
  return `Approved by '${approver}'`
}

export function sendApprovalRequest(ctx: ActivityContext, order: Order): void {
  ctx.logger.info(`*** Sending approval request for order: ${order.product} (${order.quantity})`)
}

export function placeOrder(ctx: ActivityContext, order: Order): void {
  ctx.logger.info(`*** Placing order: ${order.product} (${order.quantity})`)
}
