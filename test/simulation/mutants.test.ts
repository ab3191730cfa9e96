// A simulation that finds nothing proves nothing: each of these defects must break something in some world.
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { simulate } from './world.ts'

/** Most are found within ten worlds, all within a hundred. */
const worlds = 1_000

test.each(Object.entries(mutants))('found: %s', { timeout: 60_000 }, async (_title, options) => {
  let found: string | undefined
  for (let seed = 1; seed <= worlds && !found; seed++) {
    const { violations } = await simulate(seed, options)
    if (violations.length > 0) found = `seed ${seed}: ${violations.join('; ')}`
  }
  expect(found).toBeDefined()
})

test(
  'the programs that were written for some of them pass without a defect',
  { timeout: 60_000 },
  async () => {
    for (const { mutant: _, ...options } of Object.values(mutants)) {
      if (!options.program) continue
      for (let seed = 1; seed <= 20; seed++) expect((await simulate(seed, options)).violations).toEqual([])
    }
  },
)
