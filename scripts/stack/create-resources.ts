// What of a template lasts: its table, queues, topics and schedule group, made by the requests that anybody would make. What is there
// already, because the services are elsewhere and keep it, is taken as it is.

import { CreateTableCommand, type CreateTableInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Cloud } from './cloud.ts'
import { type Name, type Names, place, pseudoParameters, resolveNames } from './names.ts'
import { type Properties, referencesIn, type Resources } from './resources.ts'

/** Clients of the services, with which the stack itself does its work. */
export interface Clients {
  readonly dynamodb: DynamoDBClient
  readonly sqs: SQSClient
  readonly sns: SNSClient
  readonly scheduler: SchedulerClient
}

export function createClients(cloud: Cloud, who: string): Clients {
  return {
    dynamodb: new DynamoDBClient(cloud.settings('dynamodb', who)),
    sqs: new SQSClient(cloud.settings('sqs', who)),
    sns: new SNSClient(cloud.settings('sns', who)),
    scheduler: new SchedulerClient(cloud.settings('scheduler', who)),
  }
}

export function destroyClients({ dynamodb, sqs, sns, scheduler }: Clients): void {
  for (const client of [dynamodb, sqs, sns, scheduler]) client.destroy()
}

/** @returns what Ref and GetAtt give for each, by its logical name */
export async function createResources(
  resources: Resources,
  clients: Clients,
  stackName: string,
): Promise<Names> {
  const names = new Map<string, Name>(pseudoParameters)
  const physical = (name: string): string => `${stackName}-${name}`
  for (const [name, properties] of resources.ofType('AWS::DynamoDB::Table')) {
    names.set(name, await createTable(clients, physical(name), properties))
  }
  // A queue needs its dead-letter queue; that of the dead-letter queues comes first.
  const queues = resources
    .ofType('AWS::SQS::Queue')
    .toSorted(([a, x], [b, y]) => depth(x, resources) - depth(y, resources) || a.localeCompare(b))
  for (const [name, properties] of queues) {
    names.set(name, await createQueue(clients, physical(name), resolveNames(properties, names)))
  }
  for (const [name] of resources.ofType('AWS::SNS::Topic')) {
    const { TopicArn: arn = '' } = await clients.sns.send(new CreateTopicCommand({ Name: physical(name) }))
    names.set(name, { Ref: arn, Arn: arn })
  }
  for (const [name] of resources.ofType('AWS::Scheduler::ScheduleGroup')) {
    const command = new CreateScheduleGroupCommand({ Name: physical(name) })
    await unlessThere('ConflictException', clients.scheduler.send(command))
    names.set(name, { Ref: physical(name), Arn: `arn:aws:scheduler:::schedule-group/${physical(name)}` })
  }
  for (const [name] of resources.ofType('AWS::IAM::Role')) {
    names.set(name, { Ref: physical(name), Arn: `arn:aws:iam::${place.accountId}:role/${physical(name)}` })
  }
  for (const [name] of resources.ofType('AWS::Lambda::Function')) {
    const arn = `arn:aws:lambda:${place.region}:${place.accountId}:function:${physical(name)}`
    names.set(name, { Ref: physical(name), Arn: arn })
  }
  return names
}

/** Keys and indexes; what AWS does about encryption and backups has no meaning here. */
async function createTable({ dynamodb }: Clients, name: string, properties: Properties): Promise<Name> {
  const { BillingMode, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } =
    properties as Partial<CreateTableInput>
  const command = new CreateTableCommand({
    TableName: name,
    BillingMode,
    AttributeDefinitions,
    KeySchema,
    GlobalSecondaryIndexes,
  })
  await unlessThere('ResourceInUseException', dynamodb.send(command))
  return { Ref: name, Arn: `arn:aws:dynamodb:${place.region}:${place.accountId}:table/${name}` }
}

const queueAttributes = [
  'DelaySeconds',
  'FifoQueue',
  'ContentBasedDeduplication',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
]

async function createQueue({ sqs }: Clients, name: string, properties: Properties): Promise<Name> {
  const given = queueAttributes.flatMap((attribute) => {
    const value = properties[attribute]
    if (value === undefined) return []
    return [[attribute, typeof value === 'object' ? JSON.stringify(value) : `${value as string | number}`]]
  })
  const QueueName = properties['FifoQueue'] === true ? `${name}.fifo` : name
  const Attributes = Object.fromEntries(given) as Record<string, string>
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
  const described = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  return { Ref: QueueUrl ?? '', Arn: described.Attributes?.['QueueArn'] ?? '' }
}

/** How many dead-letter queues stand behind a queue. */
function depth({ RedrivePolicy }: Properties, resources: Resources): number {
  const [next] = referencesIn(RedrivePolicy)
  return next === undefined ? 0 : 1 + depth(resources.properties(next), resources)
}

async function unlessThere(name: string, request: Promise<unknown>): Promise<void> {
  try {
    await request
  } catch (error) {
    if (!(error instanceof Error && error.name === name)) throw error
  }
}
