// Async HTTP API: started by one request, watched by others. An expensive order waits for a manager, for days if need be.

import { type ActivityContext, isTenutoError, type WorkflowContext } from '../src/index.ts'
import { integer, number, optional, readFields, text } from './input.ts'

interface OrderPayload {
  readonly Name: string
  readonly Quantity: number
  readonly TotalCost: number
  /** Default: 3 days. */
  readonly approvalTimeoutSeconds?: number
}

interface OrderResult {
  readonly Processed: boolean
}

const approvalThreshold = 1000
const threeDays = 3 * 24 * 60 * 60

/** Above 1000 it takes the event `ManagerApproval` with `"Approved"`; everything else, and silence, ends in `{"Processed":false}`. */
export async function orderProcessing(ctx: WorkflowContext, input: OrderPayload): Promise<OrderResult> {
  const order = readFields(input, {
    Name: text(),
    Quantity: integer({ min: 1, max: 1e9 }),
    TotalCost: number({ min: 0, max: 1e12 }),
    approvalTimeoutSeconds: optional(number({ min: 0, max: threeDays })),
  })
  if (order.TotalCost > approvalThreshold) {
    await ctx.callActivity(requestApproval, order)
    ctx.setCustomStatus('Waiting for the event ManagerApproval')
    const answer = await waitForAnswer(ctx, order.approvalTimeoutSeconds ?? threeDays)
    ctx.setCustomStatus(answer)
    if (answer !== 'Approved') return { Processed: false }
  }
  await ctx.callActivity(processOrder, order)
  return { Processed: true }
}

async function waitForAnswer(
  ctx: WorkflowContext,
  timeout: number,
): Promise<'Approved' | 'Rejected' | 'Timed out'> {
  try {
    const answer = await ctx.waitForExternalEvent('ManagerApproval', { timeout })
    return answer === 'Approved' ? answer : 'Rejected'
  } catch (error) {
    if (isTenutoError(error, 'EVENT_TIMEOUT')) return 'Timed out'
    throw error
  }
}

export function requestApproval(ctx: ActivityContext, order: OrderPayload): void {
  ctx.logger.info(`Asking for approval of ${order.Quantity} × ${order.Name} at ${order.TotalCost}`)
}

export function processOrder(ctx: ActivityContext, order: OrderPayload): void {
  ctx.logger.info(`Processing the order of ${order.Quantity} × ${order.Name}`)
}
