// The log that the adapters keep of their requests leaves nothing out: it says what leaves the clients of the SDK, unit for unit.

import { expect, onTestFinished, test } from 'vitest'
import type { AwsRequest as SentRequest } from '../../scripts/stack/aws-requests.ts'
import { startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { type AwsWorld, openAwsWorld } from '../../scripts/stack/in-process.ts'
import {
  type AwsBackend,
  type AwsClients,
  type AwsRequest as LoggedRequest,
  createAwsBackend,
} from '../../src/aws/index.ts'
import { defineApp } from '../../src/index.ts'
import type { TimerMessage } from '../../src/runtime/messages.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { sqsRecord } from '../aws/lambda/support.ts'
import { episodeOf, eventRow, key, outcomeRow, rowOf } from '../conformance/samples.ts'
import { describeOnDynoxide } from '../support/dynoxide.ts'

describeOnDynoxide('the log of requests', () => {
  test('has every request, and its units', async () => {
    const { backend, clock, logged, sent } = await openBackend()
    await askForEverything(backend, clock.now())
    expect(new Set(logged.map(({ operation }) => operation)).size).toBe(10)
    expect(logged.map(lineOfLogged).toSorted()).toEqual(sent.map(lineOfSent).toSorted())
  })
})

async function openBackend() {
  const dynoxide = await startDynoxide()
  const clock = new VirtualClock()
  const sent: SentRequest[] = []
  const logged: LoggedRequest[] = []
  let clients: AwsClients | undefined
  const world = await openAwsWorld({
    app: defineApp({ workflows: {} }),
    database: dynoxide,
    clock,
    instrument: (made) => {
      clients = made
    },
    onRequest: (request) => void sent.push(request),
  })
  onTestFinished(async () => {
    await world.close()
    await dynoxide.close()
  })
  const backend = createAwsBackend({
    env: environmentOf(world),
    clients: clients ?? {},
    clock,
    logger: silentLogger,
    onRequest: (request) => void logged.push(request),
  })
  return { backend, clock, logged, sent }
}

function environmentOf({ sqs, tableName }: AwsWorld): Readonly<Record<string, string>> {
  const { url, arn } = sqs.queue('WorkflowQueue').identity
  return {
    TENUTO_TABLE_NAME: tableName,
    TENUTO_WORKFLOW_QUEUE_URL: url,
    TENUTO_WORKFLOW_QUEUE_ARN: arn,
    TENUTO_ACTIVITY_QUEUE_URL: sqs.queue('ActivityQueue').identity.url,
    TENUTO_SCHEDULE_GROUP: 'tenuto',
    TENUTO_SCHEDULE_ROLE_ARN: 'arn:aws:iam::123456789012:role/tenuto-timers',
  }
}

/** Each kind of request that adapters make, refused writes included. */
async function askForEverything({ ports, returns }: AwsBackend, now: number): Promise<void> {
  const { store, queue, timers } = ports
  const row = rowOf(key, { input: JSON.stringify('x'.repeat(3_000)) })
  const output = '"done"'
  await store.createInstance(row)
  await store.createInstance(row)
  await store.appendEpisode(key, episodeOf(1))
  await store.appendEpisode(key, episodeOf(1, { nonce: 'of another' }))
  await store.getInstance(key.instanceId)
  await store.read(key)
  await store.read(key, 1)
  await store.putInbox(key, eventRow('e:1'))
  await store.putInbox(key, eventRow('e:1'))
  await store.putOutcomes(key, [outcomeRow(1, output), outcomeRow(2, output)])
  await store.countInbox(key, 10)
  await store.deleteInbox(key, ['e:1', 't:1.1', 'never heard of'])
  await store.projectStatus(key, { episode: 1, status: 'COMPLETED', lastUpdatedAt: now, output })
  await store.list({ limit: 10 })
  const envelope = { ...key, v: 1, kind: 'timer', token: 'token', generation: 1, seq: 1 } as const
  const timer: TimerMessage = { ...envelope, dueAt: now + 1_000 }
  const later: TimerMessage = { ...envelope, dueAt: now + 86_400_000 }
  await queue.send([timer])
  await timers.schedule([timer, later])
  await timers.cancel(key, 1, [{ seq: 1, dueAt: later.dueAt }])
  await returns.hasten('workflow', [sqsRecord('x')])
}

function lineOfLogged(request: LoggedRequest): string {
  const units = request.service === 'dynamodb' ? request.readUnits + request.writeUnits : 0
  return `${request.service} ${request.operation} ${units}`
}

/** DynamoDB does not say what it bills for a write that it refused; these are small, and so they cost one unit. */
function lineOfSent({ service, operation, capacityUnits, error }: SentRequest): string {
  return `${service} ${operation} ${error === undefined ? capacityUnits : 1}`
}
