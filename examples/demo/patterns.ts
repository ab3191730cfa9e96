// All examples but one, driven over HTTP as any client would; the fan-out has a file of its own (`crash.ts`).

import { setTimeout as sleep } from 'node:timers/promises'
import type { OutputOfId, WorkflowClient } from '../../src/client/index.ts'
import { taskChaining } from '../01-task-chaining.ts'
import { helloCities } from '../02-hello-cities.ts'
import { orderProcessing } from '../04-order-processing.ts'
import { statusMonitor } from '../05-status-monitor.ts'
import { purchaseOrder } from '../06-purchase-order.ts'
import { tripBooking } from '../07-trip-booking.ts'
import { expectResult, type Outcome, type Report } from './report.ts'

/** Gives an instance an id that no earlier demo on the same data folder has used. */
export type WithId = (name: string) => { readonly instanceId: string }

export async function showPatterns(client: WorkflowClient, report: Report, withId: WithId): Promise<void> {
  await report.step('taskChaining', async () => {
    const id = await client.scheduleNewWorkflow(taskChaining, 1, withId('chain'))
    return expectOutput(client, id, [2, 4, 16])
  })
  await report.step('taskChaining, step 2 fails', async () => {
    const id = await client.scheduleNewWorkflow(taskChaining, { n: 1, failAt: 2 }, withId('chain'))
    const state = await client.waitForWorkflowCompletion(id)
    const message = state?.failure?.message ?? ''
    return {
      result: `${state?.runtimeStatus}: ${message}`,
      ok: state?.runtimeStatus === 'FAILED' && message.includes('Step 2'),
    }
  })
  await report.step('helloCities', async () => {
    const id = await client.scheduleNewWorkflow(helloCities, undefined, withId('hello'))
    return expectOutput(client, id, ['Hello Tokyo!', 'Hello Seattle!', 'Hello London!'])
  })
  await report.step('OrderProcessingWorkflow, small', async () => {
    const order = { Name: 'Paperclips', Quantity: 1, TotalCost: 9.95 }
    const id = await client.scheduleNewWorkflow(orderProcessing, order, withId('order'))
    return expectOutput(client, id, { Processed: true })
  })
  await report.step('OrderProcessingWorkflow, approved', async () => {
    const order = { Name: 'Laptops', Quantity: 10, TotalCost: 15_000 }
    const id = await client.scheduleNewWorkflow(orderProcessing, order, withId('order'))
    report.say(`it says: ${await customStatusOf(client, id)}`)
    await client.raiseEvent(id, 'ManagerApproval', 'Approved')
    return expectOutput(client, id, { Processed: true })
  })
  await report.step('OrderProcessingWorkflow, no answer', async () => {
    const order = { Name: 'Servers', Quantity: 3, TotalCost: 30_000, approvalTimeoutSeconds: 0.5 }
    const id = await client.scheduleNewWorkflow(orderProcessing, order, withId('order'))
    return expectOutput(client, id, { Processed: false })
  })
  await report.step('statusMonitor, 6 checks', async () => {
    const intervals = { healthyIntervalSeconds: 0.2, unhealthyIntervalSeconds: 0.05 }
    const job = { jobId: 'nightly', isHealthy: true, maxChecks: 6, ...intervals }
    const id = await client.scheduleNewWorkflow(statusMonitor, job, withId('monitor'))
    return expectOutput(client, id, 6)
  })
  await report.step('purchaseOrder, small', async () => {
    const order = { cost: 99, product: 'Mouse', quantity: 2 }
    const id = await client.scheduleNewWorkflow(purchaseOrder, order, withId('purchase'))
    return expectOutput(client, id, 'Auto-approved')
  })
  await report.step('tripBooking, the card is declined', async () => {
    const trip = { city: 'Lisbon', nights: 3, cardLimit: 500 }
    const id = await client.scheduleNewWorkflow(tripBooking, trip, withId('trip'))
    const state = await client.waitForWorkflowCompletion(id)
    report.say(`it says: ${state?.failure?.message}`)
    return expectResult(await undoneBy(client, id), ['car in Lisbon', 'hotel in Lisbon', 'flight to Lisbon'])
  })
}

/** Waits for the end of an instance, whose output must be exactly this. */
export async function expectOutput<I extends string>(
  client: WorkflowClient,
  id: I,
  expected: OutputOfId<I>,
): Promise<Outcome> {
  const state = await client.waitForWorkflowCompletion(id, { timeoutMs: 15_000 })
  if (state?.failure) return { result: `${state.runtimeStatus}: ${state.failure.message}`, ok: false }
  return expectResult(state?.output, expected)
}

/** What a trip has cancelled, in order, as its history tells. */
async function undoneBy(client: WorkflowClient, id: string): Promise<readonly string[]> {
  const { episodes = [] } = (await client.getWorkflowHistory(id)) ?? {}
  return episodes.flatMap(({ commands }) =>
    commands.flatMap((command) =>
      command.kind === 'scheduleTask' && command.rollbackOf !== undefined
        ? [(JSON.parse(command.input ?? '') as { readonly what: string }).what]
        : [],
    ),
  )
}

/** The first custom status that the instance shows. */
async function customStatusOf(client: WorkflowClient, id: string): Promise<string> {
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline) {
    const { customStatus } = (await client.getWorkflowState(id)) ?? {}
    if (typeof customStatus === 'string') return customStatus
    await sleep(20)
  }
  throw new Error(`${id} shows no custom status`)
}
