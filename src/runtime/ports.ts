// The ports: all that the protocol needs of a platform. Every method may be called twice for the same thing, and may have succeeded
// when it reports a failure; the protocol bears both.

import type { Logger } from '../workflow/logger.ts'
import type { Tracer } from '../workflow/tracer.ts'
import type { AttemptStore } from './attempt-store.ts'
import type { Episode, InstanceKey } from './episode.ts'
import type { InstanceFilter } from './instance-filter.ts'
import type { Message, TimerMessage } from './messages.ts'
import type { InboxRow, InstanceRecord, InstanceRow, Projection, Stall } from './rows.ts'

export type AppendResult =
  | { readonly kind: 'committed' }
  /** Somebody else's episode has this number; not shown when it was trimmed since: then the writer must read again from the newest on. */
  | { readonly kind: 'lost'; readonly to?: Episode }
  /** The incarnation does not exist any more: it was purged or replaced. */
  | { readonly kind: 'gone' }

/**
 * `row`: for whoever reads the history too, or not at all. What derives from the newest episode may then be out of date, and it costs less.
 * `start`: the same, for a first turn: with the `past`, if it has one.
 */
export type RowDetail = 'row' | 'start'

export interface ListFilter extends InstanceFilter {
  readonly limit: number
  /** From the page before, with the same order. */
  readonly pageToken?: string
  /** By age, the youngest first. Default: the oldest. */
  readonly newestFirst?: boolean
}

export interface InstancePage {
  /** Without payloads: no input, output, custom status and failure. */
  readonly instances: readonly InstanceRow[]
  /** There may be more. */
  readonly pageToken?: string
}

/** Histories, inbox and status. All reads are strong. */
export interface Store extends AttemptStore {
  /** Ms for which the row of what has ended is kept at least, purged or not. */
  readonly keepsEndedMs: number
  /**
   * The row of an instance id, tombstones included. While an instance is stalled its row shows the status below, with `stalled` beside it.
   */
  getInstance(instanceId: string, detail?: RowDetail): Promise<InstanceRow | undefined>
  /**
   * Puts a new row if there is none, or if the present one is of the incarnation `replaces` (which has ended or was purged).
   * @returns undefined when it was put, else the row that is in the way.
   */
  createInstance(row: InstanceRow, replaces?: string): Promise<InstanceRow | undefined>
  /**
   * The inbox and the episodes after number `after`; without it, those of the newest generation: from the episode that opened it
   * (`continuedAsNew`) or the first one on. Not a snapshot: inbox and history may be read at different moments, in either order.
   */
  read(key: InstanceKey, after?: number): Promise<InstanceRecord>
  /**
   * All episodes that still exist, oldest first.
   */
  readHistory(key: InstanceKey): Promise<readonly Episode[]>
  /**
   * Commits an episode if none has its number. When it resolves, the order is decided: no later call of any port becomes durable
   * without it.
   */
  appendEpisode(key: InstanceKey, episode: Episode): Promise<AppendResult>
  /** Resolves when everything appended and put so far is durable; an effect on the outside that rests on it may follow. */
  settled(): Promise<void>
  /**
   * Applies an episode's visible changes; ignored when the row shows a later episode, a terminal status or another incarnation.
   * `STALLED` stays unless the new status is terminal.
   */
  projectStatus(key: InstanceKey, projection: Projection): Promise<void>
  /**
   * Marks or clears `STALLED` on a row that is not terminal; with `replaces`, only while the present mark is that one. When it resolves,
   * every later `read` tells of it.
   * @returns whether the row is now as it was asked for
   */
  setStalled(key: InstanceKey, stall: Stall | undefined, at: number, replaces?: string): Promise<boolean>
  /** Puts a row if none has its fact id. @returns undefined when it was put, else the row that is in the way. */
  putInbox(key: InstanceKey, row: InboxRow): Promise<InboxRow | undefined>
  /** Puts rows whether or not they exist (all tell the same fact, so either may stay); not atomic. */
  putOutcomes(key: InstanceKey, rows: readonly InboxRow[]): Promise<void>
  /** Deletes consumed rows. Rows with a digest leave it behind for a while, so that a late retry is recognised. */
  deleteInbox(key: InstanceKey, factIds: readonly string[]): Promise<void>
  /** How many rows wait, counted up to `atMost`. */
  countInbox(key: InstanceKey, atMost: number): Promise<number>
  /**
   * Lets go of episodes before number `before` once nothing can need them: their generation is over. Their numbers stay taken for as
   * long as a writer may live, and those whose inputs messages may lack stay for as long as a message may.
   */
  trimHistory(key: InstanceKey, before: number): Promise<void>
  /**
   * Turns the row of an ended instance into a tombstone and deletes history and inbox, when no writer of that life can be alive.
   * The tombstone keeps `parent`, `startKey`, `formerStartKeys` and `startDigest`, by which a repeated start is known.
   * @returns false when the row was not there, not ended, or of another incarnation; true again for a tombstone of this one.
   */
  purge(key: InstanceKey, at: number): Promise<boolean>
  /**
   * Instances that are not purged, by age. A page may be short, even empty, before the last one; all of them together show every instance
   * that was there throughout once. The index they come from may be behind the rows by moments, and its `lastUpdatedAt` by turns that
   * changed neither status nor custom status.
   * @throws TenutoError `INVALID_ARGUMENT` for a page token that is none
   */
  list(filter: ListFilter): Promise<InstancePage>
}

/** The two queues. */
export interface Queue {
  /** Resolves when every message is accepted; rejects when even one is not. */
  send(messages: readonly Message[], delayMs?: number): Promise<void>
  /** Whether a message is small enough to be sent. Absent: every one is. */
  fits?(message: Message): boolean
}

/** With its due time, by which a platform knows where the timer is, and whether there is anything to cancel any more. */
export interface CancelledTimer {
  readonly seq: number
  /** Ms since the epoch. */
  readonly dueAt: number
}

/** Durable timers: each delivers its message to the workflow queue when it is due, at least once. */
export interface Timers {
  /** A timer that exists already (same key, generation and sequence number) is left as it is. */
  schedule(timers: readonly TimerMessage[]): Promise<void>
  /** Best effort: a timer that fires nevertheless is ignored. */
  cancel(key: InstanceKey, generation: number, timers: readonly CancelledTimer[]): Promise<void>
}

export interface Clock {
  /** Ms since the epoch. */
  now(): number
  /** Resolves after a while, or when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Ports {
  readonly store: Store
  readonly queue: Queue
  readonly timers: Timers
  readonly clock: Clock
  /** A new random id: tokens, nonces, incarnations, event ids. */
  readonly newId: () => string
  readonly logger: Logger
  /** Absent: nothing is traced. */
  readonly tracer?: Tracer
  /** Id of this process where no other can be at work on the same data: leases of others are then void. */
  readonly soleProcess?: string
  /** Resolves when something visible of the instance may have changed, or the signal is aborted. Absent: callers poll. */
  readonly watch?: (instanceId: string, signal: AbortSignal) => Promise<void>
}
