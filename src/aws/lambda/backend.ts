// The backend of a function: clients, ports and what belongs to the container, made once while the container starts.

import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Clock, Ports } from '../../runtime/ports.ts'
import type { Logger } from '../../workflow/logger.ts'
import type { Tracer } from '../../workflow/tracer.ts'
import { type BlobOptions, createDynamoStore, type DynamoRequest, type Retention } from '../dynamodb/index.ts'
import { createSchedulerTimers } from '../scheduler/scheduler-timers.ts'
import type { RequestRecord } from '../sqs/request-record.ts'
import { createSqsQueue } from '../sqs/sqs-queue.ts'
import { systemClock } from './clock.ts'
import { createInvocation, type Invocation } from './invocation.ts'
import { createJsonLogger } from './json-lines.ts'
import { createEmfMetrics, type Metrics } from './metrics.ts'
import { createReturns, type Returns } from './returns.ts'
import { type Environment, readSettings } from './settings.ts'

export interface AwsBackend {
  readonly ports: Ports
  readonly metrics: Metrics
  readonly invocation: Invocation
  readonly returns: Returns
}

export interface AwsClients {
  readonly dynamodb: DynamoDBClient
  readonly sqs: SQSClient
  readonly scheduler: SchedulerClient
}

/** A request of an adapter to AWS. */
export type AwsRequest = DynamoRequest | RequestRecord

export interface AwsBackendOptions {
  /** Default: that of the process. */
  readonly env?: Environment
  /** Default: JSON lines on standard output. */
  readonly logger?: Logger
  /** Default: lines of CloudWatch's embedded metric format on standard output. */
  readonly metrics?: Metrics
  /** Keeps large payloads elsewhere. Default: in parts, in the table. */
  readonly blobs?: BlobOptions
  /** Default: `TENUTO_RETENTION` of the environment for all, else what has ended is kept until it is purged. */
  readonly retention?: Retention
  /** Makes spans, and hands the place in their traces on. Default: nothing is traced. */
  readonly tracer?: Tracer
  /** Default: the real one. */
  readonly clock?: Clock
  /** From 0 to 1, for the jitter of what is repeated. Default: `Math.random`. */
  readonly random?: () => number
  /** Ids that nobody else makes, safe in keys. Default: random UUIDs. */
  readonly newId?: () => string
  /** Instead of those made here; instrumented ones, for instance. */
  readonly clients?: Partial<AwsClients>
  /** Hears of every request, repetitions included. DynamoDB is asked for the units that it consumed only when this is set. */
  readonly onRequest?: (request: AwsRequest) => void
}

/**
 * Makes the backend that the environment describes. Region, credentials and endpoints (`AWS_ENDPOINT_URL_SQS` and the like) are the
 * SDK's to find.
 * @throws TenutoError `INVALID_ARGUMENT`, naming every variable that is missing
 */
export function createAwsBackend(options: AwsBackendOptions = {}): AwsBackend {
  const settings = readSettings(options.env ?? process.env)
  const { clock = systemClock, onRequest, random = Math.random, newId } = options
  const invocation = createInvocation()
  const remainingTimeMs = () => invocation.remainingTimeMs()
  const logger =
    options.logger ?? createJsonLogger({ clock, level: settings.logLevel, fields: () => invocation.fields })
  const { dynamodb, sqs, scheduler } = { ...createClients(), ...options.clients }
  const queueUrls = { workflow: settings.workflowQueueUrl, activity: settings.activityQueueUrl }
  const common = { clock, logger, remainingTimeMs, random, ...(onRequest && { onRequest }) }
  const queue = createSqsQueue({ client: sqs, queueUrls, ...common })
  const { scheduleDeadLetterArn: deadLetterArn } = settings
  return {
    ports: {
      store: createDynamoStore({
        client: dynamodb,
        tableName: settings.tableName,
        retention: options.retention ?? settings.retention ?? {},
        ...(options.blobs && { blobs: options.blobs }),
        ...(newId && { newId }),
        ...common,
      }),
      queue,
      timers: createSchedulerTimers({
        client: scheduler,
        queue,
        groupName: settings.scheduleGroup,
        targetArn: settings.workflowQueueArn,
        roleArn: settings.scheduleRoleArn,
        ...(deadLetterArn && { deadLetterArn }),
        ...common,
      }),
      clock,
      newId: newId ?? randomUUID,
      logger,
      ...(options.tracer && { tracer: options.tracer }),
    },
    metrics: options.metrics ?? createEmfMetrics({ service: settings.service, clock }),
    invocation,
    returns: createReturns({ client: sqs, queueUrls, ...common }),
  }
}

/** No request may hang for longer than a turn can wait; what failed is repeated by the adapters, which know what it means. */
function createClients(): AwsClients {
  const config = {
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  }
  return {
    dynamodb: new DynamoDBClient(config),
    sqs: new SQSClient(config),
    scheduler: new SchedulerClient(config),
  }
}
