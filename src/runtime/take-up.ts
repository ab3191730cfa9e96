// The first turn of a life that takes up the past of another: the code is led through what happened there, event by event, each at its
// time. What comes of it is one episode, like that of any other first turn, so nothing is half taken up, and nothing of it is dispatched
// that has its outcome already.

import { type Command, isCancellation, isOneWay, type Outcome, sameCommand } from '../engine/commands.ts'
import { type EventRaised, factIdOf, type HistoryEvent, isTaskOutcome } from '../engine/events.ts'
import type { Execution } from '../engine/execution.ts'
import type { TurnResult } from '../engine/turn.ts'
import { assert, TenutoError } from '../workflow/errors.ts'
import { failureOf } from '../workflow/failure.ts'
import { limits } from '../workflow/limits.ts'
import type { Past, PastTurn } from './past.ts'

export interface TakenUpPast {
  /** That of all its turns. */
  readonly result: TurnResult
  /** What the code has heard, its start first. */
  readonly events: readonly HistoryEvent[]
  readonly times: readonly number[]
  /** What it asked for and was carried out in the other life. */
  readonly done: readonly number[]
  /** External events that came after the generation had ended. */
  readonly unheard: readonly EventRaised[]
}

/**
 * Leads a new execution through a past, and then through what is new.
 * @param facts what came meanwhile
 * @param now workflow time of the turn, ms
 */
export async function takeUp(
  execution: Execution,
  past: Past,
  facts: readonly HistoryEvent[],
  now: number,
): Promise<TakenUpPast> {
  const guide = new Guide(execution, past, now)
  const [first = { at: now, events: [], commands: [] }] = past.turns
  await guide.hear(execution.started, first.times?.[0] ?? first.at, first)
  for (const turn of past.turns) {
    for (const [place, event] of turn.events.entries()) {
      if (guide.fits(event)) await guide.hear(event, turn.times?.[place] ?? turn.at, turn)
    }
  }
  for (const event of facts) if (!guide.knows(event)) await guide.hear(event, now)
  return guide.end()
}

class Guide {
  readonly #execution: Execution
  readonly #past: Past
  readonly #now: number
  readonly #anew: ReadonlySet<number>
  /** What the other life asked for, and what this one does, by sequence number. */
  readonly #asked: ReadonlyMap<number, Command>
  /** Those whose numbers hold: a timer has another time than the code gives it only where a past was taken up before. */
  readonly #measured: ReadonlyMap<number, Command>
  readonly #issued = new Map<number, Command>()
  readonly #commands: Command[] = []
  readonly #patches: string[] = []
  readonly #events: HistoryEvent[] = []
  readonly #times: number[] = []
  readonly #unheard: EventRaised[] = []
  #result: TurnResult | undefined
  /** The code of a rerun does not go the way that it went in the other life. */
  #hasLeft = false

  constructor(execution: Execution, past: Past, now: number) {
    this.#execution = execution
    this.#past = past
    this.#now = now
    this.#anew = new Set(past.anew)
    this.#asked = bySeq(past.turns.flatMap(({ commands }) => commands))
    this.#measured = bySeq(
      past.turns.flatMap(({ commands, times }) =>
        commands.filter(({ kind }) => times !== undefined || kind !== 'createTimer'),
      ),
    )
  }

  /**
   * Whether what happened in the other life answers what the code has asked for in this one. The code may have been changed, and without its
   * failures a rewound one goes another way.
   */
  fits(event: HistoryEvent): boolean {
    if (!isTaskOutcome(event)) return true
    const [asked, issued] = [this.#asked.get(event.seq), this.#issued.get(event.seq)]
    const fits = !this.#hasLeft && asked !== undefined && issued !== undefined && this.#isSame(issued, asked)
    // What a rerun hears is a beginning of what the other life heard, and not a choice.
    if (!fits && this.#past.link.kind === 'rerun') this.#hasLeft = true
    return fits
  }

  /** An event may come again for the new life that the old one had taken. */
  knows(event: HistoryEvent): boolean {
    const factId = factIdOf(event)
    return [...this.#events, ...this.#unheard].some((each) => factIdOf(each) === factId)
  }

  /** @param turn that of the other life; left out for what is new */
  async hear(event: HistoryEvent, time: number, turn?: PastTurn): Promise<void> {
    if (this.#result?.outcome) {
      if (turn && event.kind === 'eventRaised') this.#unheard.push(event)
      return
    }
    const at = Math.min(Math.max(time, this.#times.at(-1) ?? 0), this.#now)
    const renewal = { asked: this.#measured, anew: this.#anew, now: this.#now }
    const takenUp = turn && { ...renewal, patches: turn.patches ?? [] }
    const result = await this.#execution.run([{ at, events: [event], ...(takenUp && { takenUp }) }])
    this.#result = result
    this.#events.push(event)
    this.#times.push(at)
    this.#commands.push(...result.commands)
    this.#patches.push(...(result.patches ?? []))
    for (const command of result.commands.filter(isNumbered)) this.#issued.set(command.seq, command)
  }

  end(): TakenUpPast {
    assert(this.#result, 'a past was taken up without its start')
    const { patches: _, ...last } = this.#result
    const result: TurnResult = {
      ...last,
      commands: last.outcome?.kind === 'terminated' ? [] : this.#commands,
      ...(this.#patches.length > 0 && { patches: this.#patches }),
      ...(this.#commands.length > limits.commandsPerTurn && { outcome: tooMany() }),
    }
    const done = result.commands.filter((command) => this.#isDone(command)).map(({ seq }) => seq)
    return { result, events: this.#events, times: this.#times, done, unheard: this.#unheard }
  }

  /** Nobody answers it, so that only its number tells that it was carried out. */
  #isDone(command: Command): boolean {
    if (isAnswered(command)) return false
    const asked = this.#asked.get(command.seq)
    const { kind, seq = Number.POSITIVE_INFINITY } = this.#past.link
    const isBefore = kind === 'rewind' || command.seq < seq
    return isBefore && !this.#hasLeft && asked !== undefined && this.#isSame(command, asked)
  }

  /** In a rerun inputs may name the instance, which is another one. */
  #isSame(a: Command, b: Command): boolean {
    if (this.#past.link.kind === 'rerun') return a.kind === b.kind && nameOf(a) === nameOf(b)
    return sameCommand(a, b) && (a.kind !== 'createTimer' || (b.kind === a.kind && a.dueAt === b.dueAt))
  }
}

function bySeq(commands: readonly Command[]): ReadonlyMap<number, Command> {
  return new Map(commands.filter(isNumbered).map((command) => [command.seq, command] as const))
}

/** A cancellation has the number of what it cancels. */
function isNumbered(command: Command): boolean {
  return !isCancellation(command)
}

function isAnswered(command: Command): boolean {
  return !isOneWay(command)
}

function nameOf(command: Command): string | undefined {
  return 'name' in command ? command.name : undefined
}

function tooMany(): Outcome {
  const message = `The past that was taken up asks for more than ${limits.commandsPerTurn} durable calls.`
  return { kind: 'failed', failure: failureOf(new TenutoError('TOO_MANY_COMMANDS', message)) }
}
