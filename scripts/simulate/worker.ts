// One thread of a campaign: runs the worlds that it is told of, and says what they came to.

import { parentPort, workerData } from 'node:worker_threads'
import { modeOf, modes } from '../../test/simulation/modes.ts'
import { simulate } from '../../test/simulation/world.ts'
import { type Batch, type Campaign, sumOf, type Tally } from './campaign.ts'

/** One world in so many is run twice: both must be the same. */
const twiceEvery = 50

const campaign = workerData as Campaign

// Nobody reads the stacks of a million errors that are thrown on purpose.
Error.stackTraceLimit = 0

async function run(seed: number): Promise<Tally> {
  const mode = campaign.mode ?? modeOf(seed, campaign.sweeper)
  const options = { ...modes[mode], level: campaign.level }
  const report = await simulate(seed, options)
  const violations = [...report.violations]
  if (seed % twiceEvery === 0 && (await simulate(seed, options)).trace !== report.trace)
    violations.push('D the same seed gave another world')
  return {
    seeds: 1,
    virtualMs: report.virtualMs,
    counts: Object.fromEntries(report.counts),
    failures: violations.length > 0 ? [{ seed, mode, violations }] : [],
  }
}

parentPort?.on('message', (batch: Batch) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
  void tallyOf(batch).then((tally) => parentPort?.postMessage(tally))
})

async function tallyOf({ from, to }: Batch): Promise<Tally> {
  let tally: Tally = { seeds: 0, virtualMs: 0, counts: {}, failures: [] }
  for (let seed = from; seed < to; seed++) tally = sumOf(tally, await run(seed))
  return tally
}
