// One history for each way that an example can go; `npm run record -- --examples` writes them to examples/histories.

import type { Scenario } from './recorder.ts'

const expensiveOrder = { Name: 'Laptops', Quantity: 10, TotalCost: 15_000 }
const expensivePurchase = { cost: 1500, product: 'Laptop', quantity: 1 }

/** By the name of the file. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'task-chaining': { workflow: 'taskChaining', input: 1 },
  'task-chaining-failed': { workflow: 'taskChaining', input: { n: 1, failAt: 2 } },
  'hello-cities': { workflow: 'helloCities' },
  'batch-processing': { workflow: 'batchProcessing', input: { size: 4 } },
  'batch-processing-limited': { workflow: 'batchProcessing', input: { size: 5, maxParallel: 2 } },
  'order-processing': {
    workflow: 'OrderProcessingWorkflow',
    input: { Name: 'Paperclips', Quantity: 1, TotalCost: 9.95 },
  },
  'order-processing-approved': {
    workflow: 'OrderProcessingWorkflow',
    input: expensiveOrder,
    events: [{ name: 'ManagerApproval', data: 'Approved' }],
  },
  'order-processing-rejected': {
    workflow: 'OrderProcessingWorkflow',
    input: expensiveOrder,
    events: [{ name: 'ManagerApproval', data: 'Rejected' }],
  },
  'order-processing-timed-out': { workflow: 'OrderProcessingWorkflow', input: expensiveOrder },
  'status-monitor': { workflow: 'statusMonitor', input: { jobId: 'nightly', isHealthy: true, maxChecks: 4 } },
  'purchase-order': { workflow: 'purchaseOrder', input: { cost: 99, product: 'Mouse', quantity: 2 } },
  'purchase-order-approved': {
    workflow: 'purchaseOrder',
    input: expensivePurchase,
    events: [{ name: 'approval_received', data: { approver: 'Jane Doe' } }],
  },
  'purchase-order-cancelled': { workflow: 'purchaseOrder', input: expensivePurchase },
  'trip-booking': { workflow: 'tripBooking', input: { city: 'Lisbon', nights: 3, cardLimit: 2000 } },
  'trip-booking-undone': { workflow: 'tripBooking', input: { city: 'Lisbon', nights: 3, cardLimit: 500 } },
}
