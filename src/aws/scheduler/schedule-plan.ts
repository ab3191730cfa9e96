// When and under which name a timer becomes a schedule. Pure.

import { createHash } from 'node:crypto'
import type { InstanceKey } from '../../runtime/episode.ts'
import { sqsLimits } from '../sqs/limits.ts'

const minuteMs = 60_000

/** A timer that is due within this time is a delayed message and never a schedule. */
export const queueReachMs: number = sqsLimits.delaySeconds * 1000

/**
 * How long before the due time the schedule fires. A schedule is up to a minute late, more when thousands are due at once; what is left
 * of this time is waited for on the queue, to the second. More than the queue can wait it must not be.
 */
export const handOverMs: number = 5 * minuteMs

/** The farthest time that a schedule is made for; what is due later comes early and is sent on by way of the queue. */
export const horizonMs: number = 10 * 365 * 24 * 60 * minuteMs

export type TimerPlan =
  | { readonly kind: 'queue'; readonly delayMs: number }
  /** `expression` is a time in the future, by this clock, by at least `queueReachMs - handOverMs`. */
  | { readonly kind: 'schedule'; readonly expression: string }

export function planTimer(dueAt: number, now: number): TimerPlan {
  const delayMs = Math.max(0, dueAt - now)
  if (delayMs <= queueReachMs) return { kind: 'queue', delayMs }
  return { kind: 'schedule', expression: atExpression(Math.min(dueAt - handOverMs, now + horizonMs)) }
}

/** One timer, one name, within the 64 characters of a schedule's; in one case, should anybody fold cases. */
export function scheduleName(key: InstanceKey, generation: number, seq: number): string {
  // JSON keeps the parts apart, and lone surrogates too, which UTF-8 would make equal.
  const text = JSON.stringify([key.instanceId, key.incarnation, generation, seq])
  return `timer-${createHash('sha256').update(text).digest('hex').slice(0, 52)}`
}

/** UTC, whole seconds, never later than asked for. */
function atExpression(at: number): string {
  return `at(${new Date(at).toISOString().slice(0, 19)})`
}
