// The contracts, held against the stand-ins; and against AWS or an emulator when AWS_ENDPOINT_URL_SQS (and _SNS, _SCHEDULER) name it.
// SLOW=1 adds the cases that take minutes there; TENUTO_SCHEDULER_ROLE is the role with which Scheduler sends to its queues.

import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { type Contract, realTime } from './contract.ts'
import { openStandIns } from './harness.ts'
import { scheduleContract, type SchedulerClients } from './scheduler.contract.ts'
import { type SnsClients, topicContract } from './sns.contract.ts'
import { fifoContract } from './sqs-fifo.contract.ts'
import { messageContract } from './sqs-messages.contract.ts'
import { visibilityContract } from './sqs-visibility.contract.ts'
import { queueContract } from './sqs.contract.ts'

type Clients = SchedulerClients & SnsClients

const contracts: Readonly<Record<string, Contract<Clients>>> = {
  'SQS queues': queueContract,
  'SQS messages': messageContract,
  'SQS visibility, delays, dead letters': visibilityContract,
  'SQS FIFO queues': fifoContract,
  'SNS topics': topicContract,
  'Scheduler schedules': scheduleContract,
}

function endpoint(): Clients {
  return {
    sqs: new SQSClient({}),
    sns: new SNSClient({}),
    scheduler: new SchedulerClient({}),
    roleArn: process.env['TENUTO_SCHEDULER_ROLE'] ?? 'arn:aws:iam::000000000000:role/scheduler',
    time: realTime,
  }
}

const isReal = process.env['AWS_ENDPOINT_URL_SQS'] !== undefined
const isQuick = !isReal || process.env['SLOW'] === '1'

describe.each(Object.entries(contracts))(`${isReal ? 'endpoint' : 'stand-in'}: %s`, (_, contract) => {
  const cases = Object.entries(contract).filter(([, { slow }]) => isQuick || slow !== true)
  test.each(cases)('%s', { timeout: isReal ? 900_000 : 20_000 }, async (_title, { run }) => {
    expect.hasAssertions()
    await run(isReal ? endpoint() : openStandIns())
  })
})
