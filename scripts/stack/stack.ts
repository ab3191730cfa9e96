// A stack on this machine, made from the packaged template: its table, its queues with their settings, a process for each function with
// the environment that the template gives it, and the event source mappings between them.

import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createDynamoStore } from '../../src/aws/dynamodb/index.ts'
import { systemClock } from '../../src/aws/lambda/clock.ts'
import type { Store } from '../../src/runtime/ports.ts'
import { pollQueue, type Polling } from '../../src/stand-ins/index.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import type { Template } from '../bundle/template.ts'
import { type Cloud, openCloud } from './cloud.ts'
import { type Container, startContainer } from './containers.ts'
import { objectsIn, part, type Properties, referencesIn, Resources } from './resources.ts'

export interface Deployment {
  readonly template: Template
  /** Where the bundles lie, in `bundles`. */
  readonly folder: string
}

export interface Stack {
  readonly cloud: Cloud
  /** Calls a function, by its name in serverless.yml with a capital: `Api`. */
  invoke(name: string, event: unknown): Promise<unknown>
  /** Sends to a queue, by its logical name. @returns the id of the message */
  send(queueName: string, body: string): Promise<string>
  /** The store of the stack, for a look that no function takes. */
  readonly store: Store
  /** The lines that a function has written, as JSON. */
  log(name: string): readonly Properties[]
  close(): Promise<void>
}

export async function deployStack({ template, folder }: Deployment): Promise<Stack> {
  const resources = new Resources(template)
  const cloud = await openCloud()
  const sqs = new SQSClient(clientOf(cloud))
  const names = await createResources(resources, cloud, sqs)
  const functions = new Map(
    await Promise.all(
      resources.ofType('AWS::Lambda::Function').map(async ([logicalName, properties]) => {
        const name = logicalName.replace(/LambdaFunction$/, '')
        const [module = ''] = part<string>(properties, 'Handler').split('.')
        const variables = resolve(resources.variables(logicalName), names)
        const container = await startContainer(
          `${folder}/${module}.mjs`,
          environmentOf(variables, name, cloud),
        )
        return [name, new DeployedFunction(container, properties)] as const
      }),
    ),
  )
  const polling = resources
    .ofType('AWS::Lambda::EventSourceMapping')
    .map(([, mapping]) => connect(mapping, functions, cloud))
  const named = (name: string): DeployedFunction => {
    const found = functions.get(name)
    if (!found) throw new Error(`There is no function ${name}.`)
    return found
  }
  const client = cloud.dynoxide.client()
  const tableName = names.get('Table')?.Ref ?? ''
  return {
    cloud,
    store: createDynamoStore({ client, tableName, clock: systemClock, logger: silentLogger }),
    invoke: async (name, event) => named(name).invoke(event),
    async send(queueName, MessageBody) {
      const QueueUrl = names.get(queueName)?.Ref
      const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
      return MessageId
    },
    log: (name) => named(name).container.output.flatMap(parsed),
    async close() {
      await Promise.all(polling.map(async (each) => each.stop()))
      client.destroy()
      await Promise.all([...functions.values()].map(async ({ container }) => container.kill()))
      await cloud.close()
    },
  }
}

/** A container at a time, and in it one call at a time: the next one waits. */
class DeployedFunction {
  readonly container: Container
  readonly timeoutMs: number
  #last: Promise<unknown> = Promise.resolve()

  constructor(container: Container, properties: Properties) {
    this.container = container
    this.timeoutMs = part<number>(properties, 'Timeout') * 1000
  }

  async invoke(event: unknown): Promise<unknown> {
    const call = this.#last.then(async () => this.container.call(event, this.timeoutMs))
    this.#last = call.catch(() => {})
    return call
  }
}

interface Name {
  readonly Ref: string
  readonly Arn: string
}

/** Table, queues and schedule group, under their logical names. @returns what Ref and GetAtt give for each */
async function createResources(
  resources: Resources,
  cloud: Cloud,
  sqs: SQSClient,
): Promise<ReadonlyMap<string, Name>> {
  const names = new Map<string, Name>([
    ['Table', { Ref: await cloud.dynoxide.createTable(), Arn: 'arn:of:Table' }],
    ['ScheduleGroup', { Ref: 'ScheduleGroup', Arn: 'arn:of:ScheduleGroup' }],
    ['ScheduleRole', { Ref: 'ScheduleRole', Arn: 'arn:aws:iam::123456789012:role/ScheduleRole' }],
  ])
  const scheduler = new SchedulerClient(clientOf(cloud))
  await scheduler.send(new CreateScheduleGroupCommand({ Name: 'ScheduleGroup' }))
  // A queue needs its dead-letter queue; that of the dead-letter queues comes first.
  const queues = resources
    .ofType('AWS::SQS::Queue')
    .toSorted(([a, x], [b, y]) => depth(x, resources) - depth(y, resources) || a.localeCompare(b))
  for (const [name, properties] of queues) {
    const { VisibilityTimeout, RedrivePolicy } = properties
    const Attributes = {
      ...(VisibilityTimeout !== undefined && {
        VisibilityTimeout: `${part<number>(properties, 'VisibilityTimeout')}`,
      }),
      ...(RedrivePolicy !== undefined && { RedrivePolicy: JSON.stringify(resolve(RedrivePolicy, names)) }),
    }
    await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))
    const { arn } = cloud.sqs.queue(name).identity
    names.set(name, { Ref: `${cloud.endpoint}/123456789012/${name}`, Arn: arn })
  }
  return names
}

/** How many dead-letter queues stand behind a queue. */
function depth({ RedrivePolicy }: Properties, resources: Resources): number {
  const [next] = referencesIn(RedrivePolicy)
  return next === undefined ? 0 : 1 + depth(resources.properties(next), resources)
}

function clientOf({ endpoint }: Cloud) {
  const credentials = { accessKeyId: 'Test', secretAccessKey: 'secret' }
  return { endpoint, region: 'us-east-1', credentials }
}

/** A value with names in place of Ref and GetAtt. */
function resolve<T>(value: T, names: ReadonlyMap<string, Name>): T {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) => {
    const { Ref: ref, 'Fn::GetAtt': attribute } = (each ?? {}) as {
      Ref?: string
      'Fn::GetAtt'?: [string, 'Arn']
    }
    if (ref !== undefined) return names.get(ref)?.Ref
    return attribute ? names.get(attribute[0])?.Arn : each
  }) as T
}

/** What Lambda adds to a function's own variables. */
function environmentOf(
  variables: Properties,
  name: string,
  { endpoint }: Cloud,
): Readonly<Record<string, string>> {
  return {
    ...(variables as Readonly<Record<string, string>>),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: name,
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_LOG_LEVEL: 'INFO',
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
  }
}

function connect(
  mapping: Properties,
  functions: ReadonlyMap<string, DeployedFunction>,
  cloud: Cloud,
): Polling {
  const [functionName = ''] = referencesIn(mapping['FunctionName'])
  const [queueName = ''] = referencesIn(mapping['EventSourceArn'])
  const target = functions.get(functionName.replace(/LambdaFunction$/, ''))
  if (!target) throw new Error(`A mapping leads to ${functionName}, which is not there.`)
  return pollQueue({
    clock: systemClock,
    queue: cloud.sqs.queue(queueName),
    handler: async (event) => target.invoke(event),
    batchSize: part<number>(mapping, 'BatchSize'),
    maximumConcurrency: part<{ MaximumConcurrency: number }>(mapping, 'ScalingConfig').MaximumConcurrency,
    functionTimeoutSeconds: target.timeoutMs / 1000,
  })
}

function parsed(line: string): readonly Properties[] {
  try {
    return objectsIn(JSON.parse(line)).slice(0, 1)
  } catch {
    return [{ text: line }]
  }
}
