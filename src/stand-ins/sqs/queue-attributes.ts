// What a queue is set to: the attributes as texts, checked as SQS checks them, and the numbers behind them.

import type { Clock } from '../../runtime/ports.ts'
import { invalid, sqsError } from './errors.ts'
import { limits } from './limits.ts'

export type Attributes = Readonly<Record<string, string>>

interface RedrivePolicy {
  readonly deadLetterTargetArn: string
  readonly maxReceiveCount: number
}

export interface QueueSettings {
  readonly isFifo: boolean
  readonly delayMs: number
  readonly maxBytes: number
  readonly retentionMs: number
  readonly waitMs: number
  readonly visibilityMs: number
  readonly contentBasedDeduplication: boolean
  readonly deduplicatesPerGroup: boolean
  readonly redrive: RedrivePolicy | undefined
}

const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  DelaySeconds: [0, limits.delaySeconds],
  MaximumMessageSize: [1_024, limits.batchBytes],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, limits.waitSeconds],
  VisibilityTimeout: [0, limits.visibilitySeconds],
}

const flags = new Set(['FifoQueue', 'ContentBasedDeduplication', 'SqsManagedSseEnabled'])
const fifoOnly = new Set([
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
])
const choices: Readonly<Record<string, readonly string[]>> = {
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
}
/** Kept and given back; nothing here depends on them. */
const kept = new Set(['Policy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds'])

const defaults: Attributes = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
}

const fifoDefaults: Attributes = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
}

/** The attributes of one queue, with the times at which they were set. */
export class Configuration {
  readonly createdAt: number
  readonly #clock: Clock
  #modifiedAt: number
  #attributes: Attributes
  #settings: QueueSettings

  constructor(clock: Clock, attributes: Attributes) {
    this.#clock = clock
    this.createdAt = clock.now()
    this.#modifiedAt = this.createdAt
    const isFifo = attributes['FifoQueue'] === 'true'
    this.#attributes = { ...defaults, ...(isFifo && fifoDefaults), ...attributes }
    this.#settings = settingsOf(this.#attributes)
  }

  get attributes(): Attributes {
    return this.#attributes
  }

  get settings(): QueueSettings {
    return this.#settings
  }

  get modifiedAt(): number {
    return this.#modifiedAt
  }

  /** An empty text takes an attribute away. */
  set(attributes: Attributes): void {
    const next = Object.entries({ ...this.#attributes, ...attributes }).filter(([, value]) => value !== '')
    this.#attributes = Object.fromEntries(next)
    this.#settings = settingsOf(this.#attributes)
    this.#modifiedAt = this.#clock.now()
  }
}

/** @throws `InvalidAttributeName`, `InvalidAttributeValue`, or `InvalidParameterValue` for a redrive policy. */
export function checkAttributes(attributes: Attributes, isFifo: boolean): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (fifoOnly.has(name) && !isFifo) throw unknownAttribute(name)
    const range = ranges[name]
    if (range) checkRange(name, value, range)
    else if (flags.has(name)) checkChoice(name, value, ['true', 'false'])
    else if (choices[name]) checkChoice(name, value, choices[name])
    else if (name === 'RedrivePolicy') parseRedrivePolicy(value)
    else if (!kept.has(name)) throw unknownAttribute(name)
  }
}

function settingsOf(attributes: Attributes): QueueSettings {
  const seconds = (name: string): number => Number(attributes[name]) * 1000
  return {
    isFifo: attributes['FifoQueue'] === 'true',
    delayMs: seconds('DelaySeconds'),
    maxBytes: Number(attributes['MaximumMessageSize']),
    retentionMs: seconds('MessageRetentionPeriod'),
    waitMs: seconds('ReceiveMessageWaitTimeSeconds'),
    visibilityMs: seconds('VisibilityTimeout'),
    contentBasedDeduplication: attributes['ContentBasedDeduplication'] === 'true',
    deduplicatesPerGroup: attributes['DeduplicationScope'] === 'messageGroup',
    redrive: parseRedrivePolicy(attributes['RedrivePolicy'] ?? ''),
  }
}

function parseRedrivePolicy(text: string): RedrivePolicy | undefined {
  if (text === '') return undefined
  const wrong = (reason: string) => invalid(text, 'RedrivePolicy', reason)
  let policy: { readonly deadLetterTargetArn?: unknown; readonly maxReceiveCount?: unknown } | null
  try {
    policy = JSON.parse(text) as typeof policy
  } catch {
    throw wrong('Redrive policy is not a valid JSON map.')
  }
  const arn = policy?.deadLetterTargetArn
  const count = Number(policy?.maxReceiveCount)
  if (typeof arn !== 'string' || !/^arn:[^:]+:sqs:[^:]*:[^:]*:[\w-]+(?:\.fifo)?$/.test(arn))
    throw wrong('Invalid value for deadLetterTargetArn.')
  if (!Number.isInteger(count) || count < 1 || count > limits.maxReceiveCount) {
    const range = `valid values are from 1 to ${limits.maxReceiveCount} both inclusive.`
    throw wrong(`Invalid value for maxReceiveCount: ${String(policy?.maxReceiveCount)}, ${range}`)
  }
  return { deadLetterTargetArn: arn, maxReceiveCount: count }
}

function checkRange(name: string, value: string, [least, most]: readonly [number, number]): void {
  if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) throw wrongValue(name)
}

function checkChoice(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw wrongValue(name)
}

function wrongValue(name: string) {
  return sqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
}

function unknownAttribute(name: string) {
  return sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
}
