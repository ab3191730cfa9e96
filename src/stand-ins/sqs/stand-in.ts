// SQS in this process, for the real SDK client, on a clock that a test can turn. One stand-in is one account in one region.

import type { Clock } from '../../runtime/ports.ts'
import { createIds } from '../ids.ts'
import { type ClientConfig, createClientConfig } from '../request-handler.ts'
import type { SqsFaults } from './faults.ts'
import { limits } from './limits.ts'
import { MoveTasks } from './move-tasks.ts'
import { sqsOperations } from './operations.ts'
import { sqsProtocol } from './protocol.ts'
import type { StandInQueue } from './queue.ts'
import { type Place, Queues } from './queues.ts'

export interface SqsStandInOptions {
  readonly clock: Clock
  /** Default: none. It may be changed while the stand-in runs. */
  readonly faults?: SqsFaults
  /** Messages of a standard queue in flight at which receiving is refused. Default: AWS's, 120,000. */
  readonly inFlightLimit?: number
  readonly region?: string
  readonly accountId?: string
  /** What the URLs of queues begin with, for a stand-in that others reach over a wire. Default: AWS's. */
  readonly endpoint?: string
}

export interface SqsStandIn extends Place {
  /** For `new SQSClient(…)`; any number of clients may share it. */
  readonly clientConfig: ClientConfig
  /** The queue of this name or ARN; throws when there is none. */
  queue(nameOrArn: string): StandInQueue
}

export function createSqsStandIn(options: SqsStandInOptions): SqsStandIn {
  const { clock, faults = {}, inFlightLimit = limits.inFlight } = options
  const { region = 'us-east-1', accountId = '123456789012' } = options
  const place = { region, accountId, endpoint: options.endpoint ?? `https://sqs.${region}.amazonaws.com` }
  const queues = new Queues({ clock, faults, newId: createIds(), inFlightLimit }, place)
  const operations = sqsOperations({ queues, moveTasks: new MoveTasks(clock, queues), faults })
  return {
    ...place,
    clientConfig: createClientConfig(place.region, sqsProtocol, operations, faults),
    queue: (nameOrArn) => queues.byArn(nameOrArn) ?? queues.byName(nameOrArn),
  }
}
