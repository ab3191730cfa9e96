import type { SQSHandler } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { activityHandler, deadLetterHandler, orchestratorHandler } from '../../../src/aws/index.ts'
import type { WorkflowContext } from '../../../src/index.ts'
import type { Doorbell } from '../../../src/runtime/messages.ts'
import { activity, defineApp } from '../../../src/workflow/app.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import { connect, context, contextWith, createWorld, failedIds, sqsEvent, sqsRecord, type World } from './support.ts'

const double = (_: unknown, n: number): number => n * 2

async function sum(ctx: WorkflowContext, numbers: readonly number[]): Promise<number> {
  const doubled = await ctx.whenAll(numbers.map((n) => ctx.callActivity(double, n)))
  return doubled.reduce((total, n) => total + n, 0)
}

const app = defineApp({ workflows: { sum }, activities: { double } })

function start(world: World, instanceId: string, input: unknown = [1]) {
  return management(world).start({ workflowName: 'sum', instanceId, input: JSON.stringify(input) })
}

describe('a queue handler', () => {
  test('carries an instance from its start to its end', async () => {
    const world = createWorld()
    const options = { backend: world.backend }
    connect(world, { workflow: orchestratorHandler(app, options), activity: activityHandler(app, options) })
    await start(world, 'one', [1, 2, 3, 4, 5, 6, 7, 8, 9])
    await world.memory.clock.runUntil(() => false)
    expect(await world.memory.store.getInstance('one')).toMatchObject({ status: 'COMPLETED', output: '90' })
    expect(world.memory.queue.isIdle).toBe(true)
    expect(world.metrics).toEqual([])
  })
})
