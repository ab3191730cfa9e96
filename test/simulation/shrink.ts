// The least that still fails: parts of the programs are left out, one after the other, as long as the world fails without them.

import type { Launch } from './clients.ts'
import type { Program, Step } from './programs.ts'

/** @param fails whether a world with these launches fails. @param most worlds that are tried */
export async function shrink(
  launches: readonly Launch[],
  fails: (launches: readonly Launch[]) => Promise<boolean>,
  most = 300,
): Promise<readonly Launch[]> {
  let least = launches
  let tried = 0
  for (let isDone = false; !isDone;) {
    isDone = true
    for (const smaller of smallerLaunches(least)) {
      if (++tried > most) return least
      if (!(await fails(smaller))) continue
      least = smaller
      isDone = false
      break
    }
  }
  return least
}

function* smallerLaunches(launches: readonly Launch[]): Generator<readonly Launch[]> {
  for (const at of launches.keys()) if (launches.length > 1) yield launches.toSpliced(at, 1)
  for (const [at, launch] of launches.entries()) {
    const { program, next, inSeconds, isRestarted } = launch
    if (next || inSeconds !== undefined || isRestarted) yield launches.with(at, { program })
    for (const smaller of smallerPrograms(program)) yield launches.with(at, { ...launch, program: smaller })
    for (const smaller of next ? smallerPrograms(next) : [])
      yield launches.with(at, { ...launch, next: smaller })
  }
}

function* smallerPrograms(program: Program): Generator<Program> {
  for (const [at, step] of program.entries()) {
    yield program.toSpliced(at, 1)
    for (const smaller of smallerSteps(step)) yield program.toSpliced(at, 1, ...smaller)
  }
}

/** What may stand in the place of a step. What throws stays where it is caught. */
function* smallerSteps(step: Step): Generator<readonly Step[]> {
  switch (step.k) {
    case 'fan':
    case 'inline':
    case 'claims':
      if (step.xs.length > 1) yield [{ ...step, xs: step.xs.slice(1) }]
      break
    case 'loop':
      yield step.body
      for (const body of smallerPrograms(step.body)) yield [{ ...step, body }]
      break
    case 'try':
      for (const body of smallerPrograms(step.body)) yield [{ ...step, body }]
      break
    case 'parallel':
      yield* step.branches
      for (const [at, branch] of step.branches.entries()) {
        for (const smaller of smallerPrograms(branch))
          yield [{ ...step, branches: step.branches.with(at, smaller) }]
      }
      break
    case 'child':
      for (const program of smallerPrograms(step.program)) yield [{ ...step, program }]
      break
    case 'can':
      yield step.next
      for (const next of smallerPrograms(step.next)) yield [{ ...step, next }]
      break
    default:
  }
}
