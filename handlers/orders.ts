// A listener behind a queue: each message is an order, and starts an instance. `{ "Name": "Paperclips", "Quantity": 1, "TotalCost": 9.95 }`

import { listener } from '../src/aws/index.ts'

export const handler = listener((message) => ({
  workflowName: 'OrderProcessingWorkflow',
  input: message.json(),
}))
