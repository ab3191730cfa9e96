// The table of docs/dapr.md that compares feature by feature, held against the list of cases and the titles of tests.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inventory, type InventoryCase } from '../conformance/inventory/index.ts'
import { namedCases } from '../conformance/inventory/titles.ts'
import { tableRows } from './markdown.ts'

const [, rest = ''] = readFileSync('docs/dapr.md', 'utf8').split('\n## Feature by feature\n')
const [section = ''] = rest.split('\n## ')

interface Row {
  readonly feature: string
  readonly verdict: string
  /** What it names, with the cases of each. */
  readonly cases: ReadonlyMap<string, readonly InventoryCase[]>
}

const rows = tableRows(section).map(([feature = '', verdict = '', , cell = '']): Row => {
  const references = [...cell.matchAll(/`([^`]+)`/g)].map(([, reference = '']) => reference)
  return { feature, verdict, cases: new Map(references.map((each) => [each, casesOf(each)])) }
})

/** The case of that name, or all of the group. */
function casesOf(reference: string): readonly InventoryCase[] {
  return inventory.filter(({ id }) => id === reference || id.startsWith(`${reference}/`))
}

test('every row has a verdict, and names cases that there are', () => {
  expect(rows.length).toBeGreaterThan(30)
  const verdicts = new Set(['same', 'better', 'different', 'not here', 'not yet'])
  const wrong = rows.filter(({ verdict, cases }) => !verdicts.has(verdict) || cases.size === 0)
  expect(wrong).toEqual([])
  const unknown = rows.flatMap(({ cases }) => [...cases].filter(([, found]) => found.length === 0))
  expect(unknown.map(([reference]) => reference)).toEqual([])
})

test('what is there has tests that name its cases; what is not there is left out for the reason of its row', () => {
  const named = namedCases()
  const wrong = rows.flatMap(({ feature, verdict, cases }) => {
    // A group that is there may leave some of its cases out; of one that is not, all are.
    const holds = (found: readonly InventoryCase[]): boolean =>
      verdict.startsWith('not ')
        ? found.every(({ reason }) => reason?.startsWith(verdict))
        : found.some(({ id }) => named.has(id))
    return [...cases].flatMap(([reference, found]) => (holds(found) ? [] : [`${feature}: ${reference}`]))
  })
  expect(wrong).toEqual([])
})

test('no group of cases is without a row', () => {
  const shown = new Set(rows.flatMap(({ cases }) => [...cases.values()].flat()))
  const missing = inventory.filter((each) => each.id.includes('/') && !shown.has(each))
  expect(missing.map(({ id }) => id)).toEqual([])
})
