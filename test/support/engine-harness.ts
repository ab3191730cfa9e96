// Drives a workflow function with the engine alone: no store, no queue, no clock. Turns are fed one by one and recorded as episodes, so
// that each behaviour can be checked twice: as it happened, and as a replay of what was recorded.

import { expect } from 'vitest'
import { type Command, isCancellation, isOneWay, type Outcome } from '../../src/engine/commands.ts'
import type { ExecutionStarted, HistoryEvent } from '../../src/engine/events.ts'
import { Execution } from '../../src/engine/execution.ts'
import { currentFlags } from '../../src/engine/flags.ts'
import type { Turn, TurnResult } from '../../src/engine/turn.ts'
import { type App, defineApp } from '../../src/workflow/app.ts'
import type { FailureDetails } from '../../src/workflow/failure.ts'
import type { ActivityFunction, WorkflowFunction } from '../../src/workflow/functions.ts'
import type { Logger } from '../../src/workflow/logger.ts'
import { decodePayload } from '../../src/workflow/payload.ts'

export interface RunOptions {
  readonly input?: unknown
  /** Input as it comes from outside: text that need not be JSON. */
  readonly rawInput?: string
  readonly activities?: Readonly<Record<string, ActivityFunction>>
  /** Further workflows of the app, beside `main`. */
  readonly workflows?: Readonly<Record<string, WorkflowFunction>>
  readonly instanceId?: string
  readonly incarnation?: string
  readonly generation?: number
  readonly flags?: readonly number[]
  /** Workflow time of the first turn, ms. Each further turn comes a second later. */
  readonly at?: number
  readonly logger?: Logger
  /** Events of the first turn after the start. */
  readonly events?: readonly HistoryEvent[]
}

interface Episode {
  readonly turn: Turn
  readonly result: TurnResult
}

export const startTime = Date.UTC(2026, 0, 1)

/** Starts a workflow and runs its first turn. */
export async function start(workflow: WorkflowFunction, options: RunOptions = {}): Promise<EngineRun> {
  const run = new EngineRun(workflow, options)
  await run.turn(run.started, ...(options.events ?? []))
  return run
}

/** One generation of an instance: its live execution and all that was recorded of it. */
export class EngineRun {
  readonly started: ExecutionStarted
  readonly episodes: Episode[] = []
  readonly execution: Execution
  readonly app: App
  readonly #workflow: WorkflowFunction
  readonly #logger: Logger | undefined
  #at: number

  constructor(workflow: WorkflowFunction, options: RunOptions) {
    const input =
      options.rawInput ?? (options.input === undefined ? undefined : JSON.stringify(options.input))
    this.started = {
      kind: 'executionStarted',
      instanceId: options.instanceId ?? 'test',
      incarnation: options.incarnation ?? 'one',
      generation: options.generation ?? 1,
      name: 'main',
      ...(input !== undefined && { input }),
      flags: options.flags ?? currentFlags,
    }
    this.app = defineApp({
      workflows: { ...options.workflows, main: workflow },
      activities: options.activities ?? {},
    })
    this.#workflow = workflow
    this.#logger = options.logger
    this.#at = (options.at ?? startTime) - 1000
    this.execution = new Execution(this.app, workflow, this.started, options.logger)
  }

  /** Feeds events in one turn, a second after the last one. */
  async turn(...events: readonly HistoryEvent[]): Promise<TurnResult> {
    return this.turnAt(this.#at + 1000, ...events)
  }

  /** Feeds events in one turn at a time of day. */
  async turnAt(at: number, ...events: readonly HistoryEvent[]): Promise<TurnResult> {
    this.#at = at
    const result = await this.execution.run([{ at, events }])
    const { commands, outcome, patches } = result
    const recorded = { commands, ended: outcome !== undefined, ...(patches && { patches }) }
    this.episodes.push({ turn: { at, events: events.slice(0, result.consumed), recorded }, result })
    return result
  }

  /** Time of the last turn. */
  get now(): number {
    return this.#at
  }

  get last(): TurnResult {
    const result = this.episodes.at(-1)?.result
    if (!result) throw new Error('no turn was run')
    return result
  }

  /** Commands of the last turn. */
  get commands(): readonly Command[] {
    return this.last.commands
  }

  /** All commands of the generation. */
  get allCommands(): readonly Command[] {
    return this.episodes.flatMap(({ result }) => result.commands)
  }

  /** `kind` or `kind:name` of the commands of the last turn. */
  get asked(): readonly string[] {
    return this.commands.map(summaryOf)
  }

  get outcome(): Outcome | undefined {
    return this.last.outcome
  }

  /** Output of the completed workflow. */
  get output(): unknown {
    const { outcome } = this
    if (outcome?.kind !== 'completed') throw new Error(`not completed: ${JSON.stringify(outcome)}`)
    return decodePayload(outcome.output)
  }

  /** Failure of the failed workflow. */
  get failure(): FailureDetails {
    const { outcome } = this
    if (outcome?.kind !== 'failed') throw new Error(`not failed: ${JSON.stringify(outcome)}`)
    return outcome.failure
  }

  /** Commands that wait for an answer, by sequence number. */
  get open(): readonly Command[] {
    const open = new Map<number, Command>()
    for (const { turn, result } of this.episodes) {
      for (const event of turn.events) if ('seq' in event) open.delete(event.seq)
      for (const command of result.commands) {
        if (isCancellation(command)) open.delete(command.seq)
        else if (!isOneWay(command)) open.set(command.seq, command)
      }
    }
    return [...open.values()]
  }

  /** An execution of the same generation with no memory. @param workflow other code for the same history */
  fresh(workflow: WorkflowFunction = this.#workflow, logger: Logger | undefined = this.#logger): Execution {
    return new Execution(this.app, workflow, this.started, logger)
  }

  /** Replays all that was recorded, at once. @param workflow other code for the same history */
  async replay(workflow?: WorkflowFunction, logger?: Logger): Promise<TurnResult> {
    return this.fresh(workflow, logger).run(this.episodes.map(({ turn }) => turn))
  }

  /**
   * Asserts that the engine has no memory but the history: every prefix, replayed at once, gives what its last turn gave; a second live
   * execution gives the same turn by turn; and one that was replayed up to any turn goes on live like the first.
   */
  async replayed(): Promise<this> {
    const live = this.fresh()
    for (const [at, { turn, result }] of this.episodes.entries()) {
      const prefix = this.episodes.slice(0, at).map((episode) => episode.turn)
      const whole = await this.fresh().run([...prefix, turn])
      expect(comparable(whole), `turns 1 to ${at + 1}, replayed at once`).toEqual(comparable(result))
      const next: Turn = { at: turn.at, events: turn.events }
      expect(comparable(await live.run([next])), `turn ${at + 1}, live`).toEqual(comparable(result))
      const handedOver = await this.fresh().run([...prefix, next])
      expect(comparable(handedOver), `turn ${at + 1}, live after a replay`).toEqual(comparable(result))
    }
    return this
  }
}

/** What must be the same at every replay. Texts with a call site and stack traces are for people and may differ. */
function comparable(result: TurnResult): unknown {
  const { outcome } = result
  if (outcome?.kind !== 'failed') return result
  const { errorType, code, cause, nonRetriable } = outcome.failure
  return { ...result, outcome: { kind: 'failed', errorType, code, cause: cause?.message, nonRetriable } }
}

function summaryOf(command: Command): string {
  switch (command.kind) {
    case 'scheduleTask':
    case 'createChild':
    case 'sendEvent':
    case 'startWorkflow':
      return `${command.kind}:${command.name}`
    case 'createTimer':
    case 'cancelTimer':
    case 'cancelTask':
      return command.kind
    default:
      return command satisfies never
  }
}
