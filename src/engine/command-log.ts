// Hands out sequence numbers and holds what the code asks for against what the history records.

import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import type { CodePosition } from './code-position.ts'
import { type Command, describeCommand, sameCommand } from './commands.ts'
import type { PastLink } from './events.ts'
import { overridden, type Renewal, renewed } from './renewal.ts'

/** Where the code left the path of its history. */
export interface Divergence {
  readonly code: 'NON_DETERMINISM' | 'PATCH_MISMATCH'
  /** Both sides and the call site, for a person. */
  readonly message: string
  readonly expected: string
  readonly actual: string
  /** The frame of the call, or of the last one before, as a stack shows it; empty when no place is known. */
  readonly place: string
}

export class CommandLog {
  readonly #position: CodePosition
  readonly #past: PastLink | undefined
  #seq = 0
  #issued: Command[] = []
  #recorded: readonly Command[] | undefined
  #renewal: Renewal | undefined
  #divergence: Divergence | undefined

  constructor(position: CodePosition, past?: PastLink) {
    this.#position = position
    this.#past = past
  }

  /**
   * Begins a turn.
   * @param recorded what the history says this turn asked for; undefined for a turn that is new
   * @param renewal for a turn of another life's past
   */
  begin(recorded: readonly Command[] | undefined, renewal?: Renewal): void {
    this.#issued = []
    this.#recorded = recorded
    this.#renewal = renewal
  }

  /** The next sequence number of this generation. */
  nextSeq(): number {
    return ++this.#seq
  }

  /** What `nextSeq` will give. */
  get upcomingSeq(): number {
    return this.#seq + 1
  }

  /**
   * Records a command of the code. @returns the recorded command while replaying (its due time and retry numbers hold), else
   * the command itself.
   * @throws TenutoError `TOO_MANY_COMMANDS`
   */
  issue<C extends Command>(given: C): C {
    const command = renewed(overridden(given, this.#past), this.#renewal)
    const isRollback = command.kind === 'scheduleTask' && command.rollbackOf !== undefined
    if (this.#issued.length >= limits.commandsPerTurn && !isRollback) {
      throw new TenutoError(
        'TOO_MANY_COMMANDS',
        `One turn asked for more than ${limits.commandsPerTurn} durable calls.`,
      )
    }
    const recorded = this.#recorded?.[this.#issued.length]
    this.#issued.push(command)
    if (!this.#recorded || this.#divergence) return command
    if (recorded && sameCommand(command, recorded)) return recorded as C
    this.#diverge(recorded, command)
    return command
  }

  /** Ends a turn. @returns the commands that it issued. */
  end(): readonly Command[] {
    const missing = this.#recorded?.[this.#issued.length]
    if (missing && !this.#divergence) this.#diverge(missing, undefined)
    return this.#issued
  }

  get divergence(): Divergence | undefined {
    return this.#divergence
  }

  /** Reports a difference that shows elsewhere than in a command. */
  divergeAt(expected: string, actual: string, code: Divergence['code'] = 'NON_DETERMINISM'): void {
    const message = `The history records ${expected}; the code ${actual}.`
    this.#divergence ??= { code, message, expected, actual, place: this.#position.lastPlace }
  }

  #diverge(recorded: Command | undefined, actual: Command | undefined): void {
    const expected = describeCommand(recorded)
    const { callSite, lastCall, lastPlace } = this.#position
    const where = actual ? callSite : ` ${lastCall}`
    this.#divergence = {
      code: 'NON_DETERMINISM',
      message: `The history records ${expected}; the code now asks for ${describeCommand(actual)}${where}.`,
      expected,
      actual: `${describeCommand(actual)}${where}`,
      place: actual ? callSite.trim() : lastPlace,
    }
  }
}
