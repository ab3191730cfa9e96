// The services that a world on AWS has: the table, the queues, the schedules, and how they misbehave.

import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { CreateScheduleGroupCommand, DeleteScheduleGroupCommand } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { createTableInput } from '../../../src/aws/dynamodb/index.ts'
import {
  createDynamoStandIn,
  createSchedulerStandIn,
  createSqsStandIn,
  type DynamoFaults,
  type SchedulerFaults,
  type SqsFaults,
} from '../../../src/stand-ins/index.ts'
import { minute } from '../conditions.ts'
import { gathered, type Surroundings } from '../platform.ts'
import { clientsOn, type Service, type Wire, type WireAnswer, type WireRequest } from './wire.ts'

const tableName = 'table'
const scheduleGroup = 'timers'
/** Deliveries after which a message of the workflow queue is dead. An activity that dies is a failure for its workflow; the oracle knows none. */
export const maxReceives = { workflow: 8, activity: 1_000 } as const
const queueNames = ['workflow', 'activity', 'dead'] as const

interface RequestHandler {
  readonly handle: (request: WireRequest) => Promise<WireAnswer>
}

export type Cloud = Awaited<ReturnType<typeof openCloud>>

export async function openCloud(world: Surroundings, changed: NonNullable<DynamoFaults['changed']>) {
  const { clock } = world
  const dynamodb = createDynamoStandIn({ clock, faults: { ...dynamoFaults(world), changed } })
  const sqs = createSqsStandIn({ clock, faults: sqsFaults(world) })
  const scheduler = createSchedulerStandIn({ clock, sqs, faults: schedulerFaults(world) })
  const handlers = Object.fromEntries(
    Object.entries({ dynamodb, sqs, scheduler }).map(([service, { clientConfig }]) => [
      service,
      clientConfig.requestHandler,
    ]),
  ) as unknown as Readonly<Record<Service, RequestHandler>>
  const serve: Wire = async (service, request) => handlers[service].handle(request)
  const clients = clientsOn(serve)
  await clients.dynamodb.send(new CreateTableCommand(createTableInput(tableName)))
  await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: scheduleGroup }))
  const VisibilityTimeout = String(world.visibilityMs / 1000)
  for (const QueueName of ['dead', 'workflow', 'activity'] as const) {
    const redrive =
      QueueName === 'dead'
        ? {}
        : {
            RedrivePolicy: JSON.stringify({
              deadLetterTargetArn: sqs.queue('dead').identity.arn,
              maxReceiveCount: maxReceives[QueueName],
            }),
          }
    await clients.sqs.send(
      new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout, ...redrive } }),
    )
  }
  return {
    serve,
    clients,
    table: dynamodb.table(tableName),
    sqs,
    scheduler,
    env: {
      TENUTO_TABLE_NAME: tableName,
      TENUTO_WORKFLOW_QUEUE_URL: sqs.queue('workflow').identity.url,
      TENUTO_WORKFLOW_QUEUE_ARN: sqs.queue('workflow').identity.arn,
      TENUTO_ACTIVITY_QUEUE_URL: sqs.queue('activity').identity.url,
      TENUTO_SCHEDULE_GROUP: scheduleGroup,
      TENUTO_SCHEDULE_ROLE_ARN: 'arn:aws:iam::123456789012:role/timers',
      TENUTO_SCHEDULE_DEAD_LETTER_ARN: sqs.queue('dead').identity.arn,
    },
    /** Loses every message and every schedule. */
    async wipe() {
      for (const name of queueNames) sqs.queue(name).purge()
      await clients.scheduler.send(new DeleteScheduleGroupCommand({ Name: scheduleGroup }))
      await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: scheduleGroup }))
    },
    get left(): readonly string[] {
      const messages = queueNames.flatMap((name) => {
        const { visible, inFlight, delayed } = sqs.queue(name).counts()
        return visible + inFlight + delayed > 0 ? [`messages of ${name}`] : []
      })
      return [...messages, ...scheduler.schedules.map(({ name }) => `schedule ${name}`)]
    },
  }
}

function dynamoFaults({ rng: worldRng, conditions: { aws }, isFaulty, count }: Surroundings): DynamoFaults {
  const rng = worldRng.fork('dynamodb')
  const leaves = (what: string) => (): boolean => {
    const isLeft = isFaulty() && rng.chance(aws.leaves)
    if (isLeft) count(what)
    return isLeft
  }
  return {
    pageItems() {
      if (!isFaulty() || !rng.chance(aws.pageCuts)) return undefined
      count('page cut short')
      return rng.int(1, 4)
    },
    leavesWrite: leaves('item left for later: UnprocessedItems'),
    leavesRead: leaves('item left for later: UnprocessedKeys'),
    indexLagMs: () => (isFaulty() ? rng.int(0, aws.indexLagMs) : 0),
  }
}

function sqsFaults(world: Surroundings): SqsFaults {
  const { rng: worldRng, conditions, isFaulty, count, clock } = world
  const { aws, duplicates, miscounts, rates } = conditions
  const [rng, begin] = [worldRng.fork('sqs'), clock.now()]
  const sometimes = (rate: number, what: string): number | undefined => {
    if (!isFaulty() || !rng.chance(rate)) return undefined
    count(what)
    return rng.int(1, 12 * minute)
  }
  return {
    latencyMs: () => gathered(world, begin, rng.int(1, isFaulty() ? 20_000 : 30)),
    duplicateAfterMs: () => sometimes(duplicates, 'message delivered twice'),
    undeleteAfterMs: () => sometimes(duplicates / 2, 'message back after its deletion'),
    pick: (most) => (isFaulty() ? rng.int(0, most - 1) : 0),
    shortReceive: (most) => (aws.shortReceives ? rng.int(1, most) : most),
    receiveCount: (actual) => (isFaulty() && rng.chance(miscounts) ? 1 : actual),
    failEntry() {
      if (!isFaulty() || !rng.chance(rates.partial)) return undefined
      count('part of a batch')
      return rng.chance(0.5) ? 'internal error' : 'throttled'
    },
  }
}

function schedulerFaults({ rng: worldRng, conditions, isFaulty, count }: Surroundings): SchedulerFaults {
  const rng = worldRng.fork('scheduler')
  const { duplicateTimers, lateTimersMs } = conditions
  return {
    latenessMs: () => (isFaulty() ? rng.int(0, 60_000 + lateTimersMs) : 0),
    duplicateAfterMs() {
      if (!isFaulty() || !rng.chance(duplicateTimers)) return undefined
      count('timer fired twice')
      return rng.int(0, minute)
    },
    fireAfterDelete() {
      const isFired = isFaulty() && rng.chance(0.5)
      if (isFired) count('schedule fired although it was deleted')
      return isFired
    },
  }
}
