// Codes for what a running instance meets.

import type { Runtime } from '../../../src/runtime/runtime.ts'
import type { Consumer } from '../../../src/testing/memory-queue.ts'
import { activity, defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import { caughtIn, inWorld } from './memory-world.ts'
import { failureExample, type Scenarios } from './scenario.ts'

const charge = async (): Promise<string> => 'paid'
const order = async (ctx: WorkflowContext): Promise<unknown> => ctx.callActivity('charge')
const app = defineApp({ workflows: { order }, activities: { charge } })

export const runningInstance: Scenarios = {
  ACTIVITY_TIMEOUT: async () =>
    caughtIn(async (ctx) => ctx.callActivity('charge'), {
      charge: activity(async () => new Promise(() => {}), { timeout: '30s' }),
    }),

  EVENT_TIMEOUT: async () =>
    caughtIn(async (ctx) => ctx.waitForExternalEvent('approval', { timeout: '24h' })),

  CHILD_NOT_STARTED: async () => {
    const waiting = async (ctx: WorkflowContext): Promise<unknown> => ctx.waitForExternalEvent('paid')
    const parent = async (ctx: WorkflowContext): Promise<unknown> =>
      ctx.callChildWorkflow('waiting', undefined, { instanceId: 'order-8' })
    return inWorld({ app: defineApp({ workflows: { waiting, parent } }) }, async (world) => {
      await world.run('waiting', 'order-8')
      const { failure } = await world.run('parent')
      return failureExample(failure?.cause)
    })
  },

  TASK_CANCELLED: async () =>
    caughtIn(async (ctx) => {
      const timer = ctx.createTimer('24h')
      timer.cancel()
      await timer
    }),

  NON_DETERMINISM: async () => {
    const version = (name: string) =>
      defineApp({
        workflows: {
          async order(ctx: WorkflowContext) {
            await ctx.callActivity(name, 5)
            await ctx.waitForExternalEvent('paid')
          },
        },
        activities: { [name]: charge },
      })
    return inWorld({ app: version('charge') }, async (world) => {
      await world.run('order')
      world.deploy(version('reserveStock'))
      await world.management.raiseEvent({ instanceId: 'order-7', eventName: 'paid' })
      await world.rest()
      return failureExample((await world.get('order-7')).failure)
    })
  },

  TURN_CRASHED: async () =>
    inWorld({ app, between: dyingAt('doorbell') }, async (world) =>
      failureExample((await world.run('order')).failure),
    ),

  ACTIVITY_CRASHED: async () =>
    inWorld({ app, between: dyingAt('activity') }, async (world) =>
      failureExample((await world.run('order')).failure?.cause),
    ),
}

/** Hosts that die at every message of a kind: it is never acknowledged. */
function dyingAt(kind: string): (runtime: Runtime) => Consumer {
  return (runtime) => ({
    handle: async (batch) => (batch[0]?.message.kind === kind ? new Set() : runtime.handle(batch)),
    handleDead: async (delivery) => runtime.handleDead(delivery),
  })
}
