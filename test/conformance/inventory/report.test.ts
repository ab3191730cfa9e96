// The report of conformance, on results that are made up.

import { expect, test } from 'vitest'
import { caseLines, countLines, leftLines } from '../../../scripts/conformance/print.ts'
import { conformanceOf, type TestReport } from '../../../scripts/conformance/report.ts'
import type { InventoryCase } from './index.ts'
import { casesIn } from './titles.ts'

const held = (id: string): InventoryCase => ({
  id,
  source: 'Dapr',
  asks: `what ${id} asks`,
  reason: undefined,
})
const list: readonly InventoryCase[] = [
  held('Dapr: basic/child'),
  held('MJ: whenAll/empty'),
  { id: 'Dapr: rerun/one', source: 'Dapr', asks: undefined, reason: 'not yet: there is no rerun' },
  { id: 'Dapr: signing/basic', source: 'Dapr', asks: undefined, reason: 'not here: no signatures' },
]

function reportOf(
  ...results: readonly (readonly [file: string, title: string, status: string])[]
): TestReport {
  return {
    testResults: results.map(([name, title, status]) => ({
      name: `/repository/test/${name}`,
      assertionResults: [{ ancestorTitles: ['a suite'], title, status }],
    })),
  }
}

const child = 'a child gives its result (Dapr: basic/child)'
const both = 'nothing is waited for (Dapr: basic/child; MJ: whenAll/empty)'

test.each([
  ['a title', []],
  ['a title (with something else)', []],
  [child, ['Dapr: basic/child']],
  ['x (Dapr: a, b/c d; MJ: e)', ['Dapr: a', 'Dapr: b/c d', 'MJ: e']],
  ['x of ${width} (live) (DG: A+B)', ['DG: A+B']],
])('%s names %j', (title, cases) => {
  expect(casesIn(title)).toEqual(cases)
})

test('a case has the results of all tests that name it, by backend; the worst counts', () => {
  const { rows, problems } = conformanceOf(
    list,
    reportOf(
      ['conformance/memory-workflows.test.ts', child, 'passed'],
      ['conformance/local-workflows.test.ts', child, 'passed'],
      ['conformance/aws-workflows.test.ts', child, 'skipped'],
      ['conformance/aws-faults.test.ts', child, 'failed'],
      ['conformance/aws-faults.test.ts', both, 'passed'],
      ['runtime/races.test.ts', both, 'passed'],
    ),
  )
  expect(rows).toEqual([
    {
      id: 'Dapr: basic/child',
      asks: 'what Dapr: basic/child asks',
      tests: [child, both],
      results: {
        memory: 'passed',
        SQLite: 'passed',
        AWS: 'not run',
        'AWS in trouble': 'failed',
        once: 'passed',
      },
    },
    {
      id: 'MJ: whenAll/empty',
      asks: 'what MJ: whenAll/empty asks',
      tests: [both],
      results: { 'AWS in trouble': 'passed', once: 'passed' },
    },
  ])
  expect(problems).toEqual(['Dapr: basic/child: failed (AWS in trouble)'])
})

test('a case that nothing has tested, or that was not run, is a problem', () => {
  const { problems } = conformanceOf(
    list,
    reportOf(['conformance/memory-workflows.test.ts', child, 'skipped']),
  )
  expect(problems).toEqual([
    'Dapr: basic/child: no test of it has passed',
    'MJ: whenAll/empty: no test of it has passed',
  ])
})

test('the table, what is left out, and the counts', () => {
  const files = ['memory', 'local', 'aws'].map((name) => `conformance/${name}-workflows.test.ts`)
  const conformance = conformanceOf(list, reportOf(...files.map((file) => [file, both, 'passed'] as const)))
  expect(caseLines(conformance)).toEqual([
    'memory  SQLite  AWS  AWS in trouble  once  case',
    '     ✓       ✓    ✓                        Dapr: basic/child: what Dapr: basic/child asks',
    '                                             nothing is waited for',
    '     ✓       ✓    ✓                        MJ: whenAll/empty: what MJ: whenAll/empty asks',
    '                                             nothing is waited for',
  ])
  expect(leftLines(conformance)).toEqual([
    '   1  not here: no signatures',
    '      Dapr: signing/basic',
    '   1  not yet: there is no rerun',
    '      Dapr: rerun/one',
  ])
  expect(countLines(conformance)).toEqual([
    '4 cases: 2 held, 1 not yet, 1 not here',
    '2 of those held on memory, SQLite and AWS alike, the others where they belong',
    '0 problems',
  ])
})
