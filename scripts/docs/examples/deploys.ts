// Codes for deploys that running instances do not fit.

import { type App, defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import { versions } from '../../../src/workflow/versions.ts'
import { inWorld } from './memory-world.ts'
import { type Example, failureExample, type Scenarios } from './scenario.ts'

const waits = async (ctx: WorkflowContext): Promise<unknown> => ctx.waitForExternalEvent('paid')
const asks = async (ctx: WorkflowContext): Promise<unknown> => {
  ctx.isPatched('fraud-check')
  return ctx.waitForExternalEvent('paid')
}

/** Why an instance that began under one app is stalled under another. */
async function stallAfter(before: App, after: App): Promise<Example> {
  return inWorld({ app: before }, async (world) => {
    await world.run('order')
    world.deploy(after)
    await world.management.raiseEvent({ instanceId: 'order-7', eventName: 'paid' })
    await world.rest()
    return failureExample((await world.get('order-7')).failure)
  })
}

export const deploys: Scenarios = {
  PATCH_MISMATCH: async () =>
    stallAfter(defineApp({ workflows: { order: asks } }), defineApp({ workflows: { order: waits } })),
  VERSION_NOT_AVAILABLE: async () =>
    stallAfter(
      defineApp({ workflows: { order: versions({ v1: waits }) } }),
      defineApp({ workflows: { order: versions({ v2: waits }) } }),
    ),
}
