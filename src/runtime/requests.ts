// What a start and an event from outside say.

import type { Payload } from '../workflow/payload.ts'

/**
 * What a start does when its id is taken. `replaceFinished`: an instance that has ended, with all its descendants, makes way. `ifNotExists`:
 * whatever has the id stays, and nothing is started. `failIfExists`: the start is refused. A purged instance has no id any more.
 */
export type IdReusePolicy = 'replaceFinished' | 'ifNotExists' | 'failIfExists'

export interface StartRequest {
  readonly workflowName: string
  /** Left out: a random UUID. */
  readonly instanceId?: string
  readonly input?: Payload
  /** Ms since the epoch; the first turn is not before. */
  readonly startAt?: number
  /** A start with the same key gets the same answer for as long as the row exists, also when the instance has ended. */
  readonly idempotencyKey?: string
  /** By which lists find it. At most 16. */
  readonly tags?: Readonly<Record<string, string>>
  /** `traceparent` of the caller. Default: the active span. */
  readonly trace?: string
  /** Default: `replaceFinished`. The same start with the same idempotency key is no reuse, whatever the policy. */
  readonly idReusePolicy?: IdReusePolicy
}

export interface RaiseEventRequest {
  readonly instanceId: string
  readonly eventName: string
  readonly data?: Payload
  /** The same id is applied once; left out: a random one, so each call counts. */
  readonly eventId?: string
  /** `traceparent` of the caller. Default: the active span. */
  readonly trace?: string
}
