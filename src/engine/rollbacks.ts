// Undoing what was done: the calls that have a rollback, and the rollbacks under way. A rollback first waits for the calls that are still
// under way, because what completes must be undone too; then it undoes one after the other, the last one first. The workflow's code has no
// part in it.

import { TenutoError } from '../workflow/errors.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import { type ActivityCall, activityPlan } from './activity-plan.ts'
import { type Call, place, type Settle } from './attempts.ts'
import type { Execution } from './execution.ts'
import { type RollbackPlan, undoing } from './rollback-plan.ts'

/** One rollback, from its beginning to its end. */
interface Run {
  readonly stack: ActivityCall[]
  /** Calls that are waited for. */
  readonly waiting: Set<OpenCall>
  readonly failures: Error[]
  readonly onDone: (failures: readonly Error[]) => void
}

interface OpenCall {
  readonly call: Call
}

interface Watched {
  readonly settle: Settle
  /** The call has been made. */
  readonly begun: (call: Call) => void
}

/** Failures that a message lists. */
const listed = 10

export class Rollbacks {
  readonly #execution: Execution
  /** What undoes the calls that have completed, in the order of their completion. */
  #done: ActivityCall[] = []
  readonly #open = new Set<OpenCall>()
  /** The first one is under way, the others follow. */
  readonly #runs: Run[] = []
  /** The call that is undoing something now. */
  #undoing: Call | undefined

  constructor(execution: Execution) {
    this.#execution = execution
  }

  /** Whether there is something to undo, or may be. */
  get isNeeded(): boolean {
    return this.#done.length > 0 || this.#open.size > 0 || this.isRunning
  }

  get isRunning(): boolean {
    return this.#runs.length > 0
  }

  /** Watches a call that is about to be made. */
  watch(plan: RollbackPlan, task: Settle): Watched {
    const execution = this.#execution
    const rollbackOf = execution.commands.upcomingSeq
    let open: OpenCall | undefined
    const settled = (undo: ActivityCall | undefined): void => {
      if (!open || !this.#open.delete(open)) return
      const own = open
      // The first rollback that waits for it undoes it.
      const run = this.#runs.find(({ waiting }) => waiting.has(own))
      for (const { waiting } of this.#runs) waiting.delete(own)
      if (undo) (run?.stack ?? this.#done).push(undo)
    }
    return {
      begun: (call) => {
        open = { call }
        this.#open.add(open)
      },
      settle: {
        complete: (value) => {
          settled(undoing(plan, value, rollbackOf))
          if (!execution.closed) task.complete(value)
          this.#go()
        },
        fail: (error) => {
          settled(undefined)
          if (!execution.closed) task.fail(error)
          this.#go()
        },
      },
    }
  }

  /** A call that will not be tried again: nothing of it is to be undone. */
  lose(call: Call): void {
    for (const open of this.#open) {
      if (open.call !== call) continue
      this.#open.delete(open)
      for (const { waiting } of this.#runs) waiting.delete(open)
    }
    this.#go()
  }

  /** Whether nobody waits for a further attempt of the call: the workflow has ended, and the call undoes nothing. */
  isLost(call: Call): boolean {
    return this.#execution.closed && call !== this.#undoing
  }

  discard(): void {
    this.#done = []
  }

  /** Undoes everything so far. */
  begin(onDone: Run['onDone']): void {
    this.#runs.push({ stack: this.#done, waiting: new Set(this.#open), failures: [], onDone })
    this.#done = []
    this.#go()
  }

  /** Waits for the rollbacks that are under way. */
  await(onDone: Run['onDone']): void {
    this.#runs.push({ stack: [], waiting: new Set(), failures: [], onDone })
  }

  /** The workflow has ended: whatever only its code waited for is forgotten. */
  close(): void {
    const { pending } = this.#execution
    for (const open of this.#open) {
      if (!open.call.timerPending) continue
      this.#open.delete(open)
      for (const { waiting } of this.#runs) waiting.delete(open)
    }
    const kept = new Set([...this.#open].map((open) => open.call.waitingFor))
    if (this.#undoing) kept.add(this.#undoing.waitingFor)
    for (const seq of pending.keys()) if (!kept.has(seq)) pending.delete(seq)
  }

  /** Takes the next step, if nothing is waited for. */
  #go(): void {
    const [run] = this.#runs
    if (!run || this.#undoing || run.waiting.size > 0) return
    const next = run.stack.pop()
    if (!next) {
      this.#runs.shift()
      const [following] = this.#runs
      // The code that began it is not there any more.
      if (following && this.#execution.closed) following.failures.push(...run.failures)
      else run.onDone(run.failures)
      return this.#go()
    }
    const settled = (): void => {
      this.#undoing = undefined
      this.#go()
    }
    this.#undoing = place(this.#execution, activityPlan(this.#execution, next), {
      complete: settled,
      fail: (error) => {
        run.failures.push(error)
        settled()
      },
    })
  }
}

/** What could not be undone, as an error. */
export function rollbackFailed(failures: readonly Error[]): TenutoError {
  const texts = failures.slice(0, listed).map(({ message }) => message)
  const more = failures.length > listed ? `; and ${failures.length - listed} more` : ''
  const what = failures.length === 1 ? 'One rollback' : `${failures.length} rollbacks`
  return new TenutoError('ROLLBACK_FAILED', `${what} failed: ${texts.join('; ')}${more}`)
}

/** The failure of a workflow, and beneath it what could not be undone. */
export function withRollback(failure: FailureDetails, rollback: FailureDetails): FailureDetails {
  return { ...failure, cause: failure.cause ? { ...rollback, cause: failure.cause } : rollback }
}
