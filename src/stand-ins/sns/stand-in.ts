// SNS in this process, for the real SDK client: standard topics that publish to the queues of an SQS stand-in.

import type { Clock } from '../../runtime/ports.ts'
import {
  type ClientConfig,
  createClientConfig,
  type Operations,
  type RequestFaults,
} from '../request-handler.ts'
import { notImplemented, ServiceError } from '../service-error.ts'
import type { SqsStandIn } from '../sqs/stand-in.ts'
import { invalidParameter, snsError } from './errors.ts'
import { type Form, listOf, mapOf, snsProtocol, textOf } from './protocol.ts'
import { checkPublication, maxBytes, publicationBytes } from './publish.ts'
import { type SnsFaults, type Subscription, Topics } from './topics.ts'

export interface SnsStandInOptions {
  readonly clock: Clock
  /** Where the subscribed queues are. */
  readonly sqs: SqsStandIn
  /** Default: none. It may be changed while the stand-in runs. */
  readonly faults?: SnsFaults & RequestFaults
}

export interface SnsStandIn {
  /** For `new SNSClient(…)`; any number of clients may share it. */
  readonly clientConfig: ClientConfig
}

const batchEntries = 10

export function createSnsStandIn({ clock, sqs, faults = {} }: SnsStandInOptions): SnsStandIn {
  const topics = new Topics({ clock, sqs, faults })
  const operations = {
    ...topicOperations(topics),
    ...subscriptionOperations(topics),
    ...publishOperations(topics),
  }
  return { clientConfig: createClientConfig(sqs.region, snsProtocol, operations, faults) }
}

function topicOperations(topics: Topics): Operations {
  return {
    CreateTopic: (form: Form) => ({ TopicArn: topics.create(required(form, 'Name')) }),
    DeleteTopic: (form: Form) => topics.delete(required(form, 'TopicArn')),
    ListTopics: () => ({ Topics: topics.list().map((arn) => ({ TopicArn: arn })) }),
  }
}

function subscriptionOperations(topics: Topics): Operations {
  return {
    Subscribe(form: Form) {
      const attributes = mapOf(form, 'Attributes', ['key', 'value'])
      for (const [name, value] of attributes) checkAttribute(name, value)
      const isRaw = attributes.get('RawMessageDelivery') === 'true'
      const protocol = required(form, 'Protocol')
      const { arn } = topics.subscribe(
        required(form, 'TopicArn'),
        protocol,
        textOf(form, 'Endpoint') ?? '',
        isRaw,
      )
      return { SubscriptionArn: arn }
    },
    Unsubscribe: (form: Form) => topics.unsubscribe(required(form, 'SubscriptionArn')),
    SetSubscriptionAttributes(form: Form) {
      const subscription = topics.subscription(required(form, 'SubscriptionArn'))
      checkAttribute(required(form, 'AttributeName'), textOf(form, 'AttributeValue'))
      subscription.isRaw = textOf(form, 'AttributeValue') === 'true'
    },
    GetSubscriptionAttributes(form: Form) {
      const { isRaw, ...subscription } = topics.subscription(required(form, 'SubscriptionArn'))
      const attributes = { ...describe(subscription), RawMessageDelivery: String(isRaw) }
      return { Attributes: new Map(Object.entries(attributes)) }
    },
    ListSubscriptionsByTopic: (form: Form) => ({
      Subscriptions: topics.subscriptionsOf(required(form, 'TopicArn')).map(describe),
    }),
  }
}

function publishOperations(topics: Topics): Operations {
  return {
    Publish(form: Form) {
      const topicArn = required(form, 'TopicArn')
      topics.subscriptionsOf(topicArn)
      const publication = checkPublication(form, topics.newMessageId())
      topics.publish(topicArn, publication)
      return { MessageId: publication.messageId }
    },
    PublishBatch(form: Form) {
      const topicArn = required(form, 'TopicArn')
      topics.subscriptionsOf(topicArn)
      const entries = listOf(form, 'PublishBatchRequestEntries')
      checkBatch(entries)
      const successful: object[] = []
      const failed: object[] = []
      for (const entry of entries) {
        const id = textOf(entry, 'Id')
        try {
          const publication = checkPublication(entry, topics.newMessageId())
          topics.publish(topicArn, publication)
          successful.push({ Id: id, MessageId: publication.messageId })
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error
          failed.push({ Id: id, Code: error.code, Message: error.message, SenderFault: error.isSendersFault })
        }
      }
      return { Successful: successful, Failed: failed }
    },
  }
}

function checkBatch(entries: readonly Form[]): void {
  if (entries.length === 0) throw snsError('EmptyBatchRequest', 'The batch request contains no entries.')
  if (entries.length > batchEntries) {
    throw snsError(
      'TooManyEntriesInBatchRequest',
      'The batch request contains more entries than permissible.',
    )
  }
  const ids = entries.map((entry) => textOf(entry, 'Id') ?? '')
  if (ids.some((id) => !/^[\w-]{1,80}$/.test(id))) {
    throw snsError('InvalidBatchEntryId', 'The Id of a batch entry in a batch request is not valid.')
  }
  if (new Set(ids).size < ids.length) {
    throw snsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.')
  }
  if (entries.reduce((sum, entry) => sum + publicationBytes(entry), 0) > maxBytes) {
    throw snsError(
      'BatchRequestTooLong',
      'The length of all the messages put together is more than the limit.',
    )
  }
}

function describe({ arn, topicArn, endpoint }: Omit<Subscription, 'isRaw'>) {
  const [, , , , owner = ''] = topicArn.split(':')
  return { SubscriptionArn: arn, TopicArn: topicArn, Endpoint: endpoint, Protocol: 'sqs', Owner: owner }
}

function checkAttribute(name: string, value: unknown): void {
  if (name !== 'RawMessageDelivery') throw notImplemented(`the subscription attribute ${name}`)
  if (value !== 'true' && value !== 'false') throw invalidParameter('Attributes Reason: RawMessageDelivery')
}

function required(form: Form, name: string): string {
  const value = textOf(form, name)
  if (value === undefined) throw invalidParameter(`${name} Reason: no value for required parameter`)
  return value
}
