// Commands of the project, those of the deployment above all, as somebody meets them who does not know them yet.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** Runs a script in an empty folder, where whatever it made would be seen. */
function run(script: string, ...args: readonly string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'commands-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(script), ...args], {
    cwd,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test.each([
  'scripts/package.ts',
  'scripts/bundle/main.ts',
  'scripts/bundle/print-idle-cost.ts',
  'scripts/record-histories.ts',
])('%s says what it does and takes, and refuses what it does not know', (script) => {
  const help = run(script, '--help')
  expect(help).toMatchObject({ status: 0, stderr: '' })
  expect(help.stdout).toContain('Usage: npm run ')
  const mistaken = run(script, '--nonsense')
  expect(mistaken).toMatchObject({ status: 2, stdout: '' })
  expect(mistaken.stderr).toContain('-- --help')
})

test('the cost of what is not packaged is no stack trace', () => {
  const { status, stderr } = run('scripts/bundle/print-idle-cost.ts')
  expect(status).toBe(2)
  expect(stderr).toContain('Nothing is packaged yet: npm run package')
})
