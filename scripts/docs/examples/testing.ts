// Codes of the test environment.

import { createTestEnvironment } from '../../../src/testing/index.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import { type Scenarios, thrownBy } from './scenario.ts'

const waiting = defineApp({
  workflows: { order: async (ctx: WorkflowContext) => ctx.waitForExternalEvent('paid') },
})

export const testing: Scenarios = {
  TEST_STUCK: async () => {
    const env = createTestEnvironment(waiting)
    const id = await env.client.scheduleNewWorkflow('order', undefined, { instanceId: 'order-7' })
    const example = await thrownBy(async () => env.client.waitForWorkflowCompletion(id))
    await env.close()
    return example
  },
}
