// The suite on the AWS backend: functions, adapters, the SDK's clients; DynamoDB, SQS and Scheduler as they are when nothing goes wrong.

import { describeWithDynoxide } from '../support/dynoxide.ts'
import { awsHosts } from './aws-host.ts'
import { describeWorkflows } from './workflow.suite.ts'

describeWithDynoxide('AWS', (dynoxide) => {
  describeWorkflows('as it is', awsHosts(dynoxide))
})
