// The AWS backend in one process: a table of some DynamoDB, SQS and Scheduler stand-ins, and the handlers of src/aws/lambda in containers that
// are objects, called by event source mappings as the deployment has them. It runs any app, on any clock, and everything that happens can
// be watched and spoiled. What it leaves out is in stack.ts: bundles, processes, roles, the wire, the packaged template.

import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import {
  activityHandler,
  type AwsBackend,
  type AwsClients,
  type BlobOptions,
  type Retention,
  createAwsBackend,
  deadLetterHandler,
  type HandlerOptions,
  type LambdaContext,
  type LambdaHandler,
  type MetricName,
  orchestratorHandler,
  sweeperHandler,
} from '../../src/aws/index.ts'
import { apiHandler } from '../../src/http/lambda.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { Clock, Ports } from '../../src/runtime/ports.ts'
import {
  createSchedulerStandIn,
  createSqsStandIn,
  pollQueue,
  type Polling,
  type SchedulerFaults,
  type SchedulerStandIn,
  type SqsFaults,
  type SqsStandIn,
} from '../../src/stand-ins/index.ts'
import type { App } from '../../src/workflow/app.ts'
import { type Logger, silentLogger } from '../../src/workflow/logger.ts'
import { type OnAwsRequest, watchRequests } from './aws-requests.ts'
import { type Choose, createPool, lastBusy, type Lent, type Pool } from './container-pool.ts'
import { deployedMappings, deployedQueues, type FunctionName, functionTimeouts } from './deployed-settings.ts'

/** Where tables are: dynoxide, or a stand-in. */
export interface Database {
  client(config?: DynamoDBClientConfig): DynamoDBClient
  /** Creates an empty table. @returns its name */
  createTable(): Promise<string>
}

export interface AwsWorldOptions {
  readonly app: App
  /** One may serve many worlds: each has a table of its own. */
  readonly database: Database
  readonly clock: Clock
  /** Default: none. */
  readonly logger?: Logger
  /** May be changed while the world runs. Default: none. */
  readonly sqsFaults?: SqsFaults
  readonly schedulerFaults?: SchedulerFaults
  /** Gets the clients of all functions before they are used, to add to their middleware stacks. */
  readonly instrument?: (clients: AwsClients) => void
  /** Gets the ports of each container, and of the look from outside. */
  readonly ports?: (ports: Ports) => Ports
  /** Hears of every request that a function has made, when it has ended. */
  readonly onRequest?: OnAwsRequest
  /** Hears of every invocation before it begins. */
  readonly onInvocation?: (invocation: Invocation) => void
  readonly onMetric?: (name: MetricName, value: number) => void
  /** Where large payloads lie. Default: in the table. */
  readonly blobs?: BlobOptions
  /** How long what has ended is kept. Default: until it is purged. */
  readonly retention?: Retention
  /** Runs an invocation; what it returns or throws is what the caller of the function sees. */
  readonly around?: (invocation: Invocation, run: () => Promise<unknown>) => Promise<unknown>
  readonly chooseContainer?: Choose
  /** From 0 to 1, for the jitter of what is repeated. Default: `Math.random`. */
  readonly random?: () => number
  /** Ids that nobody else makes. Default: random ones. */
  readonly newId?: () => string
}

interface Invocation extends Lent {
  readonly functionName: FunctionName
  readonly event: unknown
}

export interface AwsWorld {
  /** The ports as no function has them, for a look from outside; what is asked through them is not heard of. */
  readonly ports: Ports
  /** What the API function does for a request, without HTTP. */
  readonly management: Management
  readonly sqs: SqsStandIn
  readonly scheduler: SchedulerStandIn
  readonly tableName: string
  invoke(functionName: FunctionName, event: unknown): Promise<unknown>
  /** Ends when all invocations have ended. */
  close(): Promise<void>
}

export async function openAwsWorld(options: AwsWorldOptions): Promise<AwsWorld> {
  const { clock, database, sqsFaults = {}, schedulerFaults = {} } = options
  const sqs = createSqsStandIn({ clock, faults: sqsFaults })
  const scheduler = createSchedulerStandIn({ clock, sqs, faults: schedulerFaults })
  const connect = (): AwsClients => ({
    dynamodb: database.client({ defaultsMode: 'standard', retryMode: 'standard' }),
    sqs: new SQSClient(sqs.clientConfig),
    scheduler: new SchedulerClient(scheduler.clientConfig),
  })
  const [clients, ownClients] = [connect(), connect()]
  const tableName = await database.createTable()
  await createResources(ownClients, sqs)
  const env = environmentOf(tableName, sqs)
  options.instrument?.(clients)
  if (options.onRequest) watchRequests(clients, options.onRequest)
  const functions = new Functions(options, () => backendWith(options, env, clients))
  const polling = deployedMappings.map((mapping) => connectMapping(mapping, { clock, sqs, functions }))
  return {
    ports: backendWith(options, env, ownClients).ports,
    management: createManagement(backendWith(options, env, clients).ports),
    sqs,
    scheduler,
    tableName,
    invoke: async (name, event) => functions.invoke(name, event, contextOf(name, clock)),
    async close() {
      await Promise.all(polling.map(async (each) => each.stop()))
      functions.close()
      for (const each of [clients, ownClients]) each.dynamodb.destroy()
    },
  }
}

const scheduleGroup = 'tenuto'

async function createResources(clients: AwsClients, sqs: SqsStandIn): Promise<void> {
  await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: scheduleGroup }))
  for (const [QueueName, settings] of Object.entries(deployedQueues)) {
    const Attributes = {
      MessageRetentionPeriod: String(settings.retentionSeconds),
      ...('visibilitySeconds' in settings && { VisibilityTimeout: String(settings.visibilitySeconds) }),
      ...('redrive' in settings && {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: sqs.queue(settings.redrive.to).identity.arn,
          maxReceiveCount: settings.redrive.maxReceiveCount,
        }),
      }),
    }
    await clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
  }
}

function environmentOf(tableName: string, sqs: SqsStandIn): Readonly<Record<string, string>> {
  const { url, arn } = sqs.queue('WorkflowQueue').identity
  return {
    TENUTO_TABLE_NAME: tableName,
    TENUTO_WORKFLOW_QUEUE_URL: url,
    TENUTO_WORKFLOW_QUEUE_ARN: arn,
    TENUTO_ACTIVITY_QUEUE_URL: sqs.queue('ActivityQueue').identity.url,
    TENUTO_SCHEDULE_GROUP: scheduleGroup,
    TENUTO_SCHEDULE_ROLE_ARN: 'arn:aws:iam::123456789012:role/tenuto-timers',
    TENUTO_SCHEDULE_DEAD_LETTER_ARN: sqs.queue('WorkflowDeadLetterQueue').identity.arn,
  }
}

function backendWith(
  options: AwsWorldOptions,
  env: Readonly<Record<string, string>>,
  clients: AwsClients,
): AwsBackend {
  const { clock, logger = silentLogger, ports: wrap = (same) => same, onMetric } = options
  const { blobs, retention, random, newId } = options
  const backend = createAwsBackend({
    env,
    logger,
    clock,
    clients,
    metrics: { addMetric: (name, _unit, value) => onMetric?.(name, value) },
    ...(blobs && { blobs }),
    ...(retention && { retention }),
    ...(random && { random }),
    ...(newId && { newId }),
  })
  return { ...backend, ports: wrap(backend.ports) }
}

type Handler = LambdaHandler<unknown, unknown>

class Functions {
  readonly #options: AwsWorldOptions
  readonly #pools: Readonly<Record<FunctionName, Pool<Handler>>>
  #trap: NodeJS.UnhandledRejectionListener | undefined

  constructor(options: AwsWorldOptions, openBackend: () => AwsBackend) {
    this.#options = options
    const { app, chooseContainer = lastBusy } = options
    const pool = (prepare: (options: HandlerOptions) => unknown): Pool<Handler> =>
      createPool(() => this.#start(() => prepare({ backend: openBackend() }) as Handler), chooseContainer)
    this.#pools = {
      orchestrator: pool((own) => orchestratorHandler(app, own)),
      activity: pool((own) => activityHandler(app, own)),
      deadLetter: pool((own) => deadLetterHandler(app, own)),
      sweeper: pool(sweeperHandler),
      api: pool(apiHandler),
    }
  }

  async invoke(functionName: FunctionName, event: unknown, context: LambdaContext): Promise<unknown> {
    const { onInvocation, around = async (_, run) => run() } = this.#options
    return this.#pools[functionName].run(async (handler, lent) => {
      const invocation = { ...lent, functionName, event }
      onInvocation?.(invocation)
      return around(invocation, async () => handler(event, context))
    })
  }

  close(): void {
    if (this.#trap) process.off('unhandledRejection', this.#trap)
  }

  /** A container traps the unhandled rejections of its process; the traps of all are alike, so one of them is kept. */
  #start(start: () => Handler): Handler {
    const before = process.listeners('unhandledRejection')
    const handler = start()
    for (const trap of process.listeners('unhandledRejection')) {
      if (before.includes(trap)) continue
      if (this.#trap) process.off('unhandledRejection', trap)
      else this.#trap = trap
    }
    return handler
  }
}

interface MappingHost {
  readonly clock: Clock
  readonly sqs: SqsStandIn
  readonly functions: Functions
}

function connectMapping(
  { queue, functionName, batchSize, windowSeconds, maximumConcurrency }: (typeof deployedMappings)[number],
  { clock, sqs, functions }: MappingHost,
): Polling {
  return pollQueue({
    clock,
    queue: sqs.queue(queue),
    handler: async (event, context) => functions.invoke(functionName, event, context),
    functionName,
    batchSize,
    batchWindowSeconds: windowSeconds,
    maximumConcurrency,
    functionTimeoutSeconds: functionTimeouts[functionName],
  })
}

let requests = 0

function contextOf(functionName: FunctionName, clock: Clock): LambdaContext {
  const deadline = clock.now() + functionTimeouts[functionName] * 1000
  return {
    awsRequestId: `request-${++requests}`,
    functionName,
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
  }
}
