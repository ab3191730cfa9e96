// docs/testing.md: its programs are written to a folder as they stand, type-checked, and run by the tools that the page names.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run as runCommand } from '../../src/cli/run.ts'
import { startServer } from '../../src/cli/server.ts'
import { tenuto } from '../../src/lint/index.ts'
import { createTestEnvironment } from '../../src/testing/index.ts'
import type { App } from '../../src/workflow/app.ts'
import { silentLogger } from '../../src/workflow/logger.ts'

const page = readFileSync('docs/testing.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'tenuto-testing-'))
const sources = {
  tenuto: 'src/index.ts',
  'tenuto/client': 'src/client/index.ts',
  'tenuto/testing': 'src/testing/index.ts',
}

/** Blocks of TypeScript whose first line names a file. */
const programs = [...page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```$/gms)].map(
  ([, name = '', code = '']) => ({
    name,
    code,
  }),
)

beforeAll(() => {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compiler = {
    extends: resolve('tsconfig.json'),
    compilerOptions: { typeRoots: [resolve('node_modules/@types')], rewriteRelativeImportExtensions: false },
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...compiler, include: ['*.ts'] }))
  for (const { name, code } of programs) {
    let rewritten = code
    for (const [specifier, path] of Object.entries(sources))
      rewritten = rewritten.replaceAll(`from '${specifier}'`, `from '${resolve(path)}'`)
    writeFileSync(join(folder, name), rewritten)
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number | null
  readonly output: string
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_OPTIONS|NODE_TEST|TEST$)/.test(name),
  )
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
  })
  const [status, ...outputs] = await Promise.all([
    new Promise<number | null>((settle) => child.on('close', settle)),
    text(child.stdout),
    text(child.stderr),
  ])
  return { status, output: outputs.join('') }
}

/** Runs one file, or all. */
const vitest = async (file = '', env?: Readonly<Record<string, string>>) =>
  run(
    process.execPath,
    [resolve('node_modules/vitest/vitest.mjs'), 'run', file].filter((arg) => arg !== ''),
    env,
  )

/** How many tests passed, when all did. */
function passed({ status, output }: Ended): number {
  if (status !== 0) throw new Error(output)
  return Number(/Tests +(\d+) passed \(\1\)/.exec(output)?.[1])
}

async function appOf(file: string): Promise<App> {
  const { app } = (await import(pathToFileURL(join(folder, file)).href)) as { app: App }
  return app
}

test('the page has the programs that are run here', () => {
  expect(programs.map(({ name }) => name)).toEqual([
    'order.ts',
    'order.test.ts',
    'faults.test.ts',
    'order.node.ts',
    'stage.ts',
    'anywhere.test.ts',
    'replay.test.ts',
  ])
})

test('they are of the right types', async () => {
  expect(await run(resolve('node_modules/.bin/tsc'), ['--project', '.'])).toEqual({ status: 0, output: '' })
}, 60_000)

test('they pass under vitest', async () => {
  expect(passed(await vitest())).toBe(12)
}, 60_000)

test('order.node.ts passes under node:test', async () => {
  const { status, output } = await run(process.execPath, ['--test', 'order.node.ts'])
  expect([status, output]).toEqual([0, expect.stringMatching(/pass 1\b/)])
}, 60_000)

test('anywhere.test.ts passes against the dev server too', async () => {
  const app = await appOf('order.ts')
  const dataDir = join(folder, 'data')
  const server = await startServer({ app, dataDir, port: 0, hostname: '127.0.0.1', logger: silentLogger })
  try {
    expect(passed(await vitest('anywhere.test.ts', { TENUTO_URL: server.url }))).toBe(1)
  } finally {
    await server.stop()
  }
}, 60_000)

test('the divergence on the page is what tenuto replay prints', async () => {
  const wait = "await ctx.waitForExternalEvent('approved', { timeout: '24h' })"
  const program = readFileSync(join(folder, 'order.ts'), 'utf8')
  expect(program).toContain(wait)
  // The line that names the file is not part of the program.
  writeFileSync(join(folder, 'changed.ts'), `\n${program.replace(wait, "await ctx.createTimer('24h')")}`)
  await using env = createTestEnvironment(await appOf('order.ts'))
  await env.client.scheduleNewWorkflow('order', { id: 7, cost: 5000 }, { instanceId: 'order-7' })
  writeFileSync(join(folder, 'order-7.json'), JSON.stringify(await env.history('order-7')))
  const lines: string[] = []
  const terminal = {
    out: (line: string) => lines.push(line),
    error: () => {},
    readInput: async () => '',
    env: {},
  }
  const args = ['replay', join(folder, 'order-7.json'), '--app', join(folder, 'changed.ts')]
  expect(await runCommand(args, terminal)).toBe(1)
  // A stack of vitest has paths, one of Node has URLs.
  const printed = lines
    .join('\n')
    .replace(`${folder}/order-7.json`, 'order-7.json')
    .replace(`(${folder}/changed.ts`, '(file:///srv/app/order.ts')
  const [, shown] = /```text\n(.*?)\n```/s.exec(page) ?? []
  expect(shown).toBe(printed)
})

test('the page names every lint rule, in the configuration and in the table', () => {
  const names = Object.keys(tenuto.rules)
  const configured = [...page.matchAll(/"tenuto\/([\w-]+)": "error"/g)].map(([, name]) => name)
  const described = [...page.matchAll(/^\| `([\w-]+)` \| /gm)].map(([, name]) => name)
  expect(configured).toEqual(names)
  expect(described).toEqual(names)
})
