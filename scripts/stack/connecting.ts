// What connecting a source of calls to a function takes, whatever the source.

import { GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import type { PolledQueue, Polling, PollOptions } from '../../src/stand-ins/index.ts'
import type { Logger } from '../../src/workflow/logger.ts'
import type { Cloud } from './cloud.ts'
import type { Clients } from './create-resources.ts'
import type { DeployedFunction } from './deployed-function.ts'
import type { Names } from './names.ts'
import { openRemoteQueue } from './remote-queue.ts'
import type { Properties, Resources } from './resources.ts'

/** A stack, as far as it is there when its sources are connected. */
export interface Connecting {
  readonly resources: Resources
  readonly names: Names
  readonly cloud: Cloud
  readonly clients: Clients
  readonly stackName: string
  readonly logger: Logger
  /** @param reference to a function, as a template has it */
  functionOf(reference: unknown): DeployedFunction
}

export type Source = Pick<Polling, 'stop'>

/** Nothing is taken from a queue for which there is no container. */
export function concurrencyOf({ concurrency }: DeployedFunction, most = Infinity): number {
  return Math.max(2, Math.min(most, concurrency))
}

/** What every poller of a queue has, whatever it does with the messages. */
export async function pollingFor(
  { cloud, clients, logger }: Connecting,
  arn: string,
  target: DeployedFunction,
): Promise<Pick<PollOptions, 'clock' | 'queue' | 'functionTimeoutSeconds' | 'onFailure'>> {
  const { clock } = cloud
  return {
    clock,
    queue: cloud.sqs?.queue(arn) ?? (await remoteQueue(arn)),
    functionTimeoutSeconds: target.timeoutMs / 1000,
    onFailure: (error) => logger.error(`${target.name}: a call failed`, { error }),
  }

  async function remoteQueue(queueArn: string): Promise<PolledQueue> {
    const command = new GetQueueUrlCommand({ QueueName: queueArn.split(':').at(-1) })
    const { QueueUrl: url = '' } = await clients.sqs.send(command)
    return openRemoteQueue({ client: clients.sqs, url, clock, logger })
  }
}

/** Better a loud error than a quiet difference. */
export function refuse(properties: Properties, names: readonly string[]): void {
  const found = names.find((name) => properties[name] !== undefined)
  if (found !== undefined) throw new Error(`${found} is not known here: ${JSON.stringify(properties)}`)
}
