// DynamoDB forgets within days; what is over is not shown from its time on.

import { afterAll, beforeAll, describe } from 'vitest'
import { type Dynoxide, noDynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { awsHosts } from './aws-host.ts'
import { describeRetention } from './retention.suite.ts'

const title = dynoxideTitle('AWS')

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(title, { timeout: 60_000 }, () => {
  let dynoxide: Dynoxide
  beforeAll(async () => {
    dynoxide = await startDynoxide()
  })
  afterAll(async () => dynoxide.close())

  describeRetention('DynamoDB', (retention) => awsHosts(() => dynoxide, undefined, undefined, retention), 0)
})
