// What a world runs on: hosts, a store and queues, whichever they are; and what these are told of the world around them.

import type { Episode, InstanceKey } from '../../src/runtime/episode.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { Message } from '../../src/runtime/messages.ts'
import type { Store } from '../../src/runtime/ports.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { App } from '../../src/workflow/app.ts'
import type { Conditions } from './conditions.ts'
import type { Mutant } from './mutants/mutant.ts'
import type { Rng } from './rng.ts'
import type { Trace } from './trace.ts'

export const hostCount = 3

/** The way in from outside: whoever answers just now. */
export interface Caller {
  readonly management: Pick<
    Management,
    | 'start'
    | 'get'
    | 'raiseEvent'
    | 'suspend'
    | 'resume'
    | 'terminate'
    | 'purge'
    | 'history'
    | 'rerun'
    | 'rewind'
    | 'restart'
    | 'completeActivity'
    | 'failActivity'
  >
  readonly recoverStalled: () => Promise<unknown>
}

export interface Surroundings {
  readonly clock: VirtualClock
  readonly rng: Rng
  readonly conditions: Conditions
  readonly mutant: Mutant | undefined
  readonly trace: Trace | undefined
  readonly visibilityMs: number
  readonly newId: () => string
  /** Whether faults strike now. */
  readonly isFaulty: () => boolean
  /** What is deployed now. */
  readonly app: () => App
  readonly count: (what: string, by?: number) => void
  /** An episode has become part of a history. */
  readonly committed: (key: InstanceKey, episode: Episode) => void
  /** A life was purged. */
  readonly purged: (key: InstanceKey) => void
  /** Somebody sends messages. */
  readonly sent: (messages: readonly Message[]) => void
}

export interface Platform {
  /** Of no host, and without faults. */
  readonly store: Store
  /** For what must not fail. */
  readonly outside: Pick<Management, 'start'>
  /** Begins to deliver. */
  begin(): Promise<void>
  caller(): Caller
  /** Rings for what has waited too long. @returns whether there was nothing to do */
  sweep(periodMs: number): Promise<boolean>
  /** Loses every message and every timer. */
  wipe(): void
  /** Puts what is deployed now in the place of some hosts; called so often as there are steps, all of them. @param step from 0 */
  deploy(step: number): void
  /** What is still kept of messages and timers. */
  left(): Promise<readonly string[]>
  close(): void
}

/** Ms until the first moment after `ms` at which messages become visible together. */
export function gathered(
  { clock, conditions: { gatherMs } }: Surroundings,
  begin: number,
  ms: number,
): number {
  if (gatherMs === 0) return ms
  const at = clock.now() - begin + ms
  return Math.ceil(at / gatherMs) * gatherMs - at + ms
}
