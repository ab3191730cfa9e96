// How the services say that it is too much at once.

import type { Service } from './tally.ts'

type Refusal = readonly [status: number, name: string]

export const throttles: Readonly<Record<Service, readonly Refusal[]>> = {
  dynamodb: [
    [400, 'ProvisionedThroughputExceededException'],
    [400, 'ThrottlingException'],
    [400, 'RequestLimitExceeded'],
  ],
  sqs: [
    [400, 'RequestThrottled'],
    [400, 'ThrottlingException'],
    [403, 'OverLimit'],
  ],
  scheduler: [[429, 'ThrottlingException']],
}
