// A campaign of hours in portions: what it has come to so far is in a file, and the same command goes on there. It is of one commit: worlds
// of other code are another campaign.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { UsageError } from '../../src/cli/command-line.ts'
import { type Campaign, type CampaignResult, runCampaign, sumOf, type Tally } from './campaign.ts'

const portion = 5_000

interface Kept extends CampaignResult {
  readonly commit: string
}

/** @throws UsageError when the file is of another campaign or of other code */
export async function runKeptCampaign(
  file: string,
  campaign: Campaign,
  onProgress: (done: Tally, realMs: number) => void,
): Promise<CampaignResult> {
  const commit = headCommit()
  let kept = read(file) ?? { seeds: 0, virtualMs: 0, counts: {}, failures: [], campaign, realMs: 0, commit }
  const isSame =
    JSON.stringify({ ...kept.campaign, workers: 0 }) === JSON.stringify({ ...campaign, workers: 0 })
  if (!isSame || kept.commit !== commit) {
    throw new UsageError(
      `${file} has ${kept.seeds} worlds of another campaign (${JSON.stringify(kept.campaign)}, commit ${kept.commit}). Take another file.`,
    )
  }
  while (kept.seeds < campaign.seeds && kept.failures.length === 0) {
    const { seeds: done, realMs } = kept
    const part = {
      ...campaign,
      from: campaign.from + done,
      seeds: Math.min(portion, campaign.seeds - done),
    }
    const before = kept
    const tally = await runCampaign(part, (now, ms) => onProgress(sumOf(before, now), realMs + ms))
    kept = { ...sumOf(kept, tally), campaign, realMs: realMs + tally.realMs, commit }
    write(file, kept)
  }
  return kept
}

function headCommit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=10'], { encoding: 'utf8' }).trim()
}

function read(file: string): Kept | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined
}

function write(file: string, kept: Kept): void {
  writeFileSync(`${file}.new`, JSON.stringify(kept))
  renameSync(`${file}.new`, file)
}
