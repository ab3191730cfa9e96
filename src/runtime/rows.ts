// What a store keeps of an instance beside its episodes: the row that shows it, and the inbox.

import type { ActivityDeferred, ExternalFact, ParentLink, TaskOutcome } from '../engine/events.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'
import { isTerminal, type RuntimeStatus } from '../workflow/status.ts'
import type { Episode, InstanceKey } from './episode.ts'
import type { Past } from './past.ts'

/** Why an instance is `STALLED`. */
export interface Stall extends FailureDetails {
  /** Tells the mark from later ones: whoever lets go of messages because of a stall makes a new one. */
  readonly mark?: string
}

/** The row of an instance: its start, and a projection of its newest visible state. */
export interface InstanceRow extends InstanceKey {
  readonly name: string
  /** `PENDING` until an episode says otherwise. */
  readonly status: RuntimeStatus
  readonly createdAt: number
  readonly lastUpdatedAt: number
  /** A scheduled start: the first turn is not due before. */
  readonly startAt?: number
  /** Input of the first generation, as given at start. */
  readonly input?: Payload
  readonly output?: Payload
  readonly failure?: FailureDetails
  readonly customStatus?: Payload
  readonly parent?: ParentLink
  readonly tags?: Readonly<Record<string, string>>
  /** `traceparent` of the first generation. */
  readonly trace?: string
  /** Digest of what the instance was started with: the same start again gets the same answer. */
  readonly startDigest: string
  /** Given by the caller: the same start again gets the same answer even after the instance has ended. */
  readonly startKey?: string
  /** Set on a rerun: the instance and the command that it was begun from. */
  readonly rerunOf?: { readonly instanceId: string; readonly eventId: number }
  /** Set on a further attempt of a child: the instance of the first one, and which attempt this is, from 2. */
  readonly retryOf?: { readonly instanceId: string; readonly attempt: number }
  /** What its first turn takes up of another life. Only there when it is asked for. */
  readonly past?: Past
  /** Given by whoever began the id anew, by a restart or a rewind: the same request again gets the same answer. */
  readonly againKey?: string
  /** Keys of the starts that had the id before, the newest first: what was started once is not started again. */
  readonly formerStartKeys?: readonly string[]
  /** Number of the newest episode, 0 before the first; derived when the row is read, as are `lastUpdatedAt` and `unreadEvents`. */
  readonly episode: number
  /** External events that its newest episode left unread. */
  readonly unreadEvents?: number
  /** Why the instance is `STALLED`. */
  readonly stalled?: Stall
  /** Set on a tombstone: the instance is purged, its id free. */
  readonly purgedAt?: number
}

/** What an instance is shown and found as: while it is stalled that, whatever lies below. */
export function shownStatus({ status, stalled }: Pick<InstanceRow, 'status' | 'stalled'>): RuntimeStatus {
  return stalled && !isTerminal(status) ? 'STALLED' : status
}

/** What an episode changes on the row of its instance. */
export interface Projection {
  readonly episode: number
  readonly status: RuntimeStatus
  readonly lastUpdatedAt: number
  readonly customStatus?: Payload
  readonly output?: Payload
  readonly failure?: FailureDetails
}

/** A fact that waits to be taken up by an episode. */
export interface InboxRow {
  readonly factId: string
  readonly event: ExternalFact | TaskOutcome | ActivityDeferred
  /** Ms since the epoch. */
  readonly acceptedAt: number
  /** Digest of the payload for facts whose id the caller gave: the same id with another payload is refused. */
  readonly digest?: string
}

/** A call of an activity, over all its attempts. */
export interface CallKey {
  readonly generation: number
  /** Sequence number of the first attempt. */
  readonly firstSeq: number
}

/** What runs of an activity leave for those that come after them: that they have begun, and how far they have come. One row a call. */
export interface AttemptRow extends CallKey {
  /** Sequence number of the attempt that wrote it. */
  readonly seq: number
  /** Of the run that wrote it: a redelivery is another run of the same attempt. */
  readonly nonce: string
  /** A claim, ms since the epoch: until then the run that wrote it may be at work. Absent where runs claim nothing. */
  readonly until?: number
  /** Of the last heartbeat that had some. */
  readonly details?: Payload
}

/** The rule of `Store.putAttempt`. */
export function mayReplace(present: AttemptRow | undefined, row: AttemptRow, replaces?: string): boolean {
  return !present || present.seq < row.seq || present.nonce === row.nonce || present.nonce === replaces
}

export interface InstanceRecord {
  /** In order of their numbers, without a gap: the newest generation, or what came after the given number. */
  readonly episodes: readonly Episode[]
  /** In order of acceptance. */
  readonly inbox: readonly InboxRow[]
  /** What stalls the instance. Read after the episodes when `after` was given, at any moment else. */
  readonly stalled?: Stall
}

/** A row as lists show it. */
export function withoutPayloads(row: InstanceRow): InstanceRow {
  const {
    input: _input,
    output: _output,
    failure: _failure,
    customStatus: _status,
    past: _past,
    ...rest
  } = row
  return rest
}
