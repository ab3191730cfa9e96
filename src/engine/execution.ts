// One generation of one instance, alive: history in, commands out. No I/O, no clock, nothing but the workflow's own code.

import type { App } from '../workflow/app.ts'
import { TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf, toFailureDetails } from '../workflow/failure.ts'
import type { WorkflowFunction } from '../workflow/functions.ts'
import { type Logger, mapLogger, silentLogger, withFields } from '../workflow/logger.ts'
import { decodePayload, encodePayload, type Payload } from '../workflow/payload.ts'
import { type Caller, type CallSite, describeSite } from './call-site.ts'
import { CodePosition } from './code-position.ts'
import { CommandLog } from './command-log.ts'
import type { Outcome } from './commands.ts'
import { createContext } from './context.ts'
import { drive, isGenerator } from './driver.ts'
import { EventBuffer } from './event-buffer.ts'
import type { ExecutionStarted, HistoryEvent, TaskOutcome } from './events.ts'
import { Patches } from './patches.ts'
import { seededRandom, seedOf } from './random.ts'
import { rollbackFailed, Rollbacks, withRollback } from './rollbacks.ts'
import { Suspension } from './suspension.ts'
import type { TaskOwner, TaskState } from './tasks.ts'
import type { Turn, TurnResult } from './turn.ts'
import { afterWindow, type Drain, isOpen, runInWindow, type WindowScope } from './window.ts'

/** Told of the answer to a command; for a failed one `failure` is set. */
export interface PendingCommand {
  readonly label: string
  readonly onCompleted: (value: unknown) => void
  readonly onFailed: (failure: FailureDetails) => void
  /** Of a timer: when it is due, ms since the epoch. */
  readonly dueAt?: number
  /** Of an activity that is on the queue. */
  readonly isQueued?: boolean
}

export class Execution implements TaskOwner {
  readonly unobserved = new Set<TaskState>()
  awaits = 0
  chained = false
  readonly #position = new CodePosition()
  readonly commands: CommandLog
  readonly patches = new Patches()
  readonly rollbacks = new Rollbacks(this)
  /** The workflow has come to its end, and what it did is being undone. */
  closed = false
  readonly events = new EventBuffer()
  /** Commands that wait for an answer, by sequence number. */
  readonly pending = new Map<number, PendingCommand>()
  readonly app: App
  readonly started: ExecutionStarted
  readonly scope: WindowScope
  readonly logger: Logger
  /** True once the workflow function has turned out to be a generator. */
  inGenerator = false
  /** Workflows that it has started and that got their ids by default. */
  detachedStarts = 0
  replaying = false
  /** Keeps the place of every durable call of the past too, for a tool that shows where the code left its history; costs a stack each. */
  keepsPlaces = false
  customStatus: Payload
  readonly #workflow: WorkflowFunction
  #outcome: Outcome | undefined
  #escaped: TenutoError | undefined
  readonly #suspension = new Suspension()

  constructor(
    app: App,
    workflow: WorkflowFunction,
    started: ExecutionStarted,
    logger: Logger = silentLogger,
  ) {
    this.app = app
    this.started = started
    this.#workflow = workflow
    const ownLogger = withFields(logger, { instanceId: started.instanceId, workflow: started.name })
    // A logger is the host's code: it must not see the clock and the refusals of the window.
    this.logger = mapLogger(
      (level) => (message, fields) => afterWindow(() => ownLogger[level](message, fields)),
    )
    this.commands = new CommandLog(this.#position, started.past)
    this.scope = {
      now: 0,
      random: seededRandom(seedOf(started)),
      onUnhandledRejection: (reason) => {
        const message = 'A rejection in the workflow was handled by nobody; is an await missing?'
        this.logger.warn(message, { error: toFailureDetails(reason) })
      },
    }
  }

  /** Runs turns in order, in one window. @returns the result of the last one, or of the one that ended or diverged. */
  async run(turns: readonly Turn[]): Promise<TurnResult> {
    const decoded = turns.map((turn) => ({ turn, values: turn.events.map(decodeEvent) }))
    return runInWindow(this.scope, async (drain) => {
      let result: TurnResult | undefined
      for (const { turn, values } of decoded) {
        result = await this.#turn(turn, values, drain)
        if (result.divergence || (result.outcome && !turn.recorded)) break
      }
      if (!result) throw new TenutoError('INTERNAL', 'a turn was expected')
      return result
    })
  }

  /** External events that the code has not taken, those that a suspension holds back included. */
  get unreadEvents(): number {
    return this.events.unreadCount + this.#suspension.raised.length
  }

  get outcome(): Outcome | undefined {
    return this.#outcome
  }

  /** True when only outcomes of what the code asked for make it go on: no event and no resume does, and its end would undo nothing. */
  get heedsOnlyOutcomes(): boolean {
    return !this.events.hasWaiters && !this.#suspension.active && !this.rollbacks.isNeeded
  }

  /** Ends the generation; the first call wins. What is to be undone is undone before. */
  end(outcome: Outcome): void {
    if (this.#outcome || this.closed) return
    const { rollbacks } = this
    const isSuccess = outcome.kind === 'completed' || outcome.kind === 'continuedAsNew'
    if (isSuccess ? !rollbacks.isRunning : !rollbacks.isNeeded) {
      this.#outcome = outcome
      return
    }
    this.closed = true
    rollbacks.close()
    const onDone = (failures: readonly Error[]): void => {
      this.#outcome = failures.length > 0 ? withFailures(outcome, failures) : outcome
    }
    if (isSuccess) rollbacks.await(onDone)
    else rollbacks.begin(onDone)
  }

  /**
   * Every durable call begins here.
   * @param caller the method of the context that the workflow has called
   * @throws TenutoError when no durable call may be made now: the generation has ended, or no turn is under way
   */
  enter(what: string, site: CallSite | undefined, caller: Caller): void {
    this.assertCallable(what)
    this.#position.enter(what, site)
    this.entered(caller)
  }

  assertCallable(what: string): void {
    if (this.#outcome || this.closed) {
      const how = this.#outcome?.kind ?? 'it is being undone'
      throw new TenutoError('CALL_AFTER_END', `${what} was called after the workflow had ended (${how}).`)
    }
    if (!isOpen(this.scope)) throw this.#escape(`${what} was called`)
  }

  entered(caller: Caller): void {
    this.#position.entered(caller)
  }

  assertInTurn(what: (task: TaskState) => string, task: TaskState): void {
    if (this.#outcome || this.closed) return
    if (!isOpen(this.scope)) throw this.#escape(`${what(task)} was made`)
  }

  /** The code goes on although no turn is under way; the next turn fails it. */
  #escape(what: string): TenutoError {
    this.#escaped ??= new TenutoError(
      'CALL_OUTSIDE_TURN',
      `${what} after an await of something that is not durable; the last durable call was made ${this.#position.lastCall}.`,
    )
    return this.#escaped
  }

  async #turn(turn: Turn, values: readonly unknown[], drain: Drain): Promise<TurnResult> {
    this.scope.now = turn.at
    const { takenUp } = turn
    this.replaying = (turn.recorded ?? takenUp) !== undefined
    // A turn that ends by a termination asks for nothing, whatever its earlier events made the code ask for.
    const isTerminated = turn.events.some(({ kind }) => kind === 'executionTerminated')
    this.commands.begin(
      isTerminated && turn.recorded?.ended ? undefined : turn.recorded?.commands,
      takenUp && { ...takenUp, turnAt: turn.at },
    )
    const past = turn.recorded ?? takenUp
    this.patches.begin(past && (past.patches ?? []))
    let consumed = 0
    for (const [at, event] of turn.events.entries()) {
      if (this.#outcome || this.commands.divergence) break
      consumed++
      this.scope.now = turn.times?.[at] ?? turn.at
      if (this.#escaped) this.end({ kind: 'failed', failure: failureOf(this.#escaped) })
      if (!this.#outcome) await this.#deliver(event, values[at], drain)
    }
    if (!this.#outcome) this.#checkForeignAwait()
    const commands = this.commands.end()
    const patches = this.patches.end()
    this.#checkEnd(turn)
    const outcome = this.#outcome
    const { divergence } = this.commands
    if (!this.replaying && !divergence) this.#warnOfUnobserved()
    return {
      consumed,
      commands: outcome?.kind === 'terminated' ? [] : commands,
      suspended: this.#suspension.active,
      heldBack: outcome?.kind === 'continuedAsNew' ? this.#suspension.raised : [],
      ...(outcome && { outcome }),
      ...(this.customStatus !== undefined && { customStatus: this.customStatus }),
      ...(patches.length > 0 && { patches }),
      ...(divergence && { divergence }),
    }
  }

  async #deliver(event: HistoryEvent, value: unknown, drain: Drain): Promise<void> {
    if (!this.#suspension.admits(event)) return
    this.#apply(event, value)
    await drain()
    while (!this.#outcome && !this.commands.divergence) {
      const next = this.#suspension.release()
      if (!next) return
      this.#apply(next, decodeEvent(next))
      await drain()
    }
  }

  #apply(event: HistoryEvent, value: unknown): void {
    switch (event.kind) {
      case 'executionStarted':
        return this.#start(value)
      case 'eventRaised':
        return this.closed ? undefined : this.events.deliver(event)
      case 'executionSuspended':
      case 'executionResumed':
        this.#suspension.active = event.kind === 'executionSuspended'
        return
      case 'executionTerminated':
        return this.#terminated(event.output)
      case 'nudged':
      case 'activityDeferred':
        return
      default:
        this.#answer(event, value)
    }
  }

  #answer(event: TaskOutcome, value: unknown): void {
    const pending = this.pending.get(event.seq)
    this.pending.delete(event.seq)
    if (event.kind === 'taskFailed' || event.kind === 'childWorkflowFailed') pending?.onFailed(event.failure)
    else pending?.onCompleted(value)
  }

  /** What holds the code back does not hold back the undoing of what it did. */
  #terminated(output: Payload): void {
    if (!this.closed) this.#suspension.active = false
    this.end({ kind: 'terminated', output })
  }

  #start(input: unknown): void {
    const context = createContext(this)
    const start = (): unknown => {
      const workflow = this.#workflow as (ctx: typeof context, input: unknown) => unknown
      const returned = workflow(context, input)
      this.inGenerator = isGenerator(returned)
      return returned
    }
    drive(start, this, () => this.#position.lastCall).then(
      (value) => this.#completed(value),
      (error: unknown) => this.#failed(error),
    )
  }

  #completed(value: unknown): void {
    if (this.#outcome || this.closed) return
    try {
      const output = encodePayload(value, `The output of workflow '${this.started.name}'`)
      this.#finish({ kind: 'completed', output })
    } catch (error) {
      this.#finish({ kind: 'failed', failure: toFailureDetails(error) })
    }
  }

  #failed(error: unknown): void {
    const failure = toFailureDetails(error)
    // What it throws while it is being undone is heard by nobody, like all that it does then.
    if (this.closed) return
    if (!this.#outcome) return this.#finish({ kind: 'failed', failure })
    // It continued as new, and threw then: the new generation goes on, but nobody else would hear of it.
    const message = `The workflow threw after it had ended (${this.#outcome.kind}): ${failure.message}`
    if (!this.replaying) this.logger.warn(message, { error: failure })
  }

  #finish(outcome: Outcome): void {
    if (isOpen(this.scope)) this.end(outcome)
    else this.#escape(`The end of the workflow came (${outcome.kind})`)
  }

  /** Nothing can run and nothing durable is pending: whatever the code awaits can never wake it. */
  #checkForeignAwait(): void {
    if (this.closed || this.#suspension.active || this.pending.size > 0 || this.events.hasWaiters) return
    const message = `The workflow awaits something that is not durable, ${this.#position.lastCall}. It could never go on.`
    this.end({ kind: 'failed', failure: failureOf(new TenutoError('FOREIGN_AWAIT', message)) })
  }

  #checkEnd(turn: Turn): void {
    const { missing } = this.patches
    if (missing !== undefined && !turn.takenUp)
      this.commands.divergeAt(`that patch '${missing}' was applied`, 'does not ask for it', 'PATCH_MISMATCH')
    if (!turn.recorded || turn.recorded.ended === (this.#outcome !== undefined)) return
    if (turn.recorded.ended)
      this.commands.divergeAt('the end of the workflow', `goes on ${this.#position.lastCall}`)
    else
      this.commands.divergeAt(
        'that the workflow went on',
        `ends (${this.#outcome?.kind}) ${this.#position.lastCall}`,
      )
  }

  #warnOfUnobserved(): void {
    // Whoever fails or is terminated may not have come to its awaits.
    if (this.#outcome?.kind !== 'completed' && this.#outcome?.kind !== 'continuedAsNew') return
    for (const task of this.unobserved) {
      const message = `${task.label}${describeSite(task.site)} was never awaited.`
      this.logger.warn(message, { code: 'TASK_NOT_AWAITED' })
    }
  }
}

/** An end with what could not be undone. */
function withFailures(outcome: Outcome, failures: readonly Error[]): Outcome {
  const failure = failureOf(rollbackFailed(failures))
  if (outcome.kind === 'failed') return { ...outcome, failure: withRollback(outcome.failure, failure) }
  if (outcome.kind === 'terminated') return { ...outcome, failure }
  return { kind: 'failed', failure }
}

function decodeEvent(event: HistoryEvent): unknown {
  switch (event.kind) {
    case 'executionStarted':
      return decodePayload(event.input)
    case 'taskCompleted':
    case 'childWorkflowCompleted':
      return decodePayload(event.output)
    default:
      return undefined
  }
}
