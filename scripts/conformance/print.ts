// The table: case, tests, and a mark for each backend.

import { type CaseRow, columns, type Conformance } from './report.ts'

const marks = { passed: '✓', failed: '✗', 'not run': '–' } as const

export function caseLines({ rows }: Conformance): readonly string[] {
  const heads = columns.map((column) => column.padStart(width(column)))
  return [`${heads.join('  ')}  case`, ...rows.flatMap(rowLines)]
}

/** Cases that are left out, by reason. */
export function leftLines({ left }: Conformance): readonly string[] {
  const byReason = Map.groupBy(left, ({ reason = '' }) => reason)
  return [...byReason]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([reason, cases]) => [
      `${String(cases.length).padStart(4)}  ${reason}`,
      `      ${cases.map(({ id }) => id).join(', ')}`,
    ])
}

export function countLines({ rows, left, problems }: Conformance): readonly string[] {
  const of = (word: string): number => left.filter(({ reason }) => reason?.startsWith(word)).length
  const total = rows.length + left.length
  const everywhere = rows.filter(({ results }) =>
    columns.slice(0, 3).every((each) => results[each] === 'passed'),
  )
  return [
    `${total} cases: ${rows.length} held, ${of('not yet')} not yet, ${of('not here')} not here`,
    `${everywhere.length} of those held on memory, SQLite and AWS alike, the others where they belong`,
    `${problems.length} problems`,
    ...problems.map((problem) => `  ${problem}`),
  ]
}

function rowLines({ id, asks, tests, results }: CaseRow): readonly string[] {
  const shown = columns.map((column) => {
    const result = results[column]
    return (result ? marks[result] : '').padStart(width(column))
  })
  const indent = ' '.repeat(shown.join('  ').length)
  return [
    `${shown.join('  ')}  ${id}: ${asks}`,
    ...tests.map((title) => `${indent}    ${withoutCases(title)}`),
  ]
}

function withoutCases(title: string): string {
  return title.replace(/ \((?:Dapr|DG|MJ|JS): [^)]*\)$/, '')
}

function width(column: string): number {
  return column.length
}
