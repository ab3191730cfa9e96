// What goes into an execution turn by turn, and what comes out.

import type { Payload } from '../workflow/payload.ts'
import type { Divergence } from './command-log.ts'
import type { Command, Outcome } from './commands.ts'
import type { EventRaised, HistoryEvent } from './events.ts'

/** What a turn of another life's past is measured by. */
export interface TakenUp {
  /** What the other life asked for, by sequence number; timers only where their time was not that which the code gave them. */
  readonly asked: ReadonlyMap<number, Command>
  /** Calls that are made anew: attempts are counted, and waits measured, from now on. */
  readonly anew: ReadonlySet<number>
  /** Ms since the epoch. */
  readonly now: number
}

/** One turn: the events that one episode takes up. */
export interface Turn {
  /** Workflow time of the turn, ms; never less than that of the turn before. */
  readonly at: number
  readonly events: readonly HistoryEvent[]
  /** Workflow time of each event, where the turn repeats the past of another life; `at` for the rest. */
  readonly times?: readonly number[]
  /** Present for a turn of another life's past that this one takes up. */
  readonly takenUp?: TakenUp & { readonly patches?: readonly string[] }
  /** Present for a turn of the past: what it asked for, and whether it ended the generation. */
  readonly recorded?: {
    readonly commands: readonly Command[]
    readonly ended: boolean
    readonly patches?: readonly string[]
  }
}

export interface TurnResult {
  /** How many of the turn's events the code was given; the rest came after its end. */
  readonly consumed: number
  readonly commands: readonly Command[]
  /** Set when the generation has ended. */
  readonly outcome?: Outcome
  readonly customStatus?: Payload
  /** Names of the patches that the code applied for the first time. */
  readonly patches?: readonly string[]
  readonly suspended: boolean
  /** Events that a suspension held back and that the code had not seen when it continued as new. */
  readonly heldBack: readonly EventRaised[]
  /** Set when the code does not fit the history: nothing of this turn may be committed. */
  readonly divergence?: Divergence
}
