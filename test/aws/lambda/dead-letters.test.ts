import { expect, test } from 'vitest'
import { deadLetterHandler, orchestratorHandler } from '../../../src/aws/index.ts'
import type { SqsEvent } from '../../../src/aws/lambda/events.ts'
import { toResponse } from '../../../src/aws/lambda/records.ts'
import type { WorkflowContext } from '../../../src/index.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import { withPorts } from '../../support/intercept-ports.ts'
import {
  connect,
  context,
  createWorld,
  failedIds,
  sqsEvent,
  sqsRecord,
  type WorldOptions,
} from './support.ts'

const once = async (ctx: WorkflowContext) => ctx.callActivity('work')
const app = defineApp({ workflows: { once }, activities: { work: () => 'done' } })

function setUp(options: WorldOptions = {}) {
  const world = createWorld({ manners: { maxReceives: () => 1 }, ...options })
  const handlerOptions = { backend: world.backend }
  return {
    world,
    orchestrator: orchestratorHandler(app, handlerOptions),
    deadLetters: deadLetterHandler(app, handlerOptions),
  }
}

test('a dead activity is a failure that the workflow sees', async () => {
  const { world, orchestrator, deadLetters } = setUp()
  const lost = async ({ Records }: SqsEvent) => toResponse(Records)
  connect(world, { workflow: orchestrator, activity: lost }, deadLetters)
  await world.management.start({ workflowName: 'once', instanceId: 'one' })
  await world.memory.clock.runUntil(() => false)
  const row = await world.memory.store.getInstance('one')
  expect(row).toMatchObject({ status: 'FAILED', failure: { cause: { code: 'ACTIVITY_CRASHED' } } })
  expect(row?.failure?.message).toContain('started 10 times')
  expect(world.metrics).toEqual([['DeadLetters', 1]])
})

test('a dead workflow message stalls its instance, with the reason', async () => {
  const { world, deadLetters } = setUp()
  await world.management.start({ workflowName: 'once', instanceId: 'one' })
  const row = await world.memory.store.getInstance('one')
  const key = { instanceId: 'one', incarnation: row?.incarnation ?? '' }
  const message = { v: 1, kind: 'doorbell', ...key, token: 't', factIds: ['start'] } as const
  expect(failedIds(await deadLetters(sqsEvent(sqsRecord(message)), context))).toEqual([])
  expect(await world.memory.store.getInstance('one')).toMatchObject({ stalled: { code: 'TURN_CRASHED' } })
  expect(world.metrics).toEqual([['DeadLetters', 1]])
})

test('a letter that cannot be dealt with comes again, and so does what is no letter of ours', async () => {
  const { world, deadLetters } = setUp({
    ports: (ports) =>
      withPorts(ports, {
        getInstance: async (instanceId) => {
          if (instanceId === 'bad') throw new Error('The store is out of reach.')
          return ports.store.getInstance(instanceId)
        },
      }),
  })
  const letter = (instanceId: string) =>
    sqsRecord({ v: 1, kind: 'doorbell', instanceId, incarnation: 'x', token: 't', factIds: ['start'] })
  const records = [letter('bad'), letter('gone'), sqsRecord('foreign')]
  const failed = failedIds(await deadLetters(sqsEvent(...records), context))
  expect(failed).toEqual([records[0]?.messageId, records[2]?.messageId])
  expect(world.metrics).toEqual([
    ['ForeignMessages', 1],
    ['DeadLetters', 1],
  ])
})
