// The suite on the AWS backend while everything fails that may. All that the workflows show of it is time.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dynoxide, noDynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { Chaos } from '../aws/faults/chaos.ts'
import { Tally } from '../aws/faults/tally.ts'
import { Rng } from '../simulation/rng.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { awsHosts } from './aws-host.ts'
import { describeWorkflows, type Exceptions } from './workflow.suite.ts'

/** Cases that ask for more than is promised when things go wrong. */
const exceptions: Exceptions = {
  'an attempt that takes longer than its timeout is told to stop, fails, and is tried again':
    'it counts its runs, and an attempt may be run again',
  'an event id with other data or another name is refused, before and after it was taken':
    'an event that is taken between the two requests of a raise is not seen by it; the history knows its id, so it counts once all the same',
  'a completion counts once: the same one again is accepted, another one is refused, also after the end':
    'a completion that is taken between the two requests of another one is not seen by it; it counts once all the same',
  'what has ended stays as it is: terminate does nothing, suspend and resume are refused (Dapr: terminate/completed; DG: Executor/CompletionBeforeTerminateWins; MJ: control/no duplicate completion)':
    'the row may show an end later than the history does; what is accepted until then is dropped',
}

const seed = Number(process.env['SEED'] ?? 1)
const title = dynoxideTitle('AWS')

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(title, { timeout: 60_000 }, () => {
  let dynoxide: Dynoxide
  let worlds = 0
  const tally = new Tally()
  beforeAll(async () => {
    dynoxide = await startDynoxide()
  })
  afterAll(async () => dynoxide.close())

  const hosts = awsHosts(
    () => dynoxide,
    (time) => ({
      options: new Chaos(new Rng(1_000 * seed + ++worlds), time, tally).options,
      onRepeat: () => tally.add('an activity runs again'),
    }),
  )
  describeWorkflows(`with faults, seed ${seed}`, hosts, exceptions)

  test('every trouble has come', () => {
    if (process.env['SEED']) console.log(tally.counts.map(([t, n]) => `${n} ${t}`).join('\n'))
    expect(tally.counts.filter(([, count]) => count === 0)).toEqual([])
  })
})
