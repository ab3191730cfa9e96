// Failures by number: the k-th input or output of a whole run fails, in each of the ways in which it can, for every k; and then every
// pair of failures.

import { problemsOfHistory } from '../../scripts/crash/checker.ts'
import type { Store } from '../../src/runtime/ports.ts'
import type { Rng } from '../simulation/rng.ts'
import type { CrashWorkflow } from './workflows.ts'

const ways = [
  'is refused',
  'succeeds, and its answer is lost',
  'takes its host down before',
  'takes its host down after',
] as const
type Way = (typeof ways)[number]

export interface Fault {
  /** Of all inputs and outputs of the run, counted from 1. */
  readonly call: number
  readonly way: Way
}

export interface Outcome {
  readonly calls: number
  readonly problems: readonly string[]
}

/** Runs a workflow from its start to the rest of everything, in a world of its own. */
export type TryOut = (workflow: CrashWorkflow, faults: readonly Fault[]) => Promise<Outcome>

export interface SweepResult {
  /** Without a fault. */
  readonly calls: number
  readonly runs: number
  /** What went wrong, with the faults that lead there. */
  readonly failed: readonly string[]
}

/** The faults of one run. */
type Faults = readonly Fault[]

/** What to try, by the number of calls that there are without a fault. */
export type Plan = (calls: number, rng: Rng) => readonly Faults[]

/** Every failure, in every way. */
export const singles: Plan = (calls) =>
  Array.from({ length: calls }, (_, at) => ways.map((way) => [{ call: at + 1, way }])).flat()

/** Every pair of failures, each in a way that the dice choose. */
export const pairs: Plan = (calls, rng) =>
  Array.from({ length: calls }, (_, at) =>
    Array.from({ length: at }, (__, before) =>
      [before + 1, at + 1].map((call) => ({ call, way: rng.pick(ways) })),
    ),
  ).flat()

/** A few of each plan. */
export function some(...counts: readonly (readonly [count: number, of: Plan])[]): Plan {
  return (calls, rng) =>
    counts.flatMap(([count, plan]) => {
      const all = plan(calls, rng)
      return Array.from({ length: count }, () => rng.pick(all))
    })
}

export async function sweep(
  tryOut: TryOut,
  workflow: CrashWorkflow,
  plan: Plan,
  rng: Rng,
): Promise<SweepResult> {
  const undisturbed = await tryOut(workflow, [])
  const failed = undisturbed.problems.map((problem) => `without a fault: ${problem}`)
  const all = plan(undisturbed.calls, rng)
  for (const faults of all) {
    const { problems } = await tryOut(workflow, faults)
    const what = faults.map(({ call, way }) => `call ${call} ${way}`).join(', ')
    if (problems.length > 0) failed.push(`${what}: ${problems.join('; ')}`)
  }
  return { calls: undisturbed.calls, runs: all.length, failed }
}

/** What every run must have come to, whatever failed on its way. @param effects all of them, in order */
export async function problemsAtRest(
  { ends, effects: wanted }: CrashWorkflow,
  store: Store,
  effects: readonly string[],
  wasDisturbed: boolean,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const [id, [status, output]] of Object.entries(ends)) {
    const row = await store.getInstance(id)
    if (row?.status !== status || row.output !== output) {
      problems.push(`${id} is ${row?.status} ${row?.output} ${row?.stalled?.message ?? ''}`)
    }
    if (row) problems.push(...problemsOfHistory({ episodes: await store.readHistory(row) }))
  }
  const done = new Set(effects)
  problems.push(
    ...wanted.filter((what) => !done.has(what)).map((what) => `${what} was never run`),
    ...[...done].filter((what) => !wanted.includes(what)).map((what) => `${what} was run`),
  )
  if (!wasDisturbed && effects.length > done.size) problems.push('an activity ran twice without a fault')
  return problems
}
