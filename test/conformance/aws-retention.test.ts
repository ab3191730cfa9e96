// DynamoDB forgets within days; what is over is not shown from its time on.

import { describeWithDynoxide } from '../support/dynoxide.ts'
import { awsHosts } from './aws-host.ts'
import { describeRetention } from './retention.suite.ts'

describeWithDynoxide('AWS', (dynoxide) => {
  describeRetention('DynamoDB', (retention) => awsHosts(dynoxide, undefined, undefined, retention), 0)
})
