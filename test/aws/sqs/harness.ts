// The adapters on the stand-ins, under a virtual clock, with everything that they ask written down.

import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createSchedulerTimers } from '../../../src/aws/scheduler/scheduler-timers.ts'
import { decodeMessage } from '../../../src/aws/sqs/codec.ts'
import type { RequestRecord } from '../../../src/aws/sqs/request-record.ts'
import { createSqsQueue, type SqsQueue, type SqsQueueOptions } from '../../../src/aws/sqs/sqs-queue.ts'
import type { Message, QueueName } from '../../../src/runtime/messages.ts'
import type { Clock, Timers } from '../../../src/runtime/ports.ts'
import {
  createSchedulerStandIn,
  createSqsStandIn,
  type SchedulerFaults,
  type SchedulerStandIn,
  type SqsFaults,
  type SqsStandIn,
} from '../../../src/stand-ins/index.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type RecordingLogger, recordingLogger } from '../../support/recording-logger.ts'

export interface Harness {
  readonly clock: VirtualClock
  readonly sqs: SqsStandIn
  readonly scheduler: SchedulerStandIn
  readonly sqsFaults: SqsFaults
  readonly schedulerFaults: SchedulerFaults
  readonly queue: SqsQueue
  readonly timers: Timers
  readonly requests: RequestRecord[]
  readonly logger: RecordingLogger
  /** Lets time pass until the promise is settled. */
  readonly settle: <T>(promise: Promise<T>) => Promise<T>
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<void>
  /** Takes out what can be received now. */
  readonly drain: (queue: QueueName) => Promise<readonly (Message | undefined)[]>
}

export interface HarnessOptions extends Partial<SqsQueueOptions> {
  /** Where the timers look for their group; it is made under the default. */
  readonly groupName?: string
  /** By how much Scheduler's clock is ahead. */
  readonly schedulerAheadMs?: number
}

const groupName = 'tenuto'
const roleArn = 'arn:aws:iam::123456789012:role/tenuto-timers'

export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { schedulerAheadMs = 0 } = options
  const clock = new VirtualClock()
  const sqsFaults: SqsFaults = {}
  const schedulerFaults: SchedulerFaults = {}
  const sqs = createSqsStandIn({ clock, faults: sqsFaults })
  const ahead: Clock = {
    now: () => clock.now() + schedulerAheadMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
  }
  const scheduler = createSchedulerStandIn({ clock: ahead, sqs, faults: schedulerFaults })
  const [client, schedulerClient] = [
    new SQSClient(sqs.clientConfig),
    new SchedulerClient(scheduler.clientConfig),
  ]
  for (const name of ['workflow', 'activity']) await createQueues(client, name)
  await schedulerClient.send(new CreateScheduleGroupCommand({ Name: groupName }))
  const requests: RequestRecord[] = []
  const logger = recordingLogger()
  const common = {
    clock,
    logger,
    random: () => 0.5,
    onRequest: (request: RequestRecord) => void requests.push(request),
    ...(options.remainingTimeMs && { remainingTimeMs: options.remainingTimeMs }),
  }
  const [workflow, activity] = [sqs.queue('workflow').identity, sqs.queue('activity').identity]
  const queueUrls = { workflow: workflow.url, activity: activity.url }
  const queue = createSqsQueue({ client, queueUrls, ...common, ...options })
  const timers = createSchedulerTimers({
    client: schedulerClient,
    queue,
    groupName: options.groupName ?? groupName,
    targetArn: workflow.arn,
    roleArn,
    ...common,
  })
  return {
    clock,
    sqs,
    scheduler,
    sqsFaults,
    schedulerFaults,
    queue,
    timers,
    requests,
    logger,
    async settle(promise) {
      let settled = false
      const note = (): void => {
        settled = true
      }
      promise.then(note, note)
      if (!(await clock.runUntil(() => settled))) throw new Error('Nothing is left to happen.')
      return promise
    },
    async pass(ms) {
      let over = false
      clock.at(ms, () => {
        over = true
      })
      await clock.runUntil(() => over)
    },
    async drain(name) {
      const messages: (Message | undefined)[] = []
      const standIn = sqs.queue(name)
      for (;;) {
        const received = await standIn.receive({ count: 10, waitMs: 0 })
        if (received.length === 0) return messages
        for (const { body, receiptHandle } of received) {
          messages.push(decodeMessage(body))
          standIn.delete(receiptHandle)
        }
      }
    },
  }
}

/** A queue as a deployment has it, and its dead-letter queue. */
async function createQueues(client: SQSClient, name: string): Promise<void> {
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({
      QueueName: `${name}-dead`,
      Attributes: { VisibilityTimeout: '5400' },
    }),
  )
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  const policy = { deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 8 }
  const attributes = { VisibilityTimeout: '5400', RedrivePolicy: JSON.stringify(policy) }
  await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
}
