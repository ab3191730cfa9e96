// What a campaign came to, as tables: of the worlds, of the faults that struck, of the rare branches that were reached.

import { awsFaults, awsProbes } from '../../test/simulation/aws/probes.ts'
import { probes } from '../../test/simulation/probes.ts'
import type { Campaign, CampaignResult } from './campaign.ts'
import { duration } from './progress.ts'

const faults = [
  'crash before',
  'crash after',
  'late apply',
  'freeze',
  'throttle',
  'success reported as failure',
  'slow answer',
  'part of a batch',
  'message delivered twice',
  'timer fired twice',
  'queues wiped',
  'deployment of code that does not fit',
] as const

/** From so many worlds of all kinds on, every probe must have been reached. */
const enoughForProbes = { ports: 5_000, aws: 1_000 } as const

export function faultsOf({ level }: Campaign): readonly string[] {
  return level === 'aws' ? [...faults, ...awsFaults] : faults
}

export function probesOf({ level }: Campaign): readonly string[] {
  return level === 'aws' ? awsProbes : probes
}

/** Probes that a campaign should have reached, and has not. */
function missedProbes({ campaign, seeds, counts }: CampaignResult): readonly string[] {
  const { mode, level } = campaign
  if (mode !== undefined || seeds < enoughForProbes[level]) return []
  return probesOf(campaign).filter((probe) => !counts[probe])
}

export function isFailed(result: CampaignResult): boolean {
  return result.failures.length > 0 || missedProbes(result).length > 0
}

type Row = readonly [what: string, figure: string]

export function worldRows({
  campaign,
  seeds,
  virtualMs,
  realMs,
  counts,
  failures,
  commit,
}: CampaignResult): readonly Row[] {
  const { from, sweeper, mode, level } = campaign
  const hours = Math.round(virtualMs / 3_600_000)
  const number = (what: string): string => figure(counts[what] ?? 0)
  return [
    [
      'worlds',
      `${figure(seeds)} (seeds ${from} to ${from + seeds - 1}, sweeper ${sweeper ? 'on' : 'off'}${level === 'aws' ? ', on AWS' : ''}${mode ? `, ${mode}` : ''})`,
    ],
    ...(commit === undefined ? [] : [['commit', commit] as const]),
    ['failed', figure(failures.length)],
    ['virtual time', `${figure(hours)} hours`],
    ['real time', `${duration(realMs / 1000)} on ${campaign.workers} threads`],
    ['episodes committed', number('episodes')],
    ['messages sent', number('messages sent')],
    ['activities run', number('activities run')],
    ['of them run again, for a fault', number('activities run again')],
  ]
}

export function countRows(names: readonly string[], { counts }: CampaignResult): readonly Row[] {
  return names.map((name) => [name, figure(counts[name] ?? 0)])
}

export function tables(result: CampaignResult): readonly string[] {
  const missed = missedProbes(result)
  return [
    ...table('', worldRows(result)),
    ...table('Faults', countRows(faultsOf(result.campaign), result)),
    ...table('Probes', countRows(probesOf(result.campaign), result)),
    '',
    ...missed.map((probe) => `Never reached: ${probe}`),
    isFailed(result) ? 'FAILED' : 'Every world ended as the oracle says, and no invariant was broken.',
  ]
}

function table(title: string, rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([what]) => what.length)) + 2
  return ['', ...(title ? [title] : []), ...rows.map(([what, number]) => `  ${what.padEnd(width)}${number}`)]
}

export function figure(number: number): string {
  return number.toLocaleString('en-US')
}
