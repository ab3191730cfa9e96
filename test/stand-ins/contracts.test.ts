// The contracts, held against the stand-ins; and against whatever AWS_ENDPOINT_URL_SQS names, when it names something.

import { SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { createSqsStandIn } from '../../src/stand-ins/index.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { type Contract, realTime, virtualTime } from './contract.ts'
import type { SqsClients } from './sqs-clients.ts'
import { fifoContract } from './sqs-fifo.contract.ts'
import { messageContract } from './sqs-messages.contract.ts'
import { visibilityContract } from './sqs-visibility.contract.ts'
import { queueContract } from './sqs.contract.ts'

const sqsContracts: Readonly<Record<string, Contract<SqsClients>>> = {
  queues: queueContract,
  messages: messageContract,
  'visibility, delays, dead letters': visibilityContract,
  'FIFO queues': fifoContract,
}

describe.each(Object.entries(sqsContracts))('SQS stand-in: %s', (_, contract) => {
  test.each(Object.entries(contract))('%s', async (_title, { run }) => {
    expect.hasAssertions()
    const clock = new VirtualClock()
    const { clientConfig } = createSqsStandIn({ clock })
    await run({ sqs: new SQSClient(clientConfig), time: virtualTime(clock) })
  })
})

const endpoint = process.env['AWS_ENDPOINT_URL_SQS']
describe.runIf(endpoint !== undefined).each(Object.entries(sqsContracts))(
  `SQS at ${endpoint}: %s`,
  (_, contract) => {
    const quick = Object.entries(contract).filter(
      ([, { slow }]) => slow !== true || process.env['SLOW'] === '1',
    )
    test.each(quick)('%s', { timeout: 600_000 }, async (_title, { run }) => {
      expect.hasAssertions()
      await run({ sqs: new SQSClient({}), time: realTime })
    })
  },
)
