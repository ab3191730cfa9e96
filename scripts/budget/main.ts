// `npm run budget`: what AWS counts and bills for one step of each kind, held against what a step may cost. See docs/costs.md.

import { readFileSync, writeFileSync } from 'node:fs'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { noDynoxide, startDynoxide } from '../stack/dynoxide.ts'
import { refresh } from './page.ts'
import { checkLines, countHead, countLines, dollarTable, headLines } from './report.ts'
import { type Result, resultOf } from './result.ts'
import { run } from './run.ts'
import { type Scenario, scenarios } from './scenarios.ts'

const commandLine = {
  usage: 'npm run budget --',
  summary: 'Counts the requests to AWS that a step of each kind makes, and what they cost.',
  flags: {
    only: { type: 'string', value: 'ids', description: 'only these, such as chain-10,timer; left out: all' },
    json: { type: 'boolean', description: 'one JSON document instead of tables' },
    write: {
      type: 'boolean',
      description: 'writes the tables of docs/costs.md; without it they are compared',
    },
    ...helpFlag,
  },
  notes: [
    `ids: ${scenarios.map(({ id }) => id).join(' ')}`,
    '',
    'Exit code 1: a budget is broken, or docs/costs.md says something else.',
  ],
} as const

const page = new URL('../../docs/costs.md', import.meta.url)

function toScenarios(ids: string | undefined): readonly Scenario[] {
  if (ids === undefined) return scenarios
  return ids.split(',').map((id) => {
    const scenario = scenarios.find((each) => each.id === id.trim())
    if (!scenario) throw new UsageError(`--only takes ids, got '${id}'.`)
    return scenario
  })
}

async function count(wanted: readonly Scenario[], print: (line: string) => void) {
  const dynoxide = await startDynoxide()
  const results: Result[] = []
  try {
    for (const scenario of wanted) {
      const result = resultOf(await run(dynoxide, scenario))
      for (const line of countLines(result)) print(line)
      results.push(result)
    }
  } finally {
    await dynoxide.close()
  }
  return results
}

/** @returns whether the page says what was counted */
function keepPage(results: readonly Result[], mayWrite: boolean): boolean {
  const before = readFileSync(page, 'utf8')
  const after = refresh(before, results)
  if (mayWrite) writeFileSync(page, after)
  return mayWrite || before === after
}

async function main(): Promise<number> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  const wanted = toScenarios(flags.only)
  if (flags.write && flags.only !== undefined)
    throw new UsageError('--write needs all scenarios, not --only.')
  if (noDynoxide) throw new UsageError(`Nothing can be counted here: ${noDynoxide}.`)
  const print = flags.json ? () => {} : console.log
  print([...headLines, '', countHead].join('\n'))
  const results = await count(wanted, print)
  print(['', ...dollarTable(results), '', ...checkLines(results)].join('\n'))
  const holds = results.every(({ checks }) => checks.every((check) => check.holds))
  const isWritten = flags.only !== undefined || keepPage(results, flags.write ?? false)
  if (!isWritten) console.error('docs/costs.md says something else: npm run budget -- --write')
  if (flags.json) console.log(JSON.stringify({ holds, results }, undefined, 2))
  return holds && isWritten ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run budget -- --help`)
  process.exitCode = 2
}
