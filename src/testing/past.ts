// A recorded history as the engine takes it: generation by generation, turn by turn.

import type { ExecutionStarted } from '../engine/events.ts'
import { Execution } from '../engine/execution.ts'
import type { Turn } from '../engine/turn.ts'
import type { ContinuedAsNew, Episode } from '../runtime/episode.ts'
import type { App } from '../workflow/app.ts'
import { isTerminal } from '../workflow/status.ts'

interface RecordedTurn {
  readonly episode: Episode
  readonly turn: Turn
}

/** What one execution went through. */
export interface Generation {
  readonly started: ExecutionStarted
  readonly turns: readonly RecordedTurn[]
}

/** The generations of which the history has the beginning; of one that was trimmed there is nothing to replay. */
export function generationsOf(episodes: readonly Episode[]): readonly Generation[] {
  const generations: { started: ExecutionStarted; turns: RecordedTurn[] }[] = []
  let opening: ContinuedAsNew | undefined
  let isWhole = false
  for (const episode of episodes) {
    const [first] = episode.events
    const started = opening?.started ?? (first?.kind === 'executionStarted' ? first : undefined)
    if (started) generations.push({ started, turns: [] })
    isWhole ||= started !== undefined
    const events = [...(opening ? [opening.started, ...opening.events] : []), ...episode.events]
    const { at, commands, status, continuedAsNew, patches, eventTimes: times } = episode
    const ended = isTerminal(status) || continuedAsNew !== undefined
    if (isWhole && !isWithoutCode(episode)) {
      generations.at(-1)?.turns.push({
        episode,
        turn: {
          at,
          events,
          ...(times && { times }),
          recorded: { commands, ended, ...(patches && { patches }) },
        },
      })
    }
    opening = continuedAsNew
  }
  return generations
}

/** A workflow that was not registered had no code. */
function isWithoutCode({ failure, n }: Episode): boolean {
  return n === 1 && failure?.code === 'WORKFLOW_NOT_REGISTERED'
}

/** An execution that can be led through the generation; undefined when the app does not have its workflow. */
export function executionOf(app: App, { started }: Generation): Execution | undefined {
  const workflow = app.workflow(started.name, started.version)
  if (!workflow) return undefined
  const execution = new Execution(app, workflow.run, started)
  execution.keepsPlaces = true
  return execution
}
