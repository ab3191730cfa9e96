// Many worlds, on all cores. Seeds are handed out in small batches, so that no worker is left behind with the slow ones.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Mode } from '../../test/simulation/modes.ts'
import type { Level } from '../../test/simulation/world.ts'

export interface Campaign {
  readonly from: number
  readonly seeds: number
  readonly sweeper: boolean
  readonly workers: number
  /** Default: the seed says which. */
  readonly mode?: Mode
  readonly level: Level
}

export interface Failure {
  readonly seed: number
  readonly mode: Mode
  readonly violations: readonly string[]
}

/** What a batch of worlds came to. */
export interface Tally {
  readonly seeds: number
  readonly virtualMs: number
  readonly counts: Readonly<Record<string, number>>
  readonly failures: readonly Failure[]
}

export interface CampaignResult extends Tally {
  readonly campaign: Campaign
  readonly realMs: number
  /** Of a campaign that was kept in a file: the code that it is of. */
  readonly commit?: string
}

/** A batch, as a worker is told of it. */
export interface Batch {
  readonly from: number
  readonly to: number
}

const batchSize = 25
/** After so many failures more of them tell nothing new. */
const enough = 20

/** Worlds are garbage soon after they were made: room to let many of them die at once is a tenth of the time. */
const resourceLimits = { maxYoungGenerationSizeMb: 128 }

export async function runCampaign(
  campaign: Campaign,
  onProgress: (done: Tally, realMs: number) => void,
): Promise<CampaignResult> {
  const begin = performance.now()
  const end = campaign.from + campaign.seeds
  let next = campaign.from
  let total: Tally = { seeds: 0, virtualMs: 0, counts: {}, failures: [] }
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: campaign, resourceLimits })
    while (next < end && total.failures.length < enough) {
      const batch: Batch = { from: next, to: Math.min(end, next + batchSize) }
      next = batch.to
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
      worker.postMessage(batch)
      const [tally] = (await once(worker, 'message')) as [Tally]
      total = sumOf(total, tally)
      onProgress(total, performance.now() - begin)
    }
    await worker.terminate()
  }
  await Promise.all(Array.from({ length: campaign.workers }, work))
  const failures = total.failures.toSorted((a, b) => a.seed - b.seed)
  return { ...total, failures, campaign, realMs: performance.now() - begin }
}

export function sumOf(a: Tally, b: Tally): Tally {
  const counts = { ...a.counts }
  for (const [what, count] of Object.entries(b.counts)) counts[what] = (counts[what] ?? 0) + count
  return {
    seeds: a.seeds + b.seeds,
    virtualMs: a.virtualMs + b.virtualMs,
    counts,
    failures: [...a.failures, ...b.failures],
  }
}
