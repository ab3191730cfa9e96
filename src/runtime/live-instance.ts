// An instance in memory: its folded state and, unless it has ended, its execution, which goes on where it stopped instead of being
// replayed. What is here can be made again from the history at any time; on any doubt it is dropped.

import type { Divergence } from '../engine/command-log.ts'
import type { HistoryEvent } from '../engine/events.ts'
import { Execution } from '../engine/execution.ts'
import type { Turn } from '../engine/turn.ts'
import type { App } from '../workflow/app.ts'
import { TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, failureOf } from '../workflow/failure.ts'
import { limits } from '../workflow/limits.ts'
import type { Logger } from '../workflow/logger.ts'
import { isTerminal } from '../workflow/status.ts'
import type { Episode, InstanceKey } from './episode.ts'
import { absorb, emptyState, type InstanceState } from './instance-state.ts'
import type { InboxRow, InstanceRow, Stall } from './rows.ts'

/** What the row of an instance shows. */
export interface Shown {
  readonly status: string
  readonly customStatus: string | undefined
  readonly stalled: Stall | undefined
  /** Time of the last update, ms. */
  readonly at: number
}

export interface LiveInstance {
  readonly state: InstanceState
  /** Absent before the first turn of a generation, after the end, and while the code does not fit. */
  execution: Execution | undefined
  /** Why no turn can be made now: the code does not fit the history, or turns crash and nobody has asked to try again. */
  obstacle: FailureDetails | undefined
  /** The row as it was when the instance was loaded. */
  readonly row: InstanceRow
  /** What the row shows, or soon will, as far as this process knows. */
  shown: Shown
  /** Rows that waited at the last read, in order of acceptance, by fact id. */
  inbox: ReadonlyMap<string, InboxRow>
}

export function newLiveInstance(key: InstanceKey, row: InstanceRow): LiveInstance {
  const status = row.status === 'PENDING' ? 'RUNNING' : row.status
  return {
    state: { ...emptyState(key), generation: row.past?.link.generation ?? 1 },
    execution: undefined,
    obstacle: undefined,
    row,
    shown: { status, customStatus: row.customStatus, stalled: row.stalled, at: row.lastUpdatedAt },
    inbox: new Map(),
  }
}

/** Whoever stalls an instance lets go of messages that may guard episodes still to come: nothing is known of what was dispatched. */
export function mayHaveLostCarriers({ shown }: LiveInstance): boolean {
  return shown.stalled !== undefined
}

export function toInbox(rows: readonly InboxRow[]): ReadonlyMap<string, InboxRow> {
  return new Map(rows.map((row) => [row.factId, row]))
}

/** The events that the first turn of a generation is given before any other. */
export function openingEvents(state: InstanceState): readonly HistoryEvent[] {
  const opening = state.unopened?.continuedAsNew
  return opening ? [opening.started, ...opening.events] : []
}

/**
 * Brings a live instance up to date with episodes that others, or an earlier process, committed. Runs workflow code, unless there is an
 * obstacle.
 */
export async function catchUp(
  live: LiveInstance,
  episodes: readonly Episode[],
  app: App,
  logger: Logger,
): Promise<void> {
  let turns: Turn[] = []
  for (const episode of episodes) {
    const events = [...openingEvents(live.state), ...episode.events]
    absorb(live.state, episode)
    // Its writer shows it, or whoever guards it.
    live.shown = shownAfter(live.shown, episode)
    if (episode.continuedAsNew) {
      turns = []
      live.execution = undefined
    } else {
      turns.push({
        at: episode.at,
        events,
        ...(episode.eventTimes && { times: episode.eventTimes }),
        recorded: {
          commands: episode.commands,
          ended: isTerminal(episode.status),
          ...(episode.patches && { patches: episode.patches }),
        },
      })
    }
  }
  if (isTerminal(live.state.status)) {
    live.execution = undefined
    // There is no turn to make any more.
    live.obstacle = undefined
    return
  }
  if (turns.length === 0 || live.obstacle) return
  live.execution ??= createExecution(live, app, logger)
  if (!live.execution) return
  const { divergence } = await live.execution.run(turns)
  if (divergence) diverged(live, divergence)
}

/** What an episode makes of it. Every change is later than the one before, so that nobody who asks for later ones misses it. */
export function shownAfter(shown: Shown, { status, customStatus, at }: Episode): Shown {
  const isSame = shown.status === status && shown.customStatus === customStatus
  return { ...shown, status, customStatus, at: Math.max(shown.at, at) + (isSame ? 0 : 1) }
}

/** The execution of the current generation; undefined (and the obstacle set) when its workflow is not registered. */
export function createExecution(
  live: LiveInstance,
  app: App,
  logger: Logger,
  started = live.state.started,
): Execution | undefined {
  if (!started) throw new TenutoError('INTERNAL', `${live.state.key.instanceId} has no start`)
  const workflow = app.workflow(started.name, started.version)
  if (workflow) return new Execution(app, workflow.run, started, logger)
  const { name, version } = started
  live.obstacle = failureOf(
    version !== undefined && app.workflowNames.includes(name)
      ? new TenutoError(
          'VERSION_NOT_AVAILABLE',
          `Version '${version}' of workflow '${name}' is not available here, but this instance runs on it.`,
        )
      : new TenutoError(
          'WORKFLOW_NOT_REGISTERED',
          `Workflow '${name}' is not registered here, but this instance is in the middle of it.`,
        ),
  )
  return undefined
}

/** The code took another path than the history: the instance stalls until code comes that fits. */
export function diverged(live: LiveInstance, divergence: Divergence): void {
  live.execution = undefined
  live.obstacle = failureOf(new TenutoError(divergence.code, divergence.message))
}

/** Live instances of this process, bounded in number and in what they remember; the least recently used go first. */
export class LiveInstances {
  readonly #kept = new Map<string, { readonly live: LiveInstance; readonly weight: number }>()
  readonly #capacity: number
  #weight = 0

  constructor(capacity = 10_000) {
    this.#capacity = capacity
  }

  get(key: InstanceKey): LiveInstance | undefined {
    return this.#kept.get(keyText(key))?.live
  }

  /** Keeps it for its next turn, unless that must look at the row again: what stalls it may be gone by then. */
  keep(live: LiveInstance): void {
    this.drop(live.state.key)
    // Nor one that holds the past of another life, which only its first turn needs.
    if (live.obstacle || live.shown.stalled || live.row.past) return
    const weight = weightOf(live)
    this.#kept.set(keyText(live.state.key), { live, weight })
    this.#weight += weight
    for (const oldest of this.#kept.values()) {
      const isLight = this.#weight <= limits.liveWeight || this.#kept.size === 1
      if (this.#kept.size <= this.#capacity && isLight) break
      this.drop(oldest.live.state.key)
    }
  }

  drop(key: InstanceKey): void {
    const text = keyText(key)
    this.#weight -= this.#kept.get(text)?.weight ?? 0
    this.#kept.delete(text)
  }

  clear(): void {
    this.#kept.clear()
    this.#weight = 0
  }
}

/** What an instance keeps in memory, counted in facts, commands and tokens: some 250 bytes each. */
function weightOf({ state, execution }: LiveInstance): number {
  return 20 + state.known.size + state.outstanding.size + state.carriers.size + (execution ? 20 : 0)
}

export function keyText(key: InstanceKey): string {
  return `${key.incarnation}/${key.instanceId}`
}
