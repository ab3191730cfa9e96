// Writes the recorded histories of the examples. Only needed after an intended change: histories that are out in the world do not change,
// so a diff in an old file means that running instances would stall. Prefer a new scenario to a changed one.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { historyFile, toHistoryText } from '../test/examples/history-files.ts'
import { record } from '../test/examples/recorder.ts'
import { scenarios } from '../test/examples/scenarios.ts'

mkdirSync(new URL('.', historyFile('any')), { recursive: true })
for (const [name, scenario] of Object.entries(scenarios)) {
  const { episodes } = await record(scenario)
  writeFileSync(historyFile(name), toHistoryText({ ...scenario, episodes }))
  console.log(`${name}: ${episodes.length} episodes`)
}
spawnSync('node_modules/.bin/oxfmt', ['examples/histories'], { stdio: 'inherit' })
