// Runs a workflow of the example app on the real engine in a world without chance: fixed ids, a clock that only jumps, activities one
// after the other, and external events when nothing else can happen. The same scenario gives the same history, byte by byte.

import { app } from '../../examples/app.ts'
import { type Command, isCancellation } from '../../src/engine/commands.ts'
import type { HistoryEvent } from '../../src/engine/events.ts'
import { runActivity } from '../../src/runtime/activity-runner.ts'
import type { Episode } from '../../src/runtime/episode.ts'
import { absorb } from '../../src/runtime/instance-state.ts'
import { newLiveInstance } from '../../src/runtime/live-instance.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import { nextEpisode } from '../../src/runtime/turn.ts'
import type { App } from '../../src/workflow/app.ts'
import { silentLogger } from '../../src/workflow/logger.ts'
import { isTerminal } from '../../src/workflow/status.ts'

export interface Scenario {
  readonly workflow: string
  readonly input?: unknown
  /** Raised one by one, each when the workflow can do nothing but wait. */
  readonly events?: readonly { readonly name: string; readonly data?: unknown }[]
}

export interface Recording {
  readonly episodes: readonly Episode[]
  /** Names of the activities that ran, in order. */
  readonly activities: readonly string[]
  /** The last episode: status, output, failure. */
  readonly end: Episode
}

const beginning = Date.parse('2026-01-05T09:00:00Z')
const secondMs = 1000

/** Runs the scenario to its end, and as far as `maxEpisodes` when it has none. */
export async function record(scenario: Scenario, program: App = app, maxEpisodes = 1000): Promise<Recording> {
  const world = new World(scenario)
  const key = { instanceId: 'recorded', incarnation: 'first-life' }
  const live = newLiveInstance(key, { ...key, ...rowOf(scenario) })
  const episodes: Episode[] = []
  const activities: string[] = []
  let facts: readonly HistoryEvent[] = []
  for (;;) {
    const request = {
      facts,
      by: `carrier-${episodes.length + 1}`,
      nonce: `nonce-${episodes.length + 1}`,
      now: world.now,
      lease: { runner: 'recorder', until: world.now + 60_000 },
    }
    const episode = await nextEpisode(live, request, program, silentLogger)
    if (!episode) throw new Error(`The code does not fit its own history: ${live.obstacle?.message}`)
    episodes.push(episode)
    absorb(live.state, episode)
    if (isTerminal(episode.status) || episodes.length === maxEpisodes)
      return { episodes, activities, end: episode }
    world.take(episode)
    if (episode.continuedAsNew) {
      live.execution = undefined
      facts = []
      continue
    }
    const { event, activity } = await world.next(program)
    facts = [event]
    if (activity) activities.push(activity)
  }
}

/** All that a workflow asks for and waits for. */
class World {
  now = beginning
  readonly #events: NonNullable<Scenario['events']>[number][]
  #generation = 1
  #pending: Command[] = []

  constructor({ events = [] }: Scenario) {
    this.#events = [...events]
  }

  take({ commands, continuedAsNew, generation }: Episode): void {
    this.now += secondMs
    this.#generation = continuedAsNew ? generation + 1 : generation
    if (continuedAsNew) this.#pending = []
    const cancelled = new Set(commands.filter(isCancellation).map(({ seq }) => seq))
    const added = continuedAsNew ? [] : commands.filter((command) => !isCancellation(command))
    this.#pending = [...this.#pending, ...added].filter(({ seq }) => !cancelled.has(seq))
  }

  /** An activity if one waits, else an external event, else the earliest timer. */
  async next(program: App): Promise<{ readonly event: HistoryEvent; readonly activity?: string }> {
    const task = this.#pending.find((command) => command.kind === 'scheduleTask')
    if (task) {
      this.#done(task)
      return { event: await this.#run(program, task), activity: task.name }
    }
    const raised = this.#events.shift()
    if (raised) {
      const { name, data } = raised
      return { event: { kind: 'eventRaised', id: `event-${name}`, name, input: JSON.stringify(data) } }
    }
    const [timer] = this.#pending
      .filter((command) => command.kind === 'createTimer')
      .toSorted((a, b) => a.dueAt - b.dueAt)
    if (!timer) throw new Error('The workflow waits for something that this scenario does not bring.')
    this.#done(timer)
    this.now = Math.max(this.now, timer.dueAt)
    return { event: { kind: 'timerFired', generation: this.#generation, seq: timer.seq } }
  }

  async #run(
    program: App,
    { seq, name, input }: Extract<Command, { kind: 'scheduleTask' }>,
  ): Promise<HistoryEvent> {
    const key = { instanceId: 'recorded', incarnation: 'first-life' }
    const call = {
      v: 1,
      kind: 'activity',
      token: 'token',
      generation: this.#generation,
      seq,
      name,
      attempt: 1,
      firstSeq: seq,
    } as const
    const clock: Clock = { now: () => this.now, sleep: async () => {} }
    const host = { app: program, clock, logger: silentLogger, shutdown: new AbortController().signal }
    return runActivity(host, { ...call, ...key, ...(input !== undefined && { input }) })
  }

  #done(command: Command): void {
    this.#pending = this.#pending.filter((each) => each !== command)
  }
}

function rowOf({ workflow, input }: Scenario) {
  return {
    name: workflow,
    status: 'PENDING',
    createdAt: beginning,
    lastUpdatedAt: beginning,
    startDigest: 'digest',
    episode: 0,
    ...(input !== undefined && { input: JSON.stringify(input) }),
  } as const
}
