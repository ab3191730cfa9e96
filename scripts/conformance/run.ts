// Runs the tests whose titles name cases.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedCases } from '../../test/conformance/inventory/titles.ts'
import type { TestReport } from './report.ts'

/** Files of tests that name cases themselves, or by a suite that they call. */
function testFiles(): readonly string[] {
  const naming = new Set([...namedCases().values()].flat())
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => naming.has(path) || readFileSync(join('test', path), 'utf8').includes(".suite.ts'"))
    .map((path) => join('test', path))
}

/** @returns the report of the run, however it went */
export function runTests(): TestReport {
  const folder = mkdtempSync(join(tmpdir(), 'tenuto-conformance-report-'))
  const outputFile = join(folder, 'report.json')
  try {
    const options = ['--reporter=json', `--outputFile=${outputFile}`]
    spawnSync('node_modules/.bin/vitest', ['run', ...testFiles(), ...options], { stdio: 'ignore' })
    return JSON.parse(readFileSync(outputFile, 'utf8')) as TestReport
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
