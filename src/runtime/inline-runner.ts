// Runs inline activities: those that the host which committed them runs itself, under its lease (R12).

import type { Command, ScheduleTask } from '../engine/commands.ts'
import { factIdOf, isTaskOutcome, taskFactId, type TaskOutcome } from '../engine/events.ts'
import { assert } from '../workflow/errors.ts'
import { activityMessage } from './dispatch.ts'
import type { Episode } from './episode.ts'
import type { InstanceState } from './instance-state.ts'
import { leaseMarginMs } from './lease.ts'
import type { LiveInstance } from './live-instance.ts'
import type { AdvanceHost } from './load.ts'
import type { OwnFact } from './own-facts.ts'
import { nextEpisode, type TurnRequest } from './turn.ts'

/**
 * Runs what an episode asks for before it is committed, and the turns that follow, as long as all of it may share one commit: further
 * inline activities and nothing else, under the lease that the one before has given this handler. What was run and is not committed runs
 * again when this host dies, and must have the same number then: so nothing else may be able to make the code go on in between.
 */
export async function runOn(
  host: AdvanceHost,
  live: LiveInstance,
  request: TurnRequest,
  first: Episode,
): Promise<Episode | undefined> {
  const { lease, inline, unopened } = live.state
  // The lease of an older generation, or one behind which nothing waits any more, gives no right.
  if (lease?.runner !== request.lease.runner || inline.size === 0 || unopened) return first
  if (!isAlone(live.state, request)) return first
  let episode: Episode | undefined = first
  while (episode && host.ports.clock.now() <= lease.until - leaseMarginMs) {
    const waiting = sharing(episode)
    if (waiting.length === 0 || !live.execution?.heedsOnlyOutcomes) break
    const facts = await runAll(host, live.state, waiting)
    const more: TurnRequest = { ...request, facts, before: episode }
    episode = await nextEpisode(live, more, host.app, host.ports.logger)
  }
  return episode
}

/** Whether a turn is about inline activities alone: it takes up nothing but the outcomes of all that is outstanding. */
function isAlone({ outstanding }: InstanceState, { facts }: TurnRequest): boolean {
  const outcomes = facts.filter(isTaskOutcome)
  return outcomes.length === facts.length && outcomes.length === outstanding.size
}

/** What an episode asks for, if all of it is inline and may share its commit. What failed may succeed when it runs again. */
function sharing({ status, events, commands, continuedAsNew }: Episode): readonly ScheduleTask[] {
  if (status !== 'RUNNING' || continuedAsNew) return []
  const outcomes = events.filter(isTaskOutcome)
  if (outcomes.some(({ kind }) => kind !== 'taskCompleted')) return []
  const answered = new Set(outcomes.map(({ seq }) => seq))
  const waiting = commands.filter(({ seq }) => !answered.has(seq))
  const inline = waiting.filter(isInline)
  const results = outcomes.length + waiting.length
  const fits = inline.every(({ commitEvery = 1 }) => results <= commitEvery)
  return inline.length === waiting.length && fits ? inline : []
}

function isInline(command: Command): command is ScheduleTask {
  return command.kind === 'scheduleTask' && command.inline === true
}

/** Runs, side by side, those that wait and have no outcome yet. @param done fact ids of outcomes that are still to be committed */
export async function runInline(
  host: AdvanceHost,
  state: InstanceState,
  done: ReadonlySet<string>,
): Promise<readonly OwnFact[]> {
  const { generation, lease } = state
  assert(lease, 'inline activities wait without a lease')
  // What runs now cannot be taken back, so what it rests on must not be either.
  await host.ports.store.settled()
  const open = [...state.inline].filter((seq) => !done.has(taskFactId(generation, seq)))
  const commands = open.map((seq) => {
    const command = state.outstanding.get(seq)
    assert(command?.kind === 'scheduleTask', `inline activity #${seq} is not outstanding`)
    return command
  })
  const outcomes = await runAll(host, state, commands)
  return outcomes.map((event) => ({ factId: factIdOf(event), event, token: lease.by }))
}

async function runAll(
  { ports, runInline: run }: AdvanceHost,
  state: InstanceState,
  commands: readonly ScheduleTask[],
): Promise<readonly TaskOutcome[]> {
  return Promise.all(commands.map((command) => run(activityMessage(ports, state, state, command))))
}
