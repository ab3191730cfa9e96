// What is done to instances that have run, or are to run no more: they are rerun from one of their commands, mended and rewound, purged by
// force. Draws from a stream of its own, so that it changes nothing else in a world.

import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { isTerminal } from '../../src/workflow/status.ts'
import { hour, minute } from './conditions.ts'
import type { Caller } from './platform.ts'
import { eventsOf, type Program, stepsOf } from './programs.ts'
import type { Rng } from './rng.ts'

interface Run {
  readonly label: string
  readonly instanceId: string
  readonly program: Program
}

export interface AgainOptions {
  readonly clock: VirtualClock
  readonly rng: Rng
  readonly caller: () => Caller
  readonly count: (what: string) => void
  /** The code is the same throughout: a past that is taken up by other code is not what it was. */
  readonly isStable: boolean
  /** Calls until there is an answer. */
  readonly retry: (delayMs: number, call: (caller: Caller) => Promise<unknown>, answered?: () => void) => void
}

/** In front of the ids of reruns, and so of their children's. */
export const rerunPrefix = 'again-'

export class Again {
  /** Instances that take up the past of another; the label is that of the other. */
  readonly reruns: Run[] = []
  /** Ids that somebody has purged by force, or whose child. */
  readonly forced = new Set<string>()
  /** Labels of runs whose fragile step works by now. */
  readonly #mended = new Set<string>()
  readonly #options: AgainOptions

  constructor(options: AgainOptions) {
    this.#options = options
  }

  isMended(label: string): boolean {
    return this.#mended.has(label)
  }

  /** Once its start is answered. @param isReused its id is to be used again by somebody else */
  started(run: Run, isReused: boolean): void {
    const { rng, isStable } = this.#options
    const isFragile = stepsOf(run.program).some(({ k }) => k === 'fragile')
    if (isFragile) this.#mend(run)
    if (isReused) return
    if (rng.chance(0.06)) this.#purgeByForce(run)
    // What a rerun starts is known by ids that it draws as the other life did.
    else if (mayRunAgain(run.program) && isStable && rng.chance(0.25)) this.#rerun(run)
  }

  #purgeByForce({ instanceId }: Run): void {
    const { rng, count, retry } = this.#options
    this.forced.add(instanceId)
    // Mostly the instance, now and then the first of its children.
    const id = rng.chance(0.7) ? instanceId : `${instanceId}:0001`
    retry(rng.int(1, hour), async ({ management }) =>
      management
        .purge(id, { force: true })
        .then(() => count('purged by force'))
        .catch(unlessGone),
    )
  }

  /** At some time the step works; until then, and after it, whatever has failed is rewound. */
  #mend(run: Run): void {
    const { label, instanceId } = run
    const { clock, rng, count, retry, caller } = this.#options
    clock.at(rng.int(1, hour), () => this.#mended.add(label))
    let rewinds = 0
    const look = (): void => {
      const giveUp = clock.at(10 * minute, look)
      const later = (): void => {
        giveUp()
        clock.at(5 * minute, look)
      }
      caller()
        .management.get(instanceId)
        .then((found) => {
          if (found?.status !== 'FAILED') {
            if (!found || !isTerminal(found.status)) later()
            else giveUp()
            return
          }
          giveUp()
          const idempotencyKey = `${label}-${++rewinds}`
          const rewind = async ({ management }: Caller): Promise<void> => {
            await management.rewind({ instanceId, idempotencyKey }).catch(unlessGone)
            count('rewound')
          }
          retry(0, rewind, () => {
            clock.at(5 * minute, look)
            // What came while it had failed was refused; what was taken is known by its id.
            this.#raiseAll(run, label)
          })
        }, later)
    }
    clock.at(5 * minute, look)
  }

  /** Once it has completed. */
  #rerun({ label, instanceId, program }: Run): void {
    const { clock, rng, caller } = this.#options
    const look = (): void => {
      const giveUp = clock.at(10 * minute, look)
      const later = (): void => {
        giveUp()
        clock.at(5 * minute, look)
      }
      const ask = async (): Promise<void> => {
        const { management } = caller()
        const view = await management.get(instanceId)
        if (view?.status !== 'COMPLETED') {
          if (view && !isTerminal(view.status)) later()
          else giveUp()
          return
        }
        const { episodes } = await management.history(instanceId)
        const last = episodes.at(-1)?.generation
        const targets = episodes
          .filter(({ generation, continuedAsNew }) => generation === last && !continuedAsNew)
          .flatMap(({ commands }) => commands)
          .filter(({ kind }) => kind === 'scheduleTask' || kind === 'createTimer' || kind === 'createChild')
        giveUp()
        if (targets.length === 0) return
        const { seq: eventId } = rng.pick(targets)
        this.#begin({ label, instanceId: rerunPrefix + instanceId, program }, instanceId, eventId)
      }
      ask().catch(later)
    }
    clock.at(5 * minute, look)
  }

  #begin(run: Run, source: string, eventId: number): void {
    const { count, retry } = this.#options
    const { instanceId } = run
    this.reruns.push(run)
    const request = { instanceId: source, eventId, newInstanceId: instanceId, idempotencyKey: instanceId }
    retry(
      0,
      async ({ management }) => management.rerun(request),
      () => {
        count('rerun')
        this.#raiseAll(run, instanceId)
      },
    )
  }

  #raiseAll({ instanceId, program }: Run, label: string): void {
    const { rng, retry } = this.#options
    for (const [at, eventName] of eventsOf(program).entries()) {
      const event = { instanceId, eventName, eventId: `${label}-${at}` }
      retry(rng.int(1, hour), async ({ management }) => management.raiseEvent(event).catch(unlessGone))
    }
  }
}

/** It was purged by a call whose answer was lost. */
function unlessGone(error: unknown): void {
  if ((error as { code?: string }).code !== 'ERR_INSTANCE_ID_NOT_FOUND') throw error
}

/** What a past life has undone stays undone, what may run once is not run again, what failed once has: nobody could tell what is right. */
export function mayRunAgain(program: Program): boolean {
  const steps = new Set(['start', 'kept', 'half', 'undo', 'once', 'onces', 'beating', 'hatch', 'claims'])
  return !stepsOf(program).some(({ k }) => steps.has(k))
}
