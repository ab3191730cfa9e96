// Topics, who subscribes to them, and the way of a publication to their queues.

import type { Clock } from '../../runtime/ports.ts'
import { createIds } from '../ids.ts'
import { notImplemented, ServiceError } from '../service-error.ts'
import { checkMessage } from '../sqs/check-message.ts'
import type { SqsStandIn } from '../sqs/stand-in.ts'
import { invalidParameter, snsError } from './errors.ts'
import { type Publication, toEnvelope } from './publish.ts'

export interface Subscription {
  readonly arn: string
  readonly topicArn: string
  /** ARN of the queue. */
  readonly endpoint: string
  isRaw: boolean
}

export interface SnsFaults {
  /** Ms after which a queue gets a publication a second time; undefined for once. */
  duplicateAfterMs?: () => number | undefined
}

export interface TopicsHost {
  readonly clock: Clock
  readonly sqs: SqsStandIn
  readonly faults: SnsFaults
}

export class Topics {
  readonly #host: TopicsHost
  readonly #subscriptions = new Map<string, Map<string, Subscription>>()
  readonly #newId = createIds()

  constructor(host: TopicsHost) {
    this.#host = host
  }

  /** The same name is the same topic. @returns its ARN */
  create(name: string): string {
    if (name.endsWith('.fifo')) throw notImplemented('FIFO topics')
    if (!/^[\w-]{1,256}$/.test(name)) throw invalidParameter('Topic Name')
    const { region, accountId } = this.#host.sqs
    const arn = `arn:aws:sns:${region}:${accountId}:${name}`
    if (!this.#subscriptions.has(arn)) this.#subscriptions.set(arn, new Map())
    return arn
  }

  delete(topicArn: string): void {
    this.#subscriptions.delete(topicArn)
  }

  list(): readonly string[] {
    return [...this.#subscriptions.keys()]
  }

  /** The same endpoint is the same subscription. A queue of the same account needs no confirmation. */
  subscribe(topicArn: string, protocol: string, endpoint: string, isRaw: boolean): Subscription {
    const subscriptions = this.#topic(topicArn)
    if (protocol !== 'sqs') throw notImplemented(`subscriptions by ${protocol}`)
    if (!/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]+$/.test(endpoint)) throw invalidParameter('SQS endpoint ARN')
    const present = [...subscriptions.values()].find((each) => each.endpoint === endpoint)
    if (present) return present
    const subscription = { arn: `${topicArn}:${this.#newId()}`, topicArn, endpoint, isRaw }
    subscriptions.set(subscription.arn, subscription)
    return subscription
  }

  unsubscribe(arn: string): void {
    for (const subscriptions of this.#subscriptions.values()) subscriptions.delete(arn)
  }

  subscription(arn: string): Subscription {
    const topicArn = arn.split(':').slice(0, -1).join(':')
    const subscription = this.#subscriptions.get(topicArn)?.get(arn)
    if (subscription) return subscription
    throw snsError('NotFound', 'Subscription does not exist')
  }

  subscriptionsOf(topicArn: string): readonly Subscription[] {
    return [...this.#topic(topicArn).values()]
  }

  newMessageId(): string {
    return this.#newId()
  }

  /** Gives a publication to every queue that subscribes now. */
  publish(topicArn: string, publication: Publication): void {
    const { clock, faults } = this.#host
    for (const subscription of this.subscriptionsOf(topicArn)) {
      this.#deliver(subscription, publication)
      const againAfterMs = faults.duplicateAfterMs?.()
      if (againAfterMs === undefined) continue
      void clock.sleep(againAfterMs).then(() => this.#deliver(subscription, publication))
    }
  }

  /** What a queue does not take (it is gone, or the message has more attributes than a queue allows) is dropped. */
  #deliver({ arn, topicArn, endpoint, isRaw }: Subscription, publication: Publication): void {
    const { message, attributes, groupId } = publication
    try {
      const queue = this.#host.sqs.queue(endpoint)
      const body = isRaw ? message : toEnvelope(publication, topicArn, arn, this.#host.clock.now())
      const input = {
        MessageBody: body,
        ...(isRaw && { MessageAttributes: attributes }),
        ...(groupId !== undefined && { MessageGroupId: groupId }),
      }
      queue.send(checkMessage(queue, input))
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
    }
  }

  #topic(topicArn: string): Map<string, Subscription> {
    const subscriptions = this.#subscriptions.get(topicArn)
    if (subscriptions) return subscriptions
    throw snsError('NotFound', 'Topic does not exist')
  }
}
