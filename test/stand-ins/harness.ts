// Stand-ins under a virtual clock, with the real clients and faults that a test may set.

import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import {
  createSchedulerStandIn,
  createSnsStandIn,
  createSqsStandIn,
  type SchedulerFaults,
  type SchedulerStandIn,
  type SqsFaults,
  type SqsStandIn,
} from '../../src/stand-ins/index.ts'
import type { RequestFaults } from '../../src/stand-ins/request-handler.ts'
import type { SnsFaults } from '../../src/stand-ins/sns/topics.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { type ContractTime, virtualTime } from './contract.ts'

export interface StandIns {
  readonly clock: VirtualClock
  readonly time: ContractTime
  readonly sqs: SQSClient
  readonly sns: SNSClient
  readonly scheduler: SchedulerClient
  readonly roleArn: string
  readonly sqsFaults: SqsFaults
  readonly snsFaults: SnsFaults & RequestFaults
  readonly schedulerFaults: SchedulerFaults
  readonly sqsStandIn: SqsStandIn
  readonly schedulerStandIn: SchedulerStandIn
}

export function openStandIns(options: { readonly inFlightLimit?: number } = {}): StandIns {
  const clock = new VirtualClock()
  const sqsFaults: SqsFaults = {}
  const snsFaults: SnsFaults & RequestFaults = {}
  const schedulerFaults: SchedulerFaults = {}
  const sqsStandIn = createSqsStandIn({ clock, faults: sqsFaults, ...options })
  const schedulerStandIn = createSchedulerStandIn({ clock, sqs: sqsStandIn, faults: schedulerFaults })
  return {
    clock,
    time: virtualTime(clock),
    sqs: new SQSClient(sqsStandIn.clientConfig),
    sns: new SNSClient(createSnsStandIn({ clock, sqs: sqsStandIn, faults: snsFaults }).clientConfig),
    scheduler: new SchedulerClient(schedulerStandIn.clientConfig),
    roleArn: 'arn:aws:iam::123456789012:role/scheduler',
    sqsFaults,
    snsFaults,
    schedulerFaults,
    sqsStandIn,
    schedulerStandIn,
  }
}
