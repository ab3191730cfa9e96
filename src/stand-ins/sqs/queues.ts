// All queues of one account and region, by name, URL and ARN.

import { invalid, missing, sqsError } from './errors.ts'
import { limits } from './limits.ts'
import { type Attributes, checkAttributes } from './queue-attributes.ts'
import { type QueueHost, type QueueIdentity, StandInQueue } from './queue.ts'

export interface Place {
  readonly region: string
  readonly accountId: string
  /** What the URLs of queues begin with. */
  readonly endpoint: string
}

export class Queues {
  readonly #host: QueueHost
  readonly #place: Place
  readonly #queues = new Map<string, StandInQueue>()
  readonly #deletedAt = new Map<string, number>()

  constructor(host: Omit<QueueHost, 'find'>, place: Place) {
    this.#host = { ...host, find: (arn) => this.byArn(arn) }
    this.#place = place
  }

  /** The same name with the same attributes is the same queue. */
  create(name: string, attributes: Attributes): StandInQueue {
    const isFifo = attributes['FifoQueue'] === 'true'
    checkName(name, isFifo)
    checkAttributes(attributes, isFifo)
    const present = this.#queues.get(name)
    if (present) {
      const other = Object.keys(attributes).find(
        (each) => present.configuration.attributes[each] !== attributes[each],
      )
      if (other === undefined) return present
      const message = `A queue already exists with the same name and a different value for attribute ${other}`
      throw sqsError('QueueNameExists', message)
    }
    if (this.#host.clock.now() - (this.#deletedAt.get(name) ?? -Infinity) < limits.nameReuseMs) {
      const message =
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.'
      throw sqsError('QueueDeletedRecently', message)
    }
    this.#checkRedrive(attributes, isFifo)
    const queue = new StandInQueue(this.#host, this.#identify(name), attributes)
    this.#queues.set(name, queue)
    return queue
  }

  setAttributes(queue: StandInQueue, attributes: Attributes): void {
    if (Object.hasOwn(attributes, 'FifoQueue')) {
      const reason = 'Reason: Modifying queue type is not supported.'
      throw queue.isFifo
        ? sqsError('InvalidAttributeValue', `Invalid value for the parameter FifoQueue. ${reason}`)
        : sqsError('InvalidAttributeName', 'Unknown Attribute FifoQueue.')
    }
    const kept = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))
    checkAttributes(kept, queue.isFifo)
    this.#checkRedrive(kept, queue.isFifo)
    queue.configuration.set(attributes)
  }

  delete(queue: StandInQueue): void {
    const { name } = queue.identity
    this.#queues.delete(name)
    this.#deletedAt.set(name, this.#host.clock.now())
  }

  list(prefix = ''): readonly StandInQueue[] {
    return [...this.#queues.values()].filter(({ identity }) => identity.name.startsWith(prefix))
  }

  byName(name: string | undefined): StandInQueue {
    if (name === undefined || name === '') throw missing('QueueName')
    const queue = this.#queues.get(name)
    if (!queue) throw sqsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return queue
  }

  byUrl(url: string | undefined): StandInQueue {
    if (url === undefined || url === '') throw missing('QueueUrl')
    return this.byName(url.split('/').at(-1))
  }

  byArn(arn: string): StandInQueue | undefined {
    return [...this.#queues.values()].find(({ identity }) => identity.arn === arn)
  }

  /** The queues whose dead letters go to this one. */
  sourcesOf(arn: string): readonly StandInQueue[] {
    return this.list().filter(
      ({ configuration }) => configuration.settings.redrive?.deadLetterTargetArn === arn,
    )
  }

  /** The dead-letter queue must be there, and be of the same kind. */
  #checkRedrive(attributes: Attributes, isFifo: boolean): void {
    const text = attributes['RedrivePolicy']
    if (text === undefined) return
    const { deadLetterTargetArn: arn } = JSON.parse(text) as { deadLetterTargetArn: string }
    const target = this.byArn(arn)
    if (!target) throw invalid(text, 'RedrivePolicy', 'Dead letter target does not exist.')
    if (target.isFifo !== isFifo) {
      const reason = 'Dead-letter queue must be same type of queue as the source.'
      throw invalid(text, 'RedrivePolicy', reason)
    }
  }

  #identify(name: string): QueueIdentity {
    const { region, accountId, endpoint } = this.#place
    return {
      name,
      region,
      arn: `arn:aws:sqs:${region}:${accountId}:${name}`,
      url: `${endpoint}/${accountId}/${name}`,
    }
  }
}

function checkName(name: string, isFifo: boolean): void {
  const stem = isFifo && name.endsWith('.fifo') ? name.slice(0, -'.fifo'.length) : name
  const isGood = /^[\w-]+$/.test(stem) && name.length <= limits.queueNameCharacters
  if (isGood && isFifo === name.endsWith('.fifo')) return
  const rule = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
  throw sqsError('InvalidParameterValueException', rule)
}
