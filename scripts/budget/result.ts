// What a run comes to: counts and dollars of one step, and whether they keep within the budget.

import { type Counts, type Entry, perStep, sumOf } from './counts.ts'
import { type Dollars, dollarsOf, storageOf, totalOf } from './dollars.ts'
import type { Run } from './run.ts'
import type { Budget, Scenario } from './scenarios.ts'

export interface Result {
  readonly scenario: Scenario
  /** Of one step. */
  readonly counts: Counts
  /** Of a million steps. */
  readonly dollars: Dollars
  readonly total: number
  /** Of what a million steps leave behind, for a month; on top of the total. */
  readonly storage: number
  /** Of the workflow, from beginning to end. */
  readonly episodes: number
  readonly containers: number
  /** The step that found a container without memory. */
  readonly cold?: Counts
  readonly checks: readonly Check[]
}

export interface Check {
  readonly property: string
  readonly limit: number
  readonly actual: number
  readonly holds: boolean
}

const million = 1e6

export function resultOf(run: Run): Result {
  const { scenario, episodes, containers, storedBytes } = run
  const { steps, budget, losesMemoryAfter } = scenario
  const counts = countsOf(run)
  const perStepDollars = dollarsOf(counts)
  const dollars = Object.fromEntries(
    Object.entries(perStepDollars).map(([service, usd]) => [service, usd * million]),
  ) as Dollars
  const total = totalOf(dollars)
  const cold = losesMemoryAfter === undefined ? undefined : sumOf(run.steps[losesMemoryAfter] ?? [])
  return {
    scenario,
    counts,
    dollars,
    total,
    storage: storageOf((storedBytes / steps) * million),
    episodes,
    containers,
    ...(cold && { cold }),
    checks: [
      ...checksOf(budget, { ...counts, dollars: total, writes: counts.puts + counts.batchWrites, episodes }),
      ...(scenario.isScattered ? [] : [quietness(run)]),
      ...(scenario.per === 'step' ? [flatness(run)] : []),
    ],
  }
}

function countsOf(run: Run): Counts {
  const { scenario, entries } = run
  if (scenario.per === 'run') return perStep(sumOf(entries), scenario.steps)
  const each = warmSteps(run).map(({ counts }) => counts)
  return each.reduce((dearest, next) => (costOf(next) > costOf(dearest) ? next : dearest))
}

function costOf(counts: Counts): number {
  return totalOf(dollarsOf(counts))
}

interface Step {
  /** From 1. */
  readonly number: number
  readonly entries: readonly Entry[]
  readonly counts: Counts
}

/** Steps whose container remembers the instance. */
function warmSteps({ scenario, steps }: Run): readonly Step[] {
  return steps
    .map((entries, at) => ({ number: at + 1, entries, counts: sumOf(entries) }))
    .filter(({ number }) => number !== 1 && number !== (scenario.losesMemoryAfter ?? -1) + 1)
}

/** However long the history has become, a step makes the requests that any other makes, and they are as large in units. */
function flatness(run: Run): Check {
  const steps = warmSteps(run)
  const [first] = steps
  const different = steps.filter(({ entries }) => shapeOf(entries) !== shapeOf(first?.entries ?? []))
  return { property: 'steps that differ from the second', limit: 0, ...compare(different.length, 0) }
}

/** CloudWatch bills every line. */
function quietness({ logLines }: Run): Check {
  return { property: 'lines in the log', limit: 0, ...compare(logLines, 0) }
}

function shapeOf(entries: readonly Entry[]): string {
  return entries
    .map((entry) => JSON.stringify(entry))
    .toSorted()
    .join('\n')
}

function checksOf(budget: Budget, actual: Budget): readonly Check[] {
  return (Object.keys(budget) as (keyof Budget)[]).map((name) => {
    const limit = budget[name] ?? 0
    return { property: name, limit, ...compare(actual[name] ?? Number.NaN, limit) }
  })
}

/** Sums of fractions may be off by less than anything that is counted. */
function compare(actual: number, limit: number): Pick<Check, 'actual' | 'holds'> {
  return { actual, holds: actual <= limit + 1e-9 }
}
