// The hunt for known defects: each must break something in some world, or the simulator is blind to its like.

import { type MutantCase, mutants } from '../../test/simulation/mutants.ts'
import { simulate } from '../../test/simulation/world.ts'
import type { Campaign } from './campaign.ts'
import { keepHunt } from './page.ts'

export interface Found {
  readonly name: string
  readonly options: MutantCase
  /** The first seed whose world fails; undefined when none does. */
  readonly seed: number | undefined
  readonly violation: string
}

interface HuntOptions {
  readonly print: (line: string) => void
  readonly mayWrite: boolean
}

/** @returns whether every one of them was found */
export async function hunt(
  names: readonly string[],
  { from, seeds }: Campaign,
  { print, mayWrite }: HuntOptions,
): Promise<boolean> {
  const all: Found[] = []
  for (const name of names) {
    const options = mutants[name]
    if (!options) continue
    const found = await search(name, options, from, seeds)
    all.push(found)
    print(`${String(found.seed ?? 'NOT FOUND').padStart(9)}  ${name}  ${found.violation}`)
  }
  if (mayWrite) keepHunt(all)
  return all.every(({ seed }) => seed !== undefined)
}

async function search(name: string, options: MutantCase, from: number, seeds: number): Promise<Found> {
  for (let seed = from; seed < from + seeds; seed++) {
    const [violation] = (await simulate(seed, options)).violations
    if (violation !== undefined) return { name, options, seed, violation }
  }
  return { name, options, seed: undefined, violation: '' }
}
