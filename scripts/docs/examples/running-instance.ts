// Codes for what a running instance meets.

import type { Delivery, Message } from '../../../src/runtime/messages.ts'
import { createRuntime, type Runtime } from '../../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../../src/testing/memory-backend.ts'
import type { Consumer } from '../../../src/testing/memory-queue.ts'
import { activity, defineApp } from '../../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../../src/workflow/context.ts'
import type { FailureDetails } from '../../../src/workflow/failure.ts'
import { type Logger, silentLogger } from '../../../src/workflow/logger.ts'
import { caughtIn, inWorld } from './memory-world.ts'
import { failureExample, type Scenarios, thrownBy } from './scenario.ts'

const charge = async (): Promise<string> => 'paid'
const order = async (ctx: WorkflowContext): Promise<unknown> => ctx.callActivity('charge')
const app = defineApp({ workflows: { order }, activities: { charge } })

export const runningInstance: Scenarios = {
  ACTIVITY_TIMEOUT: async () =>
    caughtIn(async (ctx) => ctx.callActivity('charge'), {
      charge: activity(async () => new Promise(() => {}), { timeout: '30s' }),
    }),

  ACTIVITY_HEARTBEAT_TIMEOUT: async () =>
    caughtIn(async (ctx) => ctx.callActivity('charge'), {
      charge: activity(async () => new Promise(() => {}), { heartbeatTimeout: '30s' }),
    }),

  // Its host is lost while it runs, and the message comes again to another one.
  ACTIVITY_INTERRUPTED: async () => {
    const endless = activity(async () => new Promise(() => {}), { atMostOnce: true })
    const once = defineApp({ workflows: { order }, activities: { charge: endless } })
    const { ports, queue, clock } = createMemoryBackend()
    const [lost, next] = [createRuntime(once, ports), createRuntime(once, ports)]
    await lost.management.start({ workflowName: 'order', instanceId: 'order-7' })
    const isCharge = ({ message }: Delivery): boolean => message.kind === 'activity'
    queue.run(() => ({
      async handle(batch) {
        if (!batch.some((each) => isCharge(each) && each.receiveCount === 1)) return next.handle(batch)
        void lost.handle(batch)
        await clock.sleep(1_000)
        lost.close()
        return new Set()
      },
      handleDead: async (delivery) => next.handleDead(delivery),
    }))
    await clock.runUntil(() => false)
    next.close()
    return failureExample((await next.management.get('order-7'))?.failure?.cause)
  },

  ACTIVITY_CANCELLED: async () => {
    let reason: unknown
    let terminate = async (): Promise<void> => {}
    const running = defineApp({
      workflows: { order },
      activities: {
        async charge({ signal }: ActivityContext) {
          await terminate()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          reason = signal.reason
        },
      },
    })
    return inWorld({ app: running }, async (world) => {
      terminate = async () => world.management.terminate('order-7')
      await world.run('order')
      return thrownBy(() => {
        throw reason
      })
    })
  },

  ACTIVITY_INLINE: async () =>
    caughtIn(async (ctx) => ctx.callActivity('charge', undefined, { inline: true }), {
      charge: async (ctx: ActivityContext) => ctx.completeLater(),
    }),

  EVENT_TIMEOUT: async () =>
    caughtIn(async (ctx) => ctx.waitForExternalEvent('approval', { timeout: '24h' })),

  ROLLBACK_FAILED: async () =>
    caughtIn(
      async (ctx) => {
        await ctx.callActivity('charge', 9, { rollback: 'refund' })
        await ctx.rollback()
      },
      {
        charge: async () => 'paid',
        async refund() {
          throw new Error('the account is closed')
        },
      },
    ),

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

  // A queue that takes no inputs at all, and a store that trims at once.
  ACTIVITY_INPUT_LOST: async () => {
    const rounds = async (ctx: WorkflowContext, round: number): Promise<void> => {
      if (round === 1) void ctx.callActivity('charge', 'a large bill')
      if (round < 3) ctx.continueAsNew(round + 1)
    }
    const logger = recordingErrors()
    const manners = { fits: (message: Message) => message.kind !== 'activity' || message.input === undefined }
    const { ports, queue, clock } = createMemoryBackend({ logger, manners })
    queue.isCarried = () => false
    queue.needsInputsOf = () => false
    const runtime = createRuntime(defineApp({ workflows: { rounds }, activities: { charge } }), ports)
    await runtime.management.start({ workflowName: 'rounds', instanceId: 'order-7', input: '1' })
    queue.run(() => runtime)
    await clock.runUntil(() => false)
    runtime.close()
    return failureExample(logger.errors[0])
  },
}

/** What is told to nobody but the log. */
function recordingErrors(): Logger & { readonly errors: FailureDetails[] } {
  const errors: FailureDetails[] = []
  return {
    ...silentLogger,
    errors,
    error: (message, fields) =>
      void errors.push({ errorType: 'TenutoError', message, code: String(fields?.['code']) }),
  }
}

/** Hosts that die at every message of a kind: it is never acknowledged. */
function dyingAt(kind: string): (runtime: Runtime) => Consumer {
  return (runtime) => ({
    handle: async (batch) => (batch[0]?.message.kind === kind ? new Set() : runtime.handle(batch)),
    handleDead: async (delivery) => runtime.handleDead(delivery),
  })
}
