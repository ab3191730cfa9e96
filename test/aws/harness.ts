// The adapters on the stand-ins, under a virtual clock, with everything that they ask written down.

import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createSchedulerTimers, type SchedulerTimers } from '../../src/aws/scheduler/scheduler-timers.ts'
import { decodeMessage } from '../../src/aws/sqs/codec.ts'
import type { RequestRecord } from '../../src/aws/sqs/request-record.ts'
import { createSqsQueue, type SqsQueue, type SqsQueueOptions } from '../../src/aws/sqs/sqs-queue.ts'
import type { Message, QueueName } from '../../src/runtime/messages.ts'
import {
  createSchedulerStandIn,
  createSqsStandIn,
  type SchedulerFaults,
  type SchedulerStandIn,
  type SqsFaults,
  type SqsStandIn,
} from '../../src/stand-ins/index.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { type RecordingLogger, recordingLogger } from '../support/recording-logger.ts'

export interface Harness {
  readonly clock: VirtualClock
  readonly sqs: SqsStandIn
  readonly scheduler: SchedulerStandIn
  readonly sqsFaults: SqsFaults
  readonly schedulerFaults: SchedulerFaults
  readonly queue: SqsQueue
  readonly timers: SchedulerTimers
  readonly requests: RequestRecord[]
  readonly logger: RecordingLogger
  /** Lets time pass until the promise is settled. */
  settle<T>(promise: Promise<T>): Promise<T>
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Takes out what can be received now. */
  drain(queue: QueueName): Promise<readonly (Message | undefined)[]>
}

export const groupName = 'tenuto'
const roleArn = 'arn:aws:iam::123456789012:role/tenuto-timers'

export async function openHarness(options: Partial<SqsQueueOptions> = {}): Promise<Harness> {
  const clock = new VirtualClock()
  const sqsFaults: SqsFaults = {}
  const schedulerFaults: SchedulerFaults = {}
  const sqs = createSqsStandIn({ clock, faults: sqsFaults })
  const scheduler = createSchedulerStandIn({ clock, sqs, faults: schedulerFaults })
  const [client, schedulerClient] = [
    new SQSClient(sqs.clientConfig),
    new SchedulerClient(scheduler.clientConfig),
  ]
  for (const QueueName of ['workflow', 'activity']) await client.send(new CreateQueueCommand({ QueueName }))
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
    groupName,
    targetArn: workflow.arn,
    roleArn,
    ...common,
  })
  return {
    ...{ clock, sqs, scheduler, sqsFaults, schedulerFaults, queue, timers, requests, logger },
    async settle(promise) {
      let settled = false
      const note = (): void => {
        settled = true
      }
      promise.then(note, note)
      await clock.runUntil(() => settled)
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
