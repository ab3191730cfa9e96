// The suite on the AWS backend while everything fails that may. All that the workflows show of it is time. Every service is in this
// process, so a seed gives the same troubles each time, and gives them to a case that is run alone too:
// `SEED=7 npm run test:faults -- -t 'its title'`.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
const exceptions: Exceptions = {
  'an event id with other data or another name is refused, before and after it was taken':
    'an event that is taken between the two requests of a raise is not seen by it; the history knows its id, so it counts once all the same',
  'a completion counts once: the same one again is accepted, another one is refused, also after the end':
    'a completion that is taken between the two requests of another one is not seen by it; it counts once all the same',
  'of two simultaneous starts that differ exactly one succeeds (Dapr: reuse)':
    'a start that has to be made again may come when the other instance has ended, and given up its id',
  'inline activities that may share a commit do, and their results are those of single ones':
    'it counts commits; to take an activity over from a host that is lost is one more',
}

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
describe(`seed ${seed}`, { timeout: 120_000 }, () => {
  describeWorkflows('AWS with faults', hosts, exceptions)
})

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
