// The workflows whose steps are counted: each does one kind of step, so many times.

import { activity, type App, defineApp, type WorkflowContext } from '../../src/index.ts'
import { order } from './assumptions.ts'

/** @param mark called when a step is over, once for each */
export function countedApp(mark: () => void): App {
  const stepDone = (ctx: WorkflowContext): void => {
    if (!ctx.isReplaying()) mark()
  }
  const ship = (): typeof order => order
  const shipInline = activity(ship, { inline: true })

  async function times(ctx: WorkflowContext, count: number, step: (at: number) => Promise<unknown>) {
    stepDone(ctx)
    for (let at = 1; at <= count; at++) {
      await step(at)
      stepDone(ctx)
    }
  }

  const workflows = {
    empty: async () => {},
    chain: async (ctx: WorkflowContext, count: number) =>
      times(ctx, count, () => ctx.callActivity('ship', order)),
    inline: async (ctx: WorkflowContext, count: number) =>
      times(ctx, count, () => ctx.callActivity('shipInline', order)),
    async fanOut(ctx: WorkflowContext, count: number) {
      await Promise.all(Array.from({ length: count }, () => ctx.callActivity('ship', order)))
    },
    timers: async (ctx: WorkflowContext, count: number) => times(ctx, count, () => ctx.createTimer('5m')),
    longTimers: async (ctx: WorkflowContext, count: number) =>
      times(ctx, count, () => ctx.createTimer('30d')),
    events: async (ctx: WorkflowContext, count: number) =>
      times(ctx, count, () => ctx.waitForExternalEvent('shipped')),
    children: async (ctx: WorkflowContext, count: number) =>
      times(ctx, count, () => ctx.callChildWorkflow('empty', order)),
    async generations(ctx: WorkflowContext, count: number) {
      stepDone(ctx)
      if (count > 0) ctx.continueAsNew(count - 1)
    },
  }
  return defineApp({ workflows, activities: { ship, shipInline } })
}
