// A simulation that finds nothing proves nothing: each of these defects must break something in some world that is whole without it.
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { simulate } from './world.ts'

/** Most are found within ten. */
const worlds = 40

/** It takes longer to find these: `npm run simulate -- --mutant all` hunts them too, and CI does. */
const rare = [
  'inbox rows that are deleted before the commit',
  'a cancelled activity that is not recorded as such',
  'a store that trims the episodes of messages that are still under way',
  'dead letters that nobody reads',
  'timers that nobody waits for until they are set',
  'a timer that could not be set is forgotten',
  'a new generation that forgets the carriers whose facts are still to come',
  'a cancellation that takes the next timer along',
  'a store that trims the inputs of activities that are still to be run',
  'a message that is sent again fourfold, each time',
  'items of a batch that were left for later, and nobody writes',
  'a token that is made from the fact, so that a second ring is a second carrier',
  'a doorbell that names one row of several',
  'a new generation that forgets the events which nobody took',
]

const common = Object.entries(mutants).filter(([title]) => !rare.includes(title))

test('what is left to the hunt is there to be hunted', () => {
  expect(rare.filter((title) => !(title in mutants))).toEqual([])
})

test.each(common)('found: %s', { timeout: 120_000 }, async (_, options) => {
  const { mutant: _mutant, ...whole } = options
  for (let seed = 1; seed <= worlds; seed++) {
    if ((await simulate(seed, options)).violations.length === 0) continue
    expect((await simulate(seed, whole)).violations).toEqual([])
    return
  }
  expect.unreachable('no world shows it')
})
