// The tables of docs/costs.md.

import { rivalPrices } from '../bundle/prices.ts'
import { memoryMb } from './assumptions.ts'
import { type Counts, nothing } from './counts.ts'
import { dollarsOf, totalOf } from './dollars.ts'
import { money, numberText } from './report.ts'
import type { Result } from './result.ts'

const heads = [
  'one step',
  'SQS requests',
  'write units',
  'read units',
  'invocations',
  'USD a million',
  'storage',
]

/** The rows of a scenario: that of one step, and of one whose container remembered nothing. */
export function rowsOf({ scenario, counts, total, storage, cold }: Result): readonly string[] {
  const row = countRow(scenario.step, counts, [money(total), money(storage)])
  return cold
    ? [row, countRow('… and the step after that', cold, [money(totalOf(dollarsOf(cold)) * 1e6), ''])]
    : [row]
}

/** The page with the rows of all scenarios, and with the prices of others. */
export function refresh(page: string, results: readonly Result[]): string {
  const steps = [...headOf(heads), ...results.flatMap(rowsOf), ownCodeRow()]
  return withTable(withTable(page, 'steps', steps), 'others', othersTable())
}

/** What the code of activities costs, in which nothing is counted. */
export function ownCodeRow(): string {
  const ms = 100
  const gbSeconds = (ms / 1000) * (memoryMb.activity / 1024)
  const dollars = totalOf(dollarsOf({ ...nothing, gbSeconds })) * 1e6
  return tableRow([`${ms} ms of your own in an activity`, '', '', '', '', money(dollars), ''])
}

function countRow(step: string, counts: Counts, dollars: readonly string[]): string {
  const { sqsRequests, writeUnits, readUnits, invocations } = counts
  return tableRow([step, ...[sqsRequests, writeUnits, readUnits, invocations].map(numberText), ...dollars])
}

export function othersTable(): readonly string[] {
  const rows = rivalPrices.map(({ what, usd }) => tableRow([what, money(usd * 1e6)]))
  return [...headOf(['', 'USD a million']), ...rows]
}

/** The lines of the table that stands between `<!-- name -->` and `<!-- end -->`. */
export function tableIn(page: string, name: string): readonly string[] {
  return rangeOf(name).exec(page)?.[2]?.trim().split('\n') ?? []
}

function withTable(page: string, name: string, lines: readonly string[]): string {
  return page.replace(rangeOf(name), (_, begin: string, __, end: string) => {
    return `${begin}\n\n${lines.join('\n')}\n\n${end}`
  })
}

function rangeOf(name: string): RegExp {
  return new RegExp(`(<!-- ${name} -->)(.*?)(<!-- end -->)`, 's')
}

function headOf(names: readonly string[]): readonly string[] {
  return [tableRow(names), tableRow(names.map((_, at) => (at === 0 ? '---' : '---:')))]
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
