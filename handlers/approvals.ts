// A listener behind a topic: each message is a decision about a purchase order. `{ "order": "laptop", "approver": "Jane Doe" }`

import { listener } from '../src/aws/index.ts'

export const handler = listener((message) => {
  const { order, approver } = message.json() as { readonly order?: unknown; readonly approver?: unknown }
  if (typeof order !== 'string') throw new TypeError('order must name the purchase order.')
  return { instanceId: order, eventName: 'approval_received', data: { approver } }
})
