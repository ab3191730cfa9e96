// The suite on the AWS backend while everything fails that may. All that the workflows show of it is time. Every service is in this
// process, so a seed gives the same troubles each time, and gives them to a case that is run alone too:
// `SEED=7 npm run test:faults -- -t 'its title'`.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { standInDatabase } from '../../scripts/stack/stand-in-database.ts'
import { sizes } from '../../src/aws/dynamodb/sizes.ts'
import { Chaos } from '../aws/faults/chaos.ts'
import { Tally } from '../aws/faults/tally.ts'
import { Rng } from '../simulation/rng.ts'
import { awsHosts } from './aws-host.ts'
import { opener } from './bench.ts'
import type { OpenHost } from './test-host.ts'
import { describeWorkflows, type Exceptions, groups } from './workflow.suite.ts'

/** Cases that ask for more than is promised when things go wrong. */
const exceptions: Exceptions = {}

const seed = Number(process.env['SEED'] ?? 1)
const tally = new Tally()
const digest = createHash('sha256')
let worlds = 0

/** @param nextDice those of each world */
function faultyHosts(nextDice: () => Rng, heard: (request: string) => void): OpenHost {
  return awsHosts(standInDatabase, (time) => ({
    options: new Chaos({
      rng: nextDice(),
      time,
      tally,
      trace: (...request) => heard(JSON.stringify([time.clock.now(), ...request])),
    }).options,
    onRepeat: () => tally.add('an activity runs again'),
  }))
}

const { syncBytes } = sizes
beforeAll(() => {
  // Which of two threads has compressed its payload first is no seed's to say.
  sizes.syncBytes = Number.POSITIVE_INFINITY
})
afterAll(() => {
  sizes.syncBytes = syncBytes
})
beforeEach(() => {
  worlds = 0
})

const hosts = faultyHosts(
  () => new Rng(seed).fork(`${expect.getState().currentTestName} ${++worlds}`),
  (request) => digest.update(request),
)
describeWorkflows(`AWS with faults, seed ${seed}`, hosts, exceptions)

test.each([
  ['payloads', 'a megabyte goes through'],
  ['payloads', 'inputs that no message can carry'],
  ['timers', ''],
  ['children', ''],
])('the same seed gives the same troubles and the same requests: %s, %s', async (group, title) => {
  const [run] = Object.entries(groups[group] ?? {}).flatMap(([each, found]) =>
    each.startsWith(title) ? [found] : [],
  )
  const requestsOf = async (dice: number): Promise<readonly string[]> => {
    const requests: string[] = []
    await run?.(
      opener(
        faultyHosts(
          () => new Rng(dice),
          (request) => requests.push(request),
        ),
      ),
    )
    return requests
  }
  const [once, twice, otherwise] = [
    await requestsOf(seed),
    await requestsOf(seed),
    await requestsOf(seed + 1),
  ]
  expect(once.length).toBeGreaterThan(10)
  expect(twice).toEqual(once)
  expect(otherwise).not.toEqual(once)
})

test('every trouble has come', () => {
  if (process.env['SEED']) {
    const counts = tally.counts.map(([trouble, count]) => `${count} ${trouble}`)
    console.log([...counts, `${digest.copy().digest('hex')} all requests`].join('\n'))
  }
  expect(tally.counts.filter(([, count]) => count === 0)).toEqual([])
})
