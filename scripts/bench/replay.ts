// (e) A recorded history through the engine alone, into an execution that has seen nothing yet: what a cold start costs per event.

import type { ExecutionStarted } from '../../src/engine/events.ts'
import { Execution } from '../../src/engine/execution.ts'
import { currentFlags } from '../../src/engine/flags.ts'
import type { Turn } from '../../src/engine/turn.ts'
import type { App } from '../../src/index.ts'
import { benchApp } from './app.ts'
import { type Figure, type Findings, figureOf, repeat, timed } from './figures.ts'
import type { Sizes } from './sizes.ts'

export async function measureReplay({ replay: { events, rounds } }: Sizes): Promise<Findings> {
  const app = benchApp(new Map())
  const figures = await repeat(events.length, async (at) => measure(app, events[at] ?? 0, rounds))
  return { figures, checks: [] }
}

async function measure(app: App, events: number, rounds: number): Promise<Figure> {
  const turns = await record(app, events)
  await replay(app, turns)
  const values = await repeat(rounds, async () => ({
    engine: (events / (await timed(async () => replay(app, turns)))) * 1000,
    floor: (events / (await timed(async () => floorReplay(turns)))) * 1000,
  }))
  return figureOf(
    { letter: 'e', place: 'engine', name: `replay of ${events} events, one a turn`, unit: 'events/s' },
    values.map(({ engine }) => engine),
    values.map(({ floor }) => floor),
  )
}

/** A chain that ends with the last of so many events: its start, and the outcomes of its activities. */
async function record(app: App, events: number): Promise<readonly Turn[]> {
  const execution = newExecution(app, events - 1)
  return repeat(events, async (at) => {
    const outcome = { kind: 'taskCompleted', generation: 1, seq: at, output: String(at) } as const
    const turn = { at: 1_000 * at, events: [at === 0 ? execution.started : outcome] }
    const result = await execution.run([turn])
    return { ...turn, recorded: { commands: result.commands, ended: result.outcome !== undefined } }
  })
}

/** @throws unless the workflow comes to the end that the history records */
async function replay(app: App, turns: readonly Turn[]): Promise<void> {
  const steps = turns.length - 1
  const { outcome, divergence } = await newExecution(app, steps).run(turns)
  if (divergence) throw new Error(divergence.message)
  if (outcome?.kind === 'completed' && outcome.output === String(steps)) return
  throw new Error(`The replay of ${turns.length} events ended with ${JSON.stringify(outcome)}.`)
}

function newExecution(app: App, steps: number): Execution {
  const started: ExecutionStarted = {
    kind: 'executionStarted',
    instanceId: 'replayed',
    incarnation: 'one',
    generation: 1,
    name: 'chain',
    input: String(steps),
    flags: currentFlags,
  }
  const workflow = app.workflow(started.name, started.version)
  if (!workflow) throw new Error(`The app has no workflow '${started.name}'.`)
  return new Execution(app, workflow.run, started)
}

/** Parses each outcome and awaits it. */
async function floorReplay(turns: readonly Turn[]): Promise<number> {
  let sum = 0
  for (const { events } of turns) {
    for (const event of events) {
      if (event.kind === 'taskCompleted')
        sum += await Promise.resolve(JSON.parse(event.output ?? '0') as number)
    }
  }
  return sum
}
