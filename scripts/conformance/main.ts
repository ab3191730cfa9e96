// `npm run conformance`: the cases that Dapr Workflow and its engines are tested with, which tests of ours ask for the same, and how they
// went on each backend.

import { readFileSync } from 'node:fs'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { inventory } from '../../test/conformance/inventory/index.ts'
import { caseLines, countLines, leftLines } from './print.ts'
import { conformanceOf, type TestReport } from './report.ts'
import { runTests } from './run.ts'

const commandLine = {
  usage: 'npm run conformance --',
  summary: 'Prints each case of Dapr Workflow, the tests that ask for it, and their results on each backend.',
  flags: {
    report: {
      type: 'string',
      value: 'file',
      description: 'a JSON report of Vitest; left out: the tests are run',
    },
    left: { type: 'boolean', description: 'what is left out, and why, instead of what is held' },
    counts: { type: 'boolean', description: 'the counts alone' },
    ...helpFlag,
  },
  notes: [
    '✓ passed, ✗ failed, – not run (no dynoxide here). AWS is the deployed functions on stand-ins, not an account.',
    '',
    'Exit code 1: a test has failed, or a case that is held has no test that passed.',
  ],
} as const

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line)
}

function main(): number {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    print([helpText(commandLine)])
    return 0
  }
  const report =
    flags.report === undefined ? runTests() : (JSON.parse(readFileSync(flags.report, 'utf8')) as TestReport)
  const conformance = conformanceOf(inventory, report)
  if (!flags.counts) print([...(flags.left ? leftLines(conformance) : caseLines(conformance)), ''])
  print(countLines(conformance))
  return conformance.problems.length === 0 ? 0 : 1
}

try {
  process.exitCode = main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run conformance -- --help`)
  process.exitCode = 2
}
