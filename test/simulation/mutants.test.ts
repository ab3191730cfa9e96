// A simulation that finds nothing proves nothing: each of these defects must break something in some world that is whole without it.
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { simulate } from './world.ts'

/** Most are found within ten worlds. */
const worlds = 1_000

/** Where the search begins, for those that are hard to find. */
const firstWorld: Readonly<Record<string, number>> = {
  'a new generation that forgets the carriers whose facts are still to come': 1_970,
}

test.each(Object.entries(mutants))('found: %s', { timeout: 120_000 }, async (title, options) => {
  const { mutant: _, ...whole } = options
  const from = firstWorld[title] ?? 1
  for (let seed = from; seed < from + worlds; seed++) {
    if ((await simulate(seed, options)).violations.length === 0) continue
    expect((await simulate(seed, whole)).violations).toEqual([])
    return
  }
  expect.unreachable('no world shows it')
})
