// What the tests say of each case: which of them name it, and how they went on each backend.

import type { InventoryCase } from '../../test/conformance/inventory/index.ts'
import { casesIn } from '../../test/conformance/inventory/titles.ts'

/** The JSON report of Vitest, as far as it is read. */
export interface TestReport {
  readonly testResults: readonly {
    /** Path of the file. */
    readonly name: string
    readonly assertionResults: readonly TestResult[]
  }[]
}

interface TestResult {
  readonly ancestorTitles: readonly string[]
  readonly title: string
  /** `passed`, `failed`, or a word for what was not run. */
  readonly status: string
}

/** `once`: tests that belong to no backend, or to one only. */
export const columns = ['memory', 'SQLite', 'AWS', 'AWS in trouble', 'once'] as const
type Column = (typeof columns)[number]

type Result = 'passed' | 'failed' | 'not run'

export interface CaseRow {
  readonly id: string
  readonly asks: string
  /** Titles of the tests that name it. */
  readonly tests: readonly string[]
  /** Failed where one of them has failed; not run where none was. */
  readonly results: Readonly<Partial<Record<Column, Result>>>
}

export interface Conformance {
  readonly rows: readonly CaseRow[]
  readonly left: readonly InventoryCase[]
  /** What keeps the list from being held: failures, and cases that nothing has tested. */
  readonly problems: readonly string[]
}

export function conformanceOf(inventory: readonly InventoryCase[], report: TestReport): Conformance {
  const found = resultsByCase(report)
  const rows = inventory.flatMap(({ id, asks }): readonly CaseRow[] => {
    if (asks === undefined) return []
    const results = found.get(id) ?? []
    const tests = [...new Set(results.map(({ title }) => title))]
    return [{ id, asks, tests, results: summary(results) }]
  })
  const problems = rows.flatMap(({ id, results }) => {
    const all = Object.entries(results)
    if (!all.some(([, result]) => result === 'passed')) return [`${id}: no test of it has passed`]
    return all.flatMap(([column, result]) => (result === 'failed' ? [`${id}: failed (${column})`] : []))
  })
  return { rows, left: inventory.filter(({ reason }) => reason !== undefined), problems }
}

interface Found {
  readonly title: string
  readonly column: Column
  readonly result: Result
}

function resultsByCase({ testResults }: TestReport): ReadonlyMap<string, readonly Found[]> {
  const found = new Map<string, Found[]>()
  for (const { name, assertionResults } of testResults) {
    for (const { ancestorTitles, title, status } of assertionResults) {
      const result = status === 'passed' || status === 'failed' ? status : 'not run'
      const one: Found = { title, column: columnOf(name, ancestorTitles), result }
      for (const id of casesIn(title)) found.set(id, [...(found.get(id) ?? []), one])
    }
  }
  return found
}

function columnOf(path: string, ancestorTitles: readonly string[]): Column {
  if (path.endsWith('/aws-faults.test.ts')) return 'AWS in trouble'
  if (
    /\/aws-workflows|\/aws\/dynamodb\//.test(path) ||
    ancestorTitles.some((title) => title.includes(' on AWS'))
  )
    return 'AWS'
  if (/\/local-workflows|\/local\/store/.test(path)) return 'SQLite'
  return /\/memory-\w+\.test/.test(path) ? 'memory' : 'once'
}

function summary(results: readonly Found[]): CaseRow['results'] {
  const by = Map.groupBy(results, ({ column }) => column)
  const entries = [...by].map(([column, all]): readonly [Column, Result] => {
    const has = (wanted: Result): boolean => all.some(({ result }) => result === wanted)
    if (has('failed')) return [column, 'failed']
    return [column, has('passed') ? 'passed' : 'not run']
  })
  return Object.fromEntries(entries)
}
