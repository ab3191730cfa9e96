import type { ExecutionStarted } from '../../src/engine/events.ts'
// (e) A recorded history through the engine alone, into an execution that has seen nothing yet: what a cold start costs per event.
import { Execution, type Turn } from '../../src/engine/execution.ts'
import { currentFlags } from '../../src/engine/flags.ts'
import type { App } from '../../src/workflow/app.ts'
import { benchApp } from './app.ts'
import { type Figure, type Findings, figureOf, timed, times } from './figures.ts'
import type { Sizes } from './sizes.ts'

export async function measureReplay({ replay }: Sizes): Promise<Findings> {
  const app = benchApp(new Map())
  const figures: Figure[] = []
  for (const events of replay.events) figures.push(await replayed(app, events, replay.rounds))
  return { figures, checks: [] }
}

async function replayed(app: App, events: number, rounds: number): Promise<Figure> {
  const turns = await record(app, events)
  const engine: number[] = []
  const bare: number[] = []
  await replay(app, turns)
  for (const _ of times(rounds)) {
    engine.push((events / (await timed(async () => replay(app, turns)))) * 1000)
    bare.push((events / (await timed(async () => floorReplay(turns)))) * 1000)
  }
  const name = `replay of ${events} events, one a turn`
  return figureOf({ letter: 'e', place: 'engine', name, unit: 'events/s' }, engine, bare)
}

/** A chain that ends with the last of so many events: its start, and the outcomes of its activities. */
async function record(app: App, events: number): Promise<readonly Turn[]> {
  const execution = newExecution(app, events - 1)
  const turns: Turn[] = []
  for (const at of times(events)) {
    const event =
      at === 0
        ? execution.started
        : ({ kind: 'taskCompleted', generation: 1, seq: at, output: String(at) } as const)
    const turn = { at: 1_000 * at, events: [event] }
    const { commands, outcome } = await execution.run([turn])
    turns.push({ ...turn, recorded: { commands, ended: outcome !== undefined } })
  }
  return turns
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
  const workflow = app.workflow(started.name)
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
