// Codes for code that is written wrongly.

import { defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import { limits } from '../../../src/workflow/limits.ts'
import { caughtIn, failureOfInstance, inWorld } from './memory-world.ts'
import { failureExample, type Scenarios, thrownBy } from './scenario.ts'

const charge = async (): Promise<string> => 'paid'
const empty = defineApp({ workflows: {} })

export const writtenWrongly: Scenarios = {
  CALL_AFTER_END: async () =>
    caughtIn(
      (ctx) => {
        ctx.continueAsNew(true)
        void ctx.callActivity('charge')
      },
      { charge },
    ),

  CALL_OUTSIDE_TURN: async () => {
    const foreign = Promise.withResolvers<void>()
    async function order(ctx: WorkflowContext): Promise<void> {
      await Promise.race([ctx.waitForExternalEvent('paid'), foreign.promise])
      await ctx.callActivity('charge')
    }
    const app = defineApp({ workflows: { order }, activities: { charge } })
    return inWorld({ app }, async (world) => {
      await world.run('order')
      foreign.resolve()
      await world.management.raiseEvent({ instanceId: 'order-7', eventName: 'shipped' })
      await world.rest()
      return failureExample((await world.get('order-7')).failure)
    })
  },

  FOREIGN_AWAIT: async () =>
    failureOfInstance(async (ctx) => {
      await ctx.callActivity('charge').catch(() => {})
      await new Promise(() => {})
    }),

  NOT_A_TASK: async () =>
    failureOfInstance(function* order() {
      yield 'paid'
    }),

  TASK_NOT_AWAITED: async () =>
    caughtIn((ctx) => {
      void ctx.createTimer('1h')
      ctx.continueAsNew(true)
    }),

  ROLLBACK_PENDING: async () =>
    caughtIn(
      async (ctx) => {
        await ctx.callActivity('charge', 9, { rollback: 'refund' })
        ctx.continueAsNew(true)
      },
      { charge, refund: charge },
    ),

  TASK_NOT_COMPLETE: async () => caughtIn((ctx) => ctx.callActivity('charge').getResult(), { charge }),

  EMPTY_WHEN_ANY: async () => caughtIn(async (ctx) => ctx.whenAny([])),

  NOT_DETERMINISTIC_HERE: async () => caughtIn(async () => fetch('https://example.com')),

  INVALID_ARGUMENT: async () => thrownBy(() => defineApp({ workflows: { order: 'order.js' as never } })),

  INVALID_DURATION: async () => caughtIn(async (ctx) => ctx.createTimer('2 days' as never)),

  INVALID_RETRY_POLICY: async () =>
    caughtIn(
      async (ctx) =>
        ctx.callActivity('charge', 5, { retry: { firstRetryInterval: '1s', maxNumberOfAttempts: 0 } }),
      { charge },
    ),

  PAYLOAD_NOT_SERIALIZABLE: async () => caughtIn(async (ctx) => ctx.callActivity('charge', 5n), { charge }),

  PAYLOAD_TOO_LARGE: async () =>
    caughtIn(async (ctx) => ctx.callActivity('charge', 'x'.repeat(limits.payloadBytes)), { charge }),

  PAYLOAD_TOO_DEEP: async () => {
    const input = '['.repeat(limits.payloadDepth + 1) + ']'.repeat(limits.payloadDepth + 1)
    return inWorld({ app: empty }, async ({ management }) =>
      thrownBy(async () => management.start({ workflowName: 'order', input })),
    )
  },

  TOO_MANY_COMMANDS: async () =>
    failureOfInstance(async (ctx) => {
      for (;;) ctx.sendEvent('order-8', 'paid')
    }),

  WORKFLOW_NOT_REGISTERED: async () =>
    inWorld({ app: empty }, async (world) => failureExample((await world.run('ordre')).failure)),

  ACTIVITY_NOT_REGISTERED: async () => caughtIn(async (ctx) => ctx.callActivity('chrage'), { charge }),
}
