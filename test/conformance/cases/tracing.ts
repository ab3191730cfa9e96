// Spans: which there are, and which is below which. Where hosts are lost one may be missing or come twice, so none is counted here.

import { expect } from 'vitest'
import { type ActivityContext, versions, type WorkflowContext } from '../../../src/index.ts'
import { recordingTracer } from '../../support/recording-tracer.ts'
import type { Cases } from '../bench.ts'

const whereAmI = async ({ traceparent }: ActivityContext): Promise<string | null> => traceparent ?? null

async function refuse(): Promise<never> {
  throw new RangeError('no stock')
}

const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const traceparent = `00-${remote.traceId}-${remote.spanId}-01`

export const tracingCases: Cases = {
  async 'the start is the root, below it the workflow, below that its activities and timers (Dapr: tracing/base, tracing/root; DG: SingleActivity_TaskSpan; MJ: tracing/client, tracing/orchestration, tracing/activity, tracing/timer)'(
    open,
  ) {
    async function order(ctx: WorkflowContext, ms: number): Promise<void> {
      await ctx.callActivity(whereAmI)
      await ctx.createTimer(ms / 1_000)
      await ctx.callActivity(refuse).catch(() => {})
    }
    const tracer = recordingTracer()
    const bench = await open({ workflows: { order }, activities: { whereAmI, refuse } }, tracer)
    await bench.run('order', bench.shortMs)
    await bench.idle()
    expect(tracer.tree).toEqual(
      new Set([
        'create_orchestration||order',
        'orchestration||order < create_orchestration||order',
        'activity||whereAmI < orchestration||order',
        'activity||refuse < orchestration||order',
        'timer < orchestration||order',
      ]),
    )
    expect(new Set(tracer.spans.map(({ context }) => context.traceId)).size).toBe(1)
    const attributes = (name: string) => tracer.spans.find((span) => span.name === name)?.attributes
    expect(attributes('orchestration||order')).toEqual({
      'durabletask.type': 'orchestration',
      'durabletask.task.name': 'order',
      'durabletask.task.instance_id': 'order',
      'durabletask.runtime_status': 'COMPLETED',
    })
    expect(attributes('activity||whereAmI')).toMatchObject({
      'durabletask.type': 'activity',
      'durabletask.task.task_id': 1,
    })
    const timer = tracer.spans.find(({ name }) => name === 'timer')
    expect(Date.parse(String(timer?.attributes?.['durabletask.fire_at']))).toBeGreaterThan(0)
    expect((timer?.endTime ?? 0) - (timer?.startTime ?? 0)).toBeGreaterThanOrEqual(bench.shortMs)
    expect(tracer.spans.find(({ name }) => name === 'activity||refuse')?.failure).toBe('no stock')
  },

  async 'a child is below its parent, and a failure is seen on both (Dapr: tracing/childwf; MJ: tracing/child)'(
    open,
  ) {
    const child = async (ctx: WorkflowContext) => ctx.callActivity(refuse)
    const parent = async (ctx: WorkflowContext) => ctx.callChildWorkflow(child)
    const tracer = recordingTracer()
    const bench = await open({ workflows: { parent, child }, activities: { refuse } }, tracer)
    expect(await bench.run('parent')).toMatchObject({ status: 'FAILED' })
    await bench.idle()
    expect(tracer.tree).toEqual(
      new Set([
        'create_orchestration||parent',
        'orchestration||parent < create_orchestration||parent',
        'orchestration||child < orchestration||parent',
        'activity||refuse < orchestration||child',
      ]),
    )
    const failures = tracer.spans.filter(({ name }) => name.startsWith('orchestration||'))
    expect(failures.every(({ failure }) => failure?.includes('no stock'))).toBe(true)
  },

  async 'each generation has a trace of its own (Dapr: tracing/continueasnew; DG: runtimestate/ContinueAsNew_TraceParent)'(
    open,
  ) {
    async function rounds(ctx: WorkflowContext, left: number): Promise<void> {
      await ctx.callActivity(whereAmI)
      if (left > 0) ctx.continueAsNew(left - 1)
    }
    const tracer = recordingTracer()
    const bench = await open({ workflows: { rounds }, activities: { whereAmI } }, tracer)
    await bench.run('rounds', 2)
    await bench.idle()
    expect(tracer.tree).toEqual(
      new Set([
        'create_orchestration||rounds',
        'orchestration||rounds < create_orchestration||rounds',
        'activity||whereAmI < orchestration||rounds',
      ]),
    )
    const traces = (status: string) =>
      tracer.spans
        .filter(({ attributes }) => attributes?.['durabletask.runtime_status'] === status)
        .map(({ context }) => context.traceId)
    expect(new Set(traces('CONTINUED_AS_NEW')).size).toBe(2)
    expect(traces('CONTINUED_AS_NEW')).not.toContain(traces('COMPLETED')[0])
  },

  async 'whoever starts an instance from elsewhere has it in his trace; activities are told their place in it (Dapr: tracing/remote; DG: ActivityTraceContext)'(
    open,
  ) {
    const order = async (ctx: WorkflowContext) => ctx.callActivity(whereAmI)
    const tracer = recordingTracer()
    const bench = await open({ workflows: { order }, activities: { whereAmI } }, tracer)
    await bench.start('order', undefined, { trace: traceparent })
    const { output } = await bench.ended('order')
    await bench.idle()
    expect(tracer.tree).toContain('create_orchestration||order < a span elsewhere')
    expect(tracer.spans.every(({ context }) => context.traceId === remote.traceId)).toBe(true)
    const places = tracer.spans
      .filter(({ name }) => name === 'activity||whereAmI')
      .map(({ context }) => `00-${context.traceId}-${context.spanId}-01`)
    expect(places).toContain(output)
  },

  async 'an instance that is restarted, as itself or as another, has a trace of its own'(open) {
    const order = async (ctx: WorkflowContext) => ctx.callActivity(whereAmI)
    const tracer = recordingTracer()
    const bench = await open({ workflows: { order }, activities: { whereAmI } }, tracer)
    await bench.run('order')
    for (const newInstanceId of [undefined, 'again']) {
      const restart = { instanceId: 'order', ...(newInstanceId !== undefined && { newInstanceId }) }
      await bench.host.pass(bench.management.restart(restart))
      await bench.idle()
      await bench.ended(newInstanceId ?? 'order')
    }
    await bench.idle()
    const roots = tracer.spans.filter(({ name, parent }) => name === 'orchestration||order' && parent)
    expect(new Set(roots.map(({ context }) => context.traceId)).size).toBe(3)
    expect(tracer.tree).toEqual(
      new Set([
        'create_orchestration||order',
        'orchestration||order < create_orchestration||order',
        'activity||whereAmI < orchestration||order',
      ]),
    )
  },

  async 'patches that were applied, and the version, are said on the workflow’s span (DG: WorkflowPatching_TracingSpans)'(
    open,
  ) {
    async function order(ctx: WorkflowContext): Promise<void> {
      ctx.isPatched('first')
      await ctx.callActivity(whereAmI)
      ctx.isPatched('second')
    }
    const tracer = recordingTracer()
    const workflows = { order: versions({ v1: order, v2: order }) }
    const bench = await open({ workflows, activities: { whereAmI } }, tracer)
    await bench.run('order')
    await bench.idle()
    const span = tracer.spans.find(({ name }) => name === 'orchestration||order')
    expect(span?.attributes).toMatchObject({
      'durabletask.applied_patches': ['first', 'second'],
      'durabletask.task.version': 'v2',
    })
  },

  async 'events that are raised or sent have spans (MJ: tracing/event)'(open) {
    async function waiting(ctx: WorkflowContext): Promise<void> {
      await ctx.waitForExternalEvent('go')
      ctx.sendEvent('nobody', 'done')
    }
    const tracer = recordingTracer()
    const bench = await open({ workflows: { waiting } }, tracer)
    await bench.start('waiting')
    await bench.raise('waiting', 'go')
    await bench.ended('waiting')
    await bench.idle()
    expect(tracer.tree).toContain('event||go')
    expect(tracer.tree).toContain('event||done < orchestration||waiting')
  },

  async 'without a tracer nothing of a trace is kept, whatever the caller sends'(open) {
    const order = async (ctx: WorkflowContext) => ctx.callActivity(whereAmI)
    const bench = await open({ workflows: { order }, activities: { whereAmI } })
    await bench.start('order', undefined, { trace: traceparent })
    expect((await bench.ended('order')).output).toBeNull()
    expect(JSON.stringify(await bench.history('order'))).not.toContain(remote.traceId)
  },
}
