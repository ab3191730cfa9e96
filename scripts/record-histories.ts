// `npm run record`: adds to test/histories what this version has not recorded yet, of the conformance cases and the examples. What is there
// is left alone, so a new version begins a folder of its own, and a new case adds a file.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../src/cli/command-line.ts'
import { historyFile, toHistoryText } from '../test/examples/history-files.ts'
import { record } from '../test/examples/recorder.ts'
import { scenarios } from '../test/examples/scenarios.ts'
import { extendManifest, readManifest } from '../test/histories/corpus.ts'

const commandLine = {
  usage: 'npm run record --',
  summary: 'Adds the histories of new cases and examples to test/histories; what is there is left alone.',
  flags: {
    examples: { type: 'boolean', description: 'writes the histories of the examples anew, too' },
    ...helpFlag,
  },
  notes: [
    'The histories of the examples are written anew only after an intended change: those that are out in the world do',
    'not change, so a difference in an old file means that running instances would stall. Prefer a new scenario.',
    '',
    'Exit code 1: a history that was recorded before does not fit the code.',
  ],
} as const

async function recordExamples(): Promise<void> {
  mkdirSync(new URL('.', historyFile('any')), { recursive: true })
  for (const [name, scenario] of Object.entries(scenarios)) {
    const { episodes } = await record(scenario)
    writeFileSync(historyFile(name), toHistoryText({ ...scenario, episodes }))
    console.log(`${name}: ${episodes.length} episodes`)
  }
  spawnSync('node_modules/.bin/oxfmt', ['examples/histories'], { stdio: 'inherit' })
}

async function main(): Promise<number> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  if (flags.examples) await recordExamples()
  const before = Object.keys(readManifest()).length
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'test/histories'],
    {
      stdio: 'inherit',
      env: { ...process.env, TENUTO_RECORD: '1' },
    },
  )
  extendManifest()
  console.log(`${Object.keys(readManifest()).length - before} files are new in test/histories`)
  return status ?? 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run record -- --help`)
  process.exitCode = 2
}
