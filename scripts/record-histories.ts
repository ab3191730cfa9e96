// `npm run record`: adds to test/histories what this version has not recorded yet, of the conformance cases and the examples. What is there
// is left alone, so a new version begins a folder of its own, and a new case adds a file.
//
// `npm run record -- --examples` writes the histories of the examples anew, too. Only needed after an intended change: histories that are
// out in the world do not change, so a diff in an old file means that running instances would stall. Prefer a new scenario to a changed one.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { historyFile, toHistoryText } from '../test/examples/history-files.ts'
import { record } from '../test/examples/recorder.ts'
import { scenarios } from '../test/examples/scenarios.ts'
import { extendManifest, readManifest } from '../test/histories/corpus.ts'

if (process.argv.includes('--examples')) {
  mkdirSync(new URL('.', historyFile('any')), { recursive: true })
  for (const [name, scenario] of Object.entries(scenarios)) {
    const { episodes } = await record(scenario)
    writeFileSync(historyFile(name), toHistoryText({ ...scenario, episodes }))
    console.log(`${name}: ${episodes.length} episodes`)
  }
  spawnSync('node_modules/.bin/oxfmt', ['examples/histories'], { stdio: 'inherit' })
}
const before = Object.keys(readManifest()).length
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/histories'], {
  stdio: 'inherit',
  env: { ...process.env, TENUTO_RECORD: '1' },
})
extendManifest()
console.log(`${Object.keys(readManifest()).length - before} files are new in test/histories`)
process.exitCode = status ?? 1
