// An episode: one turn of a workflow, committed as one record. The history of an instance is its episodes, numbered without a gap.

import type { Command } from '../engine/commands.ts'
import type { EventRaised, ExecutionStarted, HistoryEvent } from '../engine/events.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import type { Payload } from '../workflow/payload.ts'
import type { RuntimeStatus } from '../workflow/status.ts'

/** One life of an instance id, from start to purge or reuse. Random, so a late message of an older life is recognised. */
export interface InstanceKey {
  readonly instanceId: string
  readonly incarnation: string
}

export interface Episode {
  /** 1, 2, 3 … over all generations of the incarnation: one line, one fence. */
  readonly n: number
  /** The generation that this turn belongs to, from 1. */
  readonly generation: number
  /** Tells the writer's own write, whose answer was lost, from a rival's. */
  readonly nonce: string
  /** Token of the message its writer held: the only one that guards the dispatch of this episode. */
  readonly by: string
  /** Workflow time of the turn, ms; never less than the episode's before. */
  readonly at: number
  readonly events: readonly HistoryEvent[]
  /** Workflow time of each event, ms, where the first episode of a life takes up the past of another. */
  readonly eventTimes?: readonly number[]
  /** Sequence numbers of commands that were carried out in that other life, and are not again. */
  readonly done?: readonly number[]
  readonly commands: readonly Command[]
  /** Status after the turn. A generation that continued as new is `RUNNING` again. */
  readonly status: RuntimeStatus
  readonly customStatus?: Payload
  /** With `COMPLETED` or `TERMINATED`. */
  readonly output?: Payload
  /** With `FAILED`; with `TERMINATED` what could not be undone. */
  readonly failure?: FailureDetails
  /** More activities wait than direct fan-in can bear: their outcomes go through the inbox (R11). */
  readonly wide?: boolean
  /** Inline activities wait: who runs them, and until when nobody else may. */
  readonly lease?: Lease
  /** Inline activities whose host was lost, by sequence number: from here on they are on the queue. */
  readonly demoted?: readonly number[]
  /** Patches that the code applied for the first time in this turn. */
  readonly patches?: readonly string[]
  /** External events that nobody has taken yet, after the turn; absent when none. */
  readonly unreadEvents?: number
  /** Ends the generation and opens the next. */
  readonly continuedAsNew?: ContinuedAsNew
}

/** The right to run the inline activities of an instance (R12). */
export interface Lease {
  /** The handler that holds it. */
  readonly runner: string
  /** Ms since the epoch. */
  readonly until: number
  /** Token of the message that guards it: whoever holds that may take over when the time is up. */
  readonly by: string
}

/** All that a new generation needs of the older ones. */
export interface ContinuedAsNew {
  readonly started: ExecutionStarted
  /** Events that the older generation had not taken, delivered right after the start. */
  readonly events: readonly EventRaised[]
  /** External facts consumed so far and the episode that did, newest last, bounded by `limits.consumedEventIds`. */
  readonly consumed: readonly (readonly [factId: string, episode: number])[]
  /** How far the instance is ahead of one generation a second, ms; absent when it is not. */
  readonly aheadMs?: number
}
