// What is done to a world from outside: instances are started, given events, suspended, terminated, purged, and started once more.
// Every client repeats its call until it is answered.

import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { Again } from './again.ts'
import { hour, minute } from './conditions.ts'
import type { ProgramInput } from './interpreter.ts'
import { valueOf } from './oracle.ts'
import type { Caller } from './platform.ts'
import { eventsOf, type Program } from './programs.ts'
import type { Rng } from './rng.ts'

export const sinkId = 'sink'

/** A run that was asked for; the input of its instance carries the label. */
export interface Run {
  readonly label: string
  readonly instanceId: string
  readonly program: Program
  /** It does not begin before, ms since the epoch. */
  readonly startAt?: number
}

/** What an instance runs, and what becomes of it. */
export interface Launch {
  readonly program: Program
  /** What its id runs when it is used again. */
  readonly next?: Program
  /** It is started for so much later. */
  readonly inSeconds?: number
  /** Once it has ended it is restarted. */
  readonly isRestarted?: boolean
}

export interface ClientsOptions {
  readonly clock: VirtualClock
  readonly rng: Rng
  /** Whoever answers. */
  readonly caller: () => Caller
  /** Ms since the epoch. */
  readonly faultEnd: number
  readonly count: (what: string) => void
  readonly violated: (text: string) => void
  /** No other code is deployed. */
  readonly isStable: boolean
}

export class Clients {
  readonly runs: Run[] = []
  /** Ids of instances that somebody has terminated, or tried to. */
  readonly terminated = new Set<string>()
  /** Events whose acceptance was answered. */
  readonly accepted: { readonly instanceId: string; readonly factId: string }[] = []
  /** Labels of runs that began anew once they had ended. */
  readonly restarted = new Set<string>()
  /** Tokens of activities that somebody completes. */
  readonly #tokens = new Set<string>()
  readonly again: Again
  readonly #options: ClientsOptions

  constructor(options: ClientsOptions) {
    this.#options = options
    const { clock, caller, count, isStable } = options
    const retry: Clients['retry'] = (...call) => this.retry(...call)
    this.again = new Again({ clock, caller, count, isStable, retry, rng: options.rng.fork('again') })
  }

  /** Starts an instance, and does to it what happens to instances. */
  launch(instanceId: string, { program, next, inSeconds, isRestarted = false }: Launch): void {
    const { rng, clock, count } = this.#options
    const startAt = inSeconds === undefined ? {} : { startAt: clock.now() + inSeconds * 1_000 }
    if (inSeconds !== undefined) count('start for later')
    const run: Run = { label: instanceId, instanceId, program, ...startAt }
    this.#start(run, () => {
      this.again.started(run, next !== undefined || isRestarted)
      if (isRestarted) this.#restart(run)
      if (next) this.#reuse({ label: `${instanceId}~2`, instanceId, program: next })
    })
    this.#raiseAll(run)
    if (rng.chance(0.2)) this.#suspendForAWhile(instanceId)
    if (rng.chance(0.1)) {
      this.terminated.add(instanceId)
      this.retry(rng.int(0, hour), async ({ management }) => management.terminate(instanceId))
    }
  }

  /** Completes an activity, at once or much later; and now and then somebody wants another outcome for it. */
  complete(token: string, { x, isFailure }: { readonly x: number; readonly isFailure: boolean }): void {
    const { rng, count, violated } = this.#options
    // Every run of an attempt gives the same token away.
    if (this.#tokens.has(token)) return
    this.#tokens.add(token)
    const failure = { errorType: 'Error', message: 'not yet' }
    const tell = async ({ management }: Caller): Promise<void> => {
      const told = isFailure
        ? management.failActivity({ token, failure })
        : management.completeActivity({ token, output: String(valueOf(x)) })
      await told.then(() => count('activity completed from outside')).catch(unlessGone)
    }
    const contradict = async ({ management }: Caller): Promise<void> => {
      const told = management.completeActivity({ token, output: '-1' })
      const text = `I2 an activity was completed twice, with two outcomes: ${token}`
      await told.then(() => violated(text)).catch(unlessGone)
    }
    const isHasty = rng.chance(0.3)
    this.retry(isHasty ? rng.int(1, 1_000) : rng.int(1, 40 * minute), tell, () => {
      if (rng.chance(0.3)) this.retry(rng.int(0, hour), contradict)
    })
    if (rng.chance(0.2)) this.retry(rng.int(1, 40 * minute), tell)
  }

  /** Calls until there is an answer; that an instance has ended is one. A host that died does not answer. */
  retry(delayMs: number, call: (caller: Caller) => Promise<unknown>, answered = (): void => {}): void {
    const { clock, rng, caller } = this.#options
    clock.at(delayMs, () => {
      const again = (): void => this.retry(rng.int(1_000, 60_000), call, answered)
      let isAnswered = false
      const giveUp = clock.at(10 * minute, () => !isAnswered && again())
      const settle = (isDone: boolean): void => {
        if (isAnswered) return
        isAnswered = true
        giveUp()
        if (isDone) answered()
        else again()
      }
      call(caller()).then(
        () => settle(true),
        (error: unknown) => settle(isAnswer(error as { code?: string; message: string })),
      )
    })
  }

  #start(run: Run, answered: () => void): void {
    const { label, instanceId, program, startAt } = run
    this.runs.push(run)
    const input = { program, acc: 1, label, sink: sinkId } satisfies ProgramInput
    const request = {
      workflowName: 'run',
      instanceId,
      input: JSON.stringify(input),
      idempotencyKey: label,
      ...(startAt !== undefined && { startAt }),
    }
    this.retry(0, async ({ management }) => management.start(request), answered)
  }

  /** @param name of the life, in the ids of its events */
  #raiseAll({ label, instanceId, program }: Run, name = label): void {
    const { rng } = this.#options
    for (const [at, eventName] of eventsOf(program).entries()) {
      const eventId = `${name}-${at}`
      const raise = async ({ management }: Caller): Promise<void> => {
        await management.raiseEvent({ instanceId, eventName, eventId })
        this.accepted.push({ instanceId, factId: `e:${eventId}` })
      }
      const delay = rng.int(minute, hour)
      this.retry(delay, raise)
      // A client that did not hear the answer asks again, at once or much later.
      if (!rng.chance(0.2)) continue
      const pause = rng.chance(0.5) ? rng.int(1, 100) : rng.int(1, 30) * minute
      this.retry(delay + pause, raise)
    }
  }

  #suspendForAWhile(instanceId: string): void {
    const { rng, clock, faultEnd } = this.#options
    const resume = async ({ management }: Caller): Promise<void> => management.resume(instanceId)
    const pause = rng.int(1, 20 * minute)
    this.retry(
      rng.int(0, 30 * minute),
      async ({ management }) => management.suspend(instanceId),
      () => this.retry(pause, resume),
    )
    // A suspend whose answer was lost is asked for again, perhaps after the resume.
    this.retry(faultEnd - clock.now() + 2 * hour, resume)
  }

  /** Once the instance has ended its id is used again, mostly after a purge. */
  #reuse(run: Run): void {
    const { rng, count } = this.#options
    const { instanceId } = run
    const isPurged = rng.chance(0.7)
    // An event that comes before the start would be one for the life that has ended.
    const start = (): void => this.#start(run, () => this.#raiseAll(run))
    this.#afterEnd(instanceId, () => {
      count('id used again')
      if (!isPurged) return start()
      this.retry(0, async ({ management }) => management.purge(instanceId).catch(unlessGone), start)
    })
  }

  /** Once the instance has ended it begins anew, with the same input. */
  #restart(run: Run): void {
    const { count } = this.#options
    const { label, instanceId } = run
    const request = { instanceId, idempotencyKey: `${label}-restart` }
    this.#afterEnd(instanceId, () =>
      this.retry(
        0,
        async ({ management }) => management.restart(request),
        () => {
          count('restarted')
          this.restarted.add(label)
          this.#raiseAll(run, `${label}-restart`)
        },
      ),
    )
  }

  #afterEnd(instanceId: string, then: () => void): void {
    const { clock, caller } = this.#options
    const again = (): void => {
      const view = caller().management.get(instanceId)
      const giveUp = clock.at(10 * minute, again)
      view.then(
        (found) => {
          giveUp()
          if (!found || !isTerminal(found.status)) return clock.at(5 * minute, again)
          return then()
        },
        () => {
          giveUp()
          clock.at(minute, again)
        },
      )
    }
    clock.at(5 * minute, again)
  }
}

/** Nothing that a further try could change: the instance has ended, or its id has begun another life. */
function isAnswer({ code = '', message }: { readonly code?: string; readonly message: string }): boolean {
  if (code === 'ERR_START_WORKFLOW') return message.includes('used again since')
  return /^ERR_(RAISE|PAUSE|RESUME|PURGE|COMPLETE|ACTIVITY_OUTCOME|REWIND|RERUN)/.test(code)
}

/** It was purged by a call whose answer was lost. */
function unlessGone(error: unknown): void {
  if ((error as { code?: string }).code !== 'ERR_INSTANCE_ID_NOT_FOUND') throw error
}
