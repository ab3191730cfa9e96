// A listener behind a queue. `{ "order": { "Name": "Paperclips", "Quantity": 1, "TotalCost": 9.95 } }` starts an instance, which has the id
// of the message; `{ "order": "the id", "decision": "Approved" }` decides about it.

import { listener } from '../src/aws/index.ts'

export const handler = listener((message) => {
  const { order, decision } = message.json() as { readonly order?: unknown; readonly decision?: unknown }
  if (typeof order === 'string') return { instanceId: order, eventName: 'ManagerApproval', data: decision }
  if (order === undefined) throw new TypeError('A message must have an order.')
  return { workflowName: 'OrderProcessingWorkflow', input: order }
})
