// Messages as text. The text is printable ASCII, so no queue can refuse a character and its length is its size in bytes. What comes back
// is checked field by field: a message of a later version, or of somebody else, is `undefined` and never a wrong guess. A field that is
// not known is refused too, because it may change what the message means.

import type { ActivityMessage, Doorbell, Message, Nudge, TimerMessage } from '../../runtime/messages.ts'
import { sqsLimits } from './limits.ts'

interface Rule<Required extends boolean> {
  readonly required: Required
  readonly accepts: (value: unknown) => boolean
}

/** A rule for every field, so that a field added to a message does not compile until it has its rule. */
type Rules<M> = { readonly [K in keyof M]-?: Rule<object extends Pick<M, K> ? false : true> }

const text = required((value) => typeof value === 'string')
const name = required((value) => typeof value === 'string' && value !== '')
const count = required(isCount)
const envelope = {
  v: required((value) => value === 1),
  token: name,
  dispatchedTo: optional(isCount),
  instanceId: name,
  incarnation: name,
}

const doorbell: Rules<Doorbell> = {
  ...envelope,
  kind: text,
  factIds: required((value) => isArray(value) && value.length > 0 && value.every(isText)),
}

const timer: Rules<TimerMessage> = {
  ...envelope,
  kind: text,
  generation: count,
  seq: count,
  dueAt: required(Number.isFinite),
}

const nudge: Rules<Nudge> = { ...envelope, kind: text, id: name, episode: count }

const activity: Rules<ActivityMessage> = {
  ...envelope,
  kind: text,
  generation: count,
  seq: count,
  name,
  input: optional(isText),
  inputInHistory: optional((value) => value === true),
  attempt: required((value) => isCount(value) && value !== 0),
  firstSeq: count,
  timeoutMs: optional(Number.isFinite),
  heartbeatTimeoutMs: optional(Number.isFinite),
  atMostOnce: optional((value) => value === true),
  episode: optional(isCount),
  trace: optional(isText),
  wide: optional((value) => typeof value === 'boolean'),
}

const rulesByKind: ReadonlyMap<unknown, Readonly<Record<string, Rule<boolean>>>> = new Map(
  Object.entries({ doorbell, timer, nudge, activity } satisfies Record<Message['kind'], unknown>),
)

export function encodeMessage(message: Message): string {
  // JSON.stringify has escaped control characters and lone surrogates already.
  return JSON.stringify(message).replaceAll(/[\u007F-\uFFFF]/g, escapeUnit)
}

/** @returns undefined for anything that is not a message of this version. Never throws. */
export function decodeMessage(body: string): Message | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  return isMessage(value) ? value : undefined
}

/** Whether a queue takes a message of this size. Answers for nearly all messages without writing them down. */
export function fitsQueue(message: Message, maxBytes: number = sqsLimits.messageBytes): boolean {
  const texts = Object.values(message).flat().filter(isText)
  const units = texts.reduce((sum, { length }) => sum + length + 1, 0)
  // One code unit is at most six characters of the text; the rest is names of fields and numbers.
  return units * 6 + 1024 <= maxBytes || encodeMessage(message).length <= maxBytes
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || isArray(value)) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  const rules = rulesByKind.get(fields.get('kind'))
  if (!rules) return false
  const known = [...fields].every(
    ([field, content]) => Object.hasOwn(rules, field) && rules[field]?.accepts(content),
  )
  return known && Object.entries(rules).every(([field, rule]) => !rule.required || fields.has(field))
}

function required(accepts: Rule<true>['accepts']): Rule<true> {
  return { required: true, accepts }
}

function optional(accepts: Rule<false>['accepts']): Rule<false> {
  return { required: false, accepts }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
