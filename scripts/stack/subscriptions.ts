// Subscriptions of topics. That of a function goes by a queue of its own, which stands for Lambda's queue of asynchronous calls: what
// fails is tried twice more, a minute after, and then goes to the function's destination for failures.

import { SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { pollQueue, type SqsRecord } from '../../src/stand-ins/index.ts'
import { concurrencyOf, type Connecting, pollingFor, refuse, type Source } from './connecting.ts'
import type { DeployedFunction } from './deployed-function.ts'
import { resolveNames } from './names.ts'
import { part, type Properties, referencesIn } from './resources.ts'

const attempts = 3
const pauseSeconds = 60

/** @param name of the subscription */
export async function connectTopic(stack: Connecting, name: string, properties: Properties): Promise<Source> {
  refuse(properties, ['FilterPolicy', 'DeliveryPolicy'])
  const { clients, names } = stack
  const TopicArn = resolveNames(part<string>(properties, 'TopicArn'), names)
  const protocol = part<string>(properties, 'Protocol')
  if (protocol === 'sqs') {
    const Endpoint = resolveNames(part<string>(properties, 'Endpoint'), names)
    const isRaw = properties['RawMessageDelivery'] === true
    const Attributes = isRaw ? { RawMessageDelivery: 'true' } : {}
    await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }))
    return { stop: async () => {} }
  }
  if (protocol !== 'lambda') throw new Error(`Subscriptions by ${protocol} are not known here.`)
  const target = stack.functionOf(properties['Endpoint'])
  const arn = await createQueue(stack, name, target)
  await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn }))
  return pollQueue({
    ...(await pollingFor(stack, arn, target)),
    handler: async ({ Records: records }) => {
      for (const record of records) await callWith(stack, target, record)
    },
    batchSize: 1,
    maximumConcurrency: concurrencyOf(target),
    reportBatchItemFailures: false,
  })
}

/** @returns its ARN */
async function createQueue(
  { clients, stackName }: Connecting,
  name: string,
  { timeoutMs }: DeployedFunction,
) {
  const VisibilityTimeout = `${Math.max(pauseSeconds, timeoutMs / 1000)}`
  const command = new CreateQueueCommand({
    QueueName: `${stackName}-${name}`,
    Attributes: { VisibilityTimeout },
  })
  const { QueueUrl } = await clients.sqs.send(command)
  const described = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  )
  return described.Attributes?.['QueueArn'] ?? ''
}

/** @throws what the function threw, when it is to be tried again */
async function callWith(stack: Connecting, target: DeployedFunction, record: SqsRecord): Promise<void> {
  const event = toSnsEvent(record.body)
  try {
    await target.invoke(event)
  } catch (error) {
    const attempt = Number(record.attributes['ApproximateReceiveCount'])
    if (attempt < attempts) throw error
    await giveUp(stack, target, { event, error, attempt, messageId: record.messageId })
  }
}

/** The event that SNS makes of a notification. */
function toSnsEvent(body: string) {
  const { SigningCertURL, UnsubscribeURL, ...notification } = JSON.parse(body) as Readonly<
    Record<string, unknown>
  >
  const Sns = {
    Subject: null,
    MessageAttributes: {},
    ...notification,
    SigningCertUrl: SigningCertURL,
    UnsubscribeUrl: UnsubscribeURL,
  }
  const EventSubscriptionArn = String(UnsubscribeURL).split('SubscriptionArn=')[1] ?? ''
  return { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn, Sns }] }
}

interface Failure {
  readonly event: unknown
  readonly error: unknown
  readonly attempt: number
  readonly messageId: string
}

/** Without a destination the event is lost, as it is on AWS. */
async function giveUp(stack: Connecting, target: DeployedFunction, failure: Failure): Promise<void> {
  const { resources, names, clients, logger, cloud } = stack
  logger.error(`${target.name}: given up after ${failure.attempt} calls`, { error: failure.error })
  const [, config] =
    resources
      .ofType('AWS::Lambda::EventInvokeConfig')
      .find(([, each]) => stack.functionOf(each['FunctionName']) === target) ?? []
  const [destination = ''] = referencesIn(config?.['DestinationConfig'])
  const queue = names.get(destination)
  if (!queue) return
  const message = {
    version: '1.0',
    timestamp: new Date(cloud.clock.now()).toISOString(),
    requestContext: {
      requestId: failure.messageId,
      functionArn: `${target.arn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: failure.attempt,
    },
    requestPayload: failure.event,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorMessage: String(failure.error) },
  }
  await clients.sqs.send(
    new SendMessageCommand({ QueueUrl: queue.Ref, MessageBody: JSON.stringify(message) }),
  )
}
