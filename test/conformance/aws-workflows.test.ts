// The suite on the AWS backend: functions, adapters, the SDK's clients; DynamoDB, SQS and Scheduler as they are when nothing goes wrong.

import { afterAll, beforeAll, describe } from 'vitest'
import { type Dynoxide, noDynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { awsHosts } from './aws-host.ts'
import { describeWorkflows } from './workflow.suite.ts'

const title = dynoxideTitle('AWS')

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(title, { timeout: 60_000 }, () => {
  let dynoxide: Dynoxide
  beforeAll(async () => {
    dynoxide = await startDynoxide()
  })
  afterAll(async () => dynoxide.close())

  describeWorkflows(
    'as it is',
    awsHosts(() => dynoxide),
  )
})
