// Programs as they are written for Dapr: they compile against either package, and run on this one when their one import is changed.

import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../local/harness.ts'

const run = promisify(execFile)
const folder = resolve('test/dapr/programs')

/** What each program prints. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'task-chaining': [
    'chain chain 0 [1,2] nearly there',
    'true true',
    String('compensating: Activity task #1 failed: no stock'.length * 2),
    'FAILED undefined',
    'TaskFailedError failing: Activity task #1 failed: no stock',
  ],
  'fan-out': ['fanOut undefined', String(9 * 'work item 1'.length + 16 * 'work item 10'.length)],
  'human-interaction': [
    '"Auto-approved"',
    '"Approved by Jane Doe"',
    '"Cancelled false"',
    'TimeoutError',
    '{"reason":"sold out"}',
  ],
  monitor: ['["healthy true","unhealthy true","healthy true"]'],
  surface: [
    'true true',
    'main true FAILED true',
    'true 1 ',
    'RangeError [[true,true,false,false],"Hello, you",[0,2],2,[2,0,true,3,true]] string',
    '3 Verbose',
    'COMPLETED FAILED SUSPENDED Info',
  ],
  management: [
    'PENDING',
    'RUNNING',
    'TimeoutError',
    'TimeoutError',
    'COMPLETED ["parent:0001: 30","second-child: 33"]',
    'true false',
    'undefined',
  ],
}

/** Runs a program in a folder until it ends by itself. @returns what it prints */
async function output(name: string, cwd: string): Promise<readonly string[]> {
  const hook = new URL('as-tenuto.ts', import.meta.url).href
  const { stdout, stderr } = await run(process.execPath, ['--import', hook, join(folder, `${name}.ts`)], {
    cwd,
    env: { ...process.env, TENUTO_DATA: '' },
    timeout: 20_000,
  })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

test.each(Object.keys(programs))(
  '%s runs, ends, and runs again on what the first run has left behind',
  async (name) => {
    const cwd = temporaryFolder()
    expect(await output(name, cwd)).toEqual(programs[name])
    expect(existsSync(join(cwd, '.tenuto'))).toBe(true)
    expect(await output(name, cwd)).toEqual(programs[name])
  },
  60_000,
)

test('every program of the folder is run, and imports the package of Dapr and nothing else', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  expect(files).toEqual(
    Object.keys(programs)
      .map((name) => `${name}.ts`)
      .toSorted(),
  )
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8')
    expect([...text.matchAll(/from '([^']+)'/g)].map(([, specifier]) => specifier)).toEqual(['@dapr/dapr'])
  }
})

test('the programs compile against Tenuto as they do against @dapr/dapr, where npm run types compiles them', async () => {
  const { stdout } = await run('node_modules/.bin/tsc', ['--project', join(folder, 'tsconfig.tenuto.json')])
  expect(stdout).toBe('')
})
