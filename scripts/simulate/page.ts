// The tables of docs/reliability.md, as the tool writes them.

import { readFileSync, writeFileSync } from 'node:fs'
import type { CampaignResult } from './campaign.ts'
import type { Found } from './hunt.ts'
import { countRows, faultsOf, figure, probesOf, worldRows } from './report.ts'

const page = new URL('../../docs/reliability.md', import.meta.url)

/** Writes what a campaign came to, in the place of the one before with or without a sweeper. */
export function keepPage(result: CampaignResult): void {
  const { level } = result.campaign
  const name = `campaign ${level === 'aws' ? 'aws ' : ''}sweeper ${result.campaign.sweeper ? 'on' : 'off'}`
  const rows = [
    ...worldRows(result),
    ...countRows(faultsOf(result.campaign), result),
    ...countRows(probesOf(result.campaign), result),
  ]
  write(name, [tableRow(['', '']), tableRow(['---', '---:']), ...rows.map(tableRow)])
}

/** Writes which defects were found, and how soon. */
export function keepHunt(all: readonly Found[]): void {
  const rows = all.map(({ name, seed, violation }) =>
    tableRow([name, seed === undefined ? 'never' : figure(seed), ruleOf(violation)]),
  )
  write('defects', [
    tableRow(['defect', 'worlds until it was found', 'by']),
    tableRow(['---', '---:', '---']),
    ...rows,
  ])
}

/** `I4 fact twice: …` was found by I4. */
function ruleOf(violation: string): string {
  return violation.split(' ', 1)[0] ?? ''
}

function write(name: string, lines: readonly string[]): void {
  const before = readFileSync(page, 'utf8')
  const range = new RegExp(`(<!-- ${name} -->).*?(<!-- end -->)`, 's')
  const after = before.replace(
    range,
    (_, begin: string, end: string) => `${begin}\n\n${lines.join('\n')}\n\n${end}`,
  )
  writeFileSync(page, after)
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
