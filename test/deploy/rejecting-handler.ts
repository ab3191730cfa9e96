// A function whose workflow leaves a rejection to nobody, and one outside of any workflow when it is asked to: for rejections.test.ts.

import { orchestratorHandler } from '../../src/aws/index.ts'
import type { SqsBatchResponse } from '../../src/aws/lambda/events.ts'
import { createInvocation } from '../../src/aws/lambda/invocation.ts'
import { encodeMessage } from '../../src/aws/sqs/codec.ts'
import type { WorkflowContext } from '../../src/index.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { Message } from '../../src/runtime/messages.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import { defineApp } from '../../src/workflow/app.ts'

async function careless(ctx: WorkflowContext): Promise<string> {
  void Promise.reject(new Error('Nobody waits for this.'))
  await ctx.waitForExternalEvent('go')
  return 'done'
}

const memory = createMemoryBackend()
const sent: Message[] = []
const ports = {
  ...memory.ports,
  queue: { send: async (messages: readonly Message[]) => void sent.push(...messages) },
}
const backend = {
  ports,
  metrics: { addMetric: () => {} },
  invocation: createInvocation(),
  returns: { hasten: async () => {} },
}
const orchestrator = orchestratorHandler(defineApp({ workflows: { careless } }), { backend })

/** Starts an instance and gives it its first turn; or, with `{ "reject": true }`, rejects. */
export async function handler(
  event: { readonly reject?: boolean },
  context: never,
): Promise<SqsBatchResponse> {
  if (event.reject) void Promise.reject(new Error('This belongs to no workflow.'))
  await createManagement(ports).start({ workflowName: 'careless', instanceId: crypto.randomUUID() })
  const Records = sent.splice(0).map((message) => ({
    messageId: crypto.randomUUID(),
    receiptHandle: '',
    body: encodeMessage(message),
    attributes: {},
    eventSourceARN: '',
  }))
  const answer = await orchestrator({ Records }, context)
  // Rejections that nobody waits for are told of after this turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve))
  return answer
}
