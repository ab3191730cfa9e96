import type { SQSHandler } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { activityHandler, type LambdaHandler, orchestratorHandler } from '../../../src/aws/index.ts'
import type { SqsBatchResponse, SqsEvent } from '../../../src/aws/lambda/events.ts'
import type { WorkflowContext } from '../../../src/index.ts'
import type { ActivityMessage, Doorbell } from '../../../src/runtime/messages.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import { interceptPorts, withPorts } from '../../support/intercept-ports.ts'
import {
  connect,
  context,
  contextWith,
  createWorld,
  failedIds,
  sqsEvent,
  fails,
  sqsRecord,
  type World,
  type WorldOptions,
} from './support.ts'

const double = (_: unknown, n: number): number => n * 2

async function sum(ctx: WorkflowContext, numbers: readonly number[]): Promise<number> {
  const doubled = await ctx.whenAll(numbers.map((n) => ctx.callActivity(double, n)))
  return doubled.reduce((total, n) => total + n, 0)
}

const app = defineApp({ workflows: { sum }, activities: { double } })

function setUp(options: WorldOptions = {}) {
  const world = createWorld(options)
  const handlerOptions = { backend: world.backend }
  const orchestrator = orchestratorHandler(app, handlerOptions)
  return { world, orchestrator, activity: activityHandler(app, handlerOptions) }
}

/** Starts an instance. @returns the message that rings for it */
async function started({ management, memory }: World, instanceId: string, input: unknown = [1]) {
  await management.start({ workflowName: 'sum', instanceId, input: JSON.stringify(input) })
  const row = await memory.store.getInstance(instanceId)
  const { incarnation = '' } = row ?? {}
  const message: Doorbell = {
    v: 1,
    kind: 'doorbell',
    instanceId,
    incarnation,
    token: `token of ${instanceId}`,
    factIds: ['start'],
  }
  return message
}

function activityMessage(more: Partial<ActivityMessage> = {}): ActivityMessage {
  const key = { instanceId: 'one', incarnation: 'incarnation' }
  const call = { generation: 0, seq: 1, firstSeq: 1, attempt: 1, name: 'double' }
  return { v: 1, kind: 'activity', token: 'token', ...key, ...call, ...more }
}

test('the two functions carry an instance from its start to its end', async () => {
  const { world, orchestrator, activity } = setUp()
  connect(world, { workflow: orchestrator, activity })
  await started(world, 'one', [1, 2, 3, 4, 5, 6, 7, 8, 9])
  await world.memory.clock.runUntil(() => false)
  expect(await world.memory.store.getInstance('one')).toMatchObject({ status: 'COMPLETED', output: '90' })
  expect(world.memory.queue.isIdle).toBe(true)
  expect(world.metrics).toEqual([])
})

test('an empty answer is still an answer: all messages of the batch are done', async () => {
  const { world, orchestrator } = setUp()
  const answer = await orchestrator(sqsEvent(sqsRecord(await started(world, 'one'))), context)
  expect(answer).toEqual({ batchItemFailures: [] })
})

describe.each(['orchestrator', 'activity'] as const)('of a batch, the %s function', (name) => {
  test.each([
    ['text that is no JSON', 'hello'],
    ['JSON that is no message', '{"kind":"doorbell"}'],
    ['a message of a later version', JSON.stringify({ ...activityMessage(), v: 2 })],
    ['nothing', ''],
  ])('gives back %s, and says so without showing it', async (_, body) => {
    const { world, ...handlers } = setUp()
    const record = sqsRecord(body)
    const { batchItemFailures } = await handlers[name](sqsEvent(record), context)
    expect(batchItemFailures).toEqual([{ itemIdentifier: record.messageId }])
    expect(world.metrics).toEqual([['ForeignMessages', 1]])
    expect(world.logger.lines).toEqual([
      expect.objectContaining({
        level: 'error',
        fields: {
          messageId: record.messageId,
          source: record.eventSourceARN,
          bytes: body.length,
          receiveCount: 1,
        },
      }),
    ])
  })

  test.each([
    ['an event of somebody else', { source: 'aws.events' }],
    ['no event', undefined],
    ['an event of SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }],
    ['a record without an id', { Records: [{ ...sqsRecord('x'), messageId: '' }] }],
  ])('refuses %s', async (_, event) => {
    const { world, ...handlers } = setUp()
    await expect(handlers[name](event as never, context)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(world.logger.lines).toMatchObject([{ level: 'error', message: 'The invocation failed.' }])
  })
})

test('a turn that fails gives back its own messages and nobody else’s, and hastens their return', async () => {
  const { world, orchestrator } = setUp({
    ports: (ports) =>
      withPorts(ports, {
        appendEpisode: async (key, episode) => {
          if (key.instanceId === 'bad') throw new Error('The store is out of reach.')
          return ports.store.appendEpisode(key, episode)
        },
      }),
  })
  const foreign = sqsRecord('foreign')
  const records = [foreign]
  for (const id of ['good', 'bad', 'fine']) records.push(sqsRecord(await started(world, id)))
  const [, , bad] = records
  const failed = failedIds(await orchestrator(sqsEvent(...records), context))
  expect(failed).toEqual([foreign.messageId, bad?.messageId])
  expect(world.hastened).toEqual([['workflow', ...failed]])
  expect(world.metrics).toEqual([
    ['ForeignMessages', 1],
    ['ReturnedMessages', 1],
  ])
  const warnings = world.logger.lines.filter(({ level }) => level === 'warn')
  expect(warnings).toMatchObject([{ fields: { instanceId: 'bad' } }])
})

test('a message on the wrong queue is sent on to the right one', async () => {
  const { world, orchestrator } = setUp()
  const sent: unknown[] = []
  world.memory.queue.run(() => ({
    handle: async (batch) => {
      sent.push(...batch.map(({ message }) => message))
      return new Set(batch)
    },
    handleDead: async () => {},
  }))
  const answer = await orchestrator(sqsEvent(sqsRecord(activityMessage())), context)
  await world.memory.clock.runUntil(() => false)
  expect(answer.batchItemFailures).toEqual([])
  expect(sent).toEqual([activityMessage()])
})

test('a message on the wrong queue comes again when it cannot be sent on', async () => {
  const { orchestrator } = setUp({
    ports: (ports) => withPorts(ports, { send: fails }),
  })
  const record = sqsRecord(activityMessage())
  expect(failedIds(await orchestrator(sqsEvent(record), context))).toEqual([record.messageId])
})

test('nothing is under way when a handler has returned', async () => {
  let underWay = 0
  let most = 0
  const { world, orchestrator, activity } = setUp({
    ports: (ports) =>
      interceptPorts(ports, async (_, run) => {
        most = Math.max(most, ++underWay)
        return run().finally(() => underWay--)
      }),
  })
  const watched =
    (handler: LambdaHandler<SqsEvent, SqsBatchResponse>): typeof handler =>
    async (event, lambdaContext) => {
      const answer = await handler(event, lambdaContext)
      expect(underWay).toBe(0)
      return answer
    }
  connect(world, { workflow: watched(orchestrator), activity: watched(activity) })
  await started(world, 'one', [1, 2, 3, 4, 5, 6, 7])
  await world.memory.clock.runUntil(() => false)
  expect(await world.memory.store.getInstance('one')).toMatchObject({ status: 'COMPLETED' })
  expect(most).toBeGreaterThan(0)
})

test('the time that is left is that of the invocation, and endless outside of one', async () => {
  const seen: number[] = []
  const { world, orchestrator } = setUp({
    ports: (ports) =>
      interceptPorts(ports, async (_, run) => {
        seen.push(world.backend.invocation.remainingTimeMs())
        return run()
      }),
  })
  await orchestrator(sqsEvent(sqsRecord(await started(world, 'one'))), contextWith(1234))
  expect(new Set(seen)).toEqual(new Set([1234]))
  expect(world.backend.invocation.remainingTimeMs()).toBe(Number.POSITIVE_INFINITY)
})

test('handlers declare two parameters at most, and fit the published types', () => {
  const { orchestrator, activity } = setUp()
  const published: SQSHandler[] = [orchestrator, activity]
  expect(published.map(({ length }) => length)).toEqual([2, 2])
})
