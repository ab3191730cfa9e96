// Replays a recorded history against the code of now: does an instance that went this way find its way again?

import type { Execution } from '../engine/execution.ts'
import type { TurnResult } from '../engine/turn.ts'
import type { Episode } from '../runtime/episode.ts'
import type { App } from '../workflow/app.ts'
import { TenutoError } from '../workflow/errors.ts'
import { executionOf, type Generation, generationsOf } from './past.ts'
import { type SourceLine, sourceLineOf } from './source-line.ts'

/** What `env.history`, `client.getWorkflowHistory` and the files that hold them as JSON give. */
export interface RecordedHistory {
  readonly instanceId?: string
  readonly workflowName?: string
  /** Oldest first. */
  readonly episodes: readonly Episode[]
}

export interface ReplayOptions {
  /** Replay a second time and compare: what the code keeps outside the workflow shows as a difference. Default: false. */
  readonly twice?: boolean
}

/** Where the code leaves the history for the first time. */
export interface ReplayDivergence {
  /** Number of the episode. */
  readonly episode: number
  readonly generation: number
  /** What the history records; of a second replay, what the first one did. */
  readonly recorded: string
  /** What the code does. */
  readonly actual: string
  /** The call that differs, or the last one before the difference. Absent when the code has made none. */
  readonly source?: SourceLine
  /** Only the second replay differs: something outside the workflow remembers the first. */
  readonly sharedState: boolean
  /** All of it in one sentence. */
  readonly message: string
}

export interface ReplayResult {
  /** The code fits the history. */
  readonly ok: boolean
  readonly workflowName: string
  readonly instanceId: string
  /** Episodes that were replayed; those of a generation whose beginning is gone are not. */
  readonly replayed: number
  readonly divergence?: ReplayDivergence
}

/**
 * Replays one history; a difference is a result, not an error.
 * @throws TenutoError `INVALID_ARGUMENT` for what is no history
 */
export async function replay(
  app: App,
  history: RecordedHistory,
  { twice = false }: ReplayOptions = {},
): Promise<ReplayResult> {
  const generations = generationsOf(checked(history).episodes)
  const started = generations[0]?.started
  const about = {
    workflowName: history.workflowName ?? started?.name ?? '',
    instanceId: history.instanceId ?? started?.instanceId ?? '',
  }
  let replayed = 0
  for (const generation of generations) {
    const first = await replayGeneration(app, generation)
    const second = twice && !first.divergence ? await replayGeneration(app, generation, first.traces) : first
    replayed += first.traces.length
    const { divergence } = second
    if (divergence) return { ok: false, ...about, replayed, divergence }
  }
  return { ok: true, ...about, replayed }
}

/** What the turns did, each as comparable text, as far as they fit. */
interface Replayed {
  readonly traces: readonly string[]
  readonly divergence?: ReplayDivergence
}

/** @param before what the turns did the first time */
async function replayGeneration(
  app: App,
  generation: Generation,
  before?: readonly string[],
): Promise<Replayed> {
  const [first] = generation.turns
  if (!first) return { traces: [] }
  const execution = executionOf(app, generation)
  if (!execution) return { traces: [], divergence: notRegistered(app, generation, first.episode) }
  const traces: string[] = []
  for (const { episode, turn } of generation.turns) {
    const result = await execution.run([turn])
    const trace = traceOf(result)
    const earlier = before?.[traces.length]
    if (result.divergence || (earlier !== undefined && earlier !== trace)) {
      return { traces, divergence: divergenceAt(execution, episode, result, trace, earlier) }
    }
    traces.push(trace)
  }
  return { traces }
}

function divergenceAt(
  { started }: Execution,
  { n, generation }: Episode,
  { divergence }: TurnResult,
  trace: string,
  earlier: string | undefined,
): ReplayDivergence {
  const recorded = divergence?.expected ?? earlier ?? ''
  const actual = divergence?.actual ?? trace
  const source = divergence && sourceLineOf(divergence.place)
  const sharedState = earlier !== undefined
  const why = sharedState
    ? 'A second replay goes another way than the first: something outside the workflow remembers (a variable of the module, say).'
    : 'The code does not fit the history.'
  const message = `${why} In episode ${n} of ${started.name} '${started.instanceId}' the ${sharedState ? 'first' : 'history'} has ${recorded}; the code: ${actual}.`
  return { episode: n, generation, recorded, actual, ...(source && { source }), sharedState, message }
}

function notRegistered(app: App, { started }: Generation, { n, generation }: Episode): ReplayDivergence {
  const recorded = `workflow '${started.name}'`
  const actual = `the app has ${app.workflowNames.join(', ') || 'no workflows'}`
  const message = `The history is of ${recorded}; ${actual}.`
  return { episode: n, generation, recorded, actual, sharedState: false, message }
}

/** What a turn did. Stacks are left out: they tell of the host. */
function traceOf({ commands, outcome, customStatus }: TurnResult): string {
  return JSON.stringify({ commands, outcome, customStatus }, (key, value: unknown) =>
    key === 'stackTrace' ? undefined : value,
  )
}

function checked(history: RecordedHistory): RecordedHistory {
  const { episodes } = history as { readonly episodes?: unknown }
  if (Array.isArray(episodes) && episodes.length > 0 && episodes.every(isEpisode)) return history
  throw new TenutoError('INVALID_ARGUMENT', 'A history is an object with `episodes`, at least one of them.')
}

function isEpisode(value: unknown): value is Episode {
  if (typeof value !== 'object' || value === null) return false
  const { n, generation, at, events, commands } = value as Partial<Episode>
  const numbers = [n, generation, at].every((each) => typeof each === 'number')
  return numbers && Array.isArray(events) && Array.isArray(commands)
}
