// What the compiler knows about a client's calls.

import { expectTypeOf } from 'vitest'
import type { InstanceId, WorkflowClient, WorkflowState } from '../../src/client/index.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'

declare const client: WorkflowClient

async function order(_ctx: WorkflowContext, input: { item: string }): Promise<{ at: Date; total: number }> {
  return { at: new Date(0), total: input.item.length }
}
async function nightly(_ctx: WorkflowContext): Promise<void> {}
async function optional(_ctx: WorkflowContext, input?: number): Promise<number> {
  return input ?? 0
}
async function* generator(_ctx: WorkflowContext, input: string): AsyncGenerator<unknown, string[], never> {
  yield
  return [input]
}

// The id knows its workflow, the output follows, and it is what JSON gives back.
const id = await client.scheduleNewWorkflow(order, { item: 'pen' })
expectTypeOf(id).toEqualTypeOf<InstanceId<typeof order>>()
expectTypeOf(id).toExtend<string>()
expectTypeOf(await client.waitForWorkflowCompletion(id)).toEqualTypeOf<
  WorkflowState<{ at: string; total: number }> | undefined
>()
expectTypeOf((await client.getWorkflowState(id))?.output).toEqualTypeOf<
  { at: string; total: number } | undefined
>()

// Generators, too.
const generatorId = await client.scheduleNewWorkflow(generator, 'x')
expectTypeOf((await client.waitForWorkflowStart(generatorId))?.output).toEqualTypeOf<string[] | undefined>()

// By name everything goes, and nothing is known.
const byName = await client.scheduleNewWorkflow('order', { any: 'thing' }, { instanceId: 'i1' })
expectTypeOf(byName).toEqualTypeOf<string>()
expectTypeOf((await client.getWorkflowState(byName))?.output).toEqualTypeOf<unknown>()
expectTypeOf((await client.getWorkflowState('i1'))?.output).toEqualTypeOf<unknown>()
expectTypeOf((await client.getWorkflowState('i1' as InstanceId<typeof order>))?.output?.total).toEqualTypeOf<
  number | undefined
>()

// The input may be left out where there is none, and only there.
await client.scheduleNewWorkflow(nightly)
await client.scheduleNewWorkflow(nightly, undefined, { startTime: new Date(0) })
await client.scheduleNewWorkflow(optional)
await client.scheduleNewWorkflow('order')
// @ts-expect-error -- the input is missing
await client.scheduleNewWorkflow(order)
// @ts-expect-error -- the input has another type
await client.scheduleNewWorkflow(order, { item: 1 })
// @ts-expect-error -- the workflow takes no input
await client.scheduleNewWorkflow(nightly, 1)
// @ts-expect-error -- an option that does not exist
await client.scheduleNewWorkflow(order, { item: 'pen' }, { instanceID: 'i1' })
// @ts-expect-error -- a date, not a text
await client.scheduleNewWorkflow(order, { item: 'pen' }, { startTime: '2030-01-01' })
