// The commands against a real server: what they print, and their exit codes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app } from '../../examples/app.ts'
import { run } from '../../src/cli/run.ts'
import { type Server, startServer } from '../../src/cli/server.ts'
import { silentLogger } from '../../src/workflow/logger.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'tenuto-cli-'))
let server: Server

beforeAll(async () => {
  server = await startServer({ app, dataDir, port: 0, hostname: '127.0.0.1', logger: silentLogger })
})

afterAll(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Runs a command line on the server. */
async function tenuto(...args: readonly string[]) {
  const out: string[] = []
  const errors: string[] = []
  const code = await run(args, {
    out: (line) => out.push(line),
    error: (line) => errors.push(line),
    readInput: async () => '{"n":5}\n',
    env: { TENUTO_URL: server.url },
  })
  return { code, out: out.join('\n'), error: errors.join('\n') }
}

test('a workflow is started, waited for and shown', async () => {
  expect(await tenuto('start', 'taskChaining', '1', '--id', 'chain')).toEqual({
    code: 0,
    out: 'chain',
    error: '',
  })
  const waited = await tenuto('wait', 'chain')
  expect(waited.code).toBe(0)
  expect(waited.out).toMatch(/status +COMPLETED/)
  expect(waited.out).toMatch(/output +\[2,4,16\]/)
  const { out } = await tenuto('get', 'chain', '--json')
  expect(JSON.parse(out)).toMatchObject({
    instanceId: 'chain',
    runtimeStatus: 'COMPLETED',
    output: [2, 4, 16],
    input: 1,
  })
})

test('without an id there is one, and the input can come from standard input', async () => {
  const { out } = await tenuto('start', 'taskChaining', '-', '--json')
  const { instanceId } = JSON.parse(out) as { instanceId: string }
  expect((await tenuto('wait', instanceId)).out).toMatch(/output +\[6,12,144\]/)
})

test('waiting for a workflow that fails ends with code 3 and says why', async () => {
  await tenuto('start', 'taskChaining', '{"n":1,"failAt":2}', '--id', 'broken')
  const { code, out } = await tenuto('wait', 'broken')
  expect(code).toBe(3)
  expect(out).toMatch(/failure +TaskFailedError: .*Step 2 was asked to fail/)
})

test('an instance is suspended, gets an event, is resumed and goes on', async () => {
  await tenuto('start', 'purchaseOrder', '{"cost":5000,"product":"Laptop","quantity":1}', '--id', 'laptop')
  expect(await tenuto('suspend', 'laptop', 'audit')).toMatchObject({ code: 0, out: 'suspended' })
  const event = ['raise', 'laptop', 'approval_received', '{"approver":"Jane Doe"}', '--event-id', 'e1']
  expect(await tenuto(...event)).toMatchObject({ code: 0, out: 'raised' })
  expect(await tenuto('wait', 'laptop', '--timeout', '50ms')).toMatchObject({
    code: 1,
    error: expect.stringContaining('WAIT_TIMEOUT') as string,
  })
  expect(await tenuto('resume', 'laptop')).toMatchObject({ code: 0, out: 'resumed' })
  expect((await tenuto('wait', 'laptop')).out).toContain("Approved by 'Jane Doe'")
})

test('an instance is terminated and purged, and then unknown', async () => {
  await tenuto('start', 'statusMonitor', '{"jobId":"x","isHealthy":true}', '--id', 'monitor')
  expect((await tenuto('purge', 'monitor')).code).toBe(1)
  expect(await tenuto('terminate', 'monitor', '"enough"')).toMatchObject({ code: 0 })
  const { code, out } = await tenuto('wait', 'monitor')
  expect(code).toBe(3)
  expect(out).toMatch(/status +TERMINATED/)
  expect(await tenuto('purge', 'monitor')).toMatchObject({ code: 0, out: 'purged' })
  expect(await tenuto('get', 'monitor')).toMatchObject({ code: 1, error: 'There is no instance "monitor".' })
})

test('what instances hold cannot steer the terminal', async () => {
  const name = 'Paper\u001B[2Jclips\u202E'
  await tenuto(
    'start',
    'OrderProcessingWorkflow',
    JSON.stringify({ Name: name, Quantity: 1, TotalCost: 1 }),
    '--id',
    'evil',
  )
  const human = await tenuto('wait', 'evil')
  const json = await tenuto('get', 'evil', '--json')
  expect(`${human.out}${json.out}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
  expect(JSON.parse(json.out)).toMatchObject({ input: { Name: name } })
})

test.each([
  [['fly'], /There is no command 'fly'/],
  [['get'], /<instance id> is missing/],
  [['get', 'a', 'b'], /one argument too many/],
  [['get', 'a', '--verbose'], /--verbose/],
  [['get', 'a', '--url', 'nonsense'], /baseUrl must be a URL/],
  [['wait', 'a', '--timeout', 'soon'], /duration was expected/],
  [['start', 'taskChaining', '1', '--at', 'soon'], /A time such as/],
  [['serve'], /<app module> is missing/],
  [['serve', 'x.ts', '--port', '99999'], /port is a number/],
  [['serve', 'x.ts', '--port'], /--port/],
  [['serve', 'x.ts', '--log-level', 'loud'], /log level is one of/],
])('%j is a mistake of usage: exit code 2', async (args, message) => {
  const { code, out, error } = await tenuto(...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(error).toMatch(message)
})

test('what the server refuses is said with its code and what to do', async () => {
  const { code, error } = await tenuto('start', 'taskChaining', '1', '--id', 'not allowed!')
  expect(code).toBe(1)
  expect(error).toContain('ERR_INSTANCE_ID_INVALID')
  expect(error).toContain('Use letters, digits, _ and -.')
})

test('every command has a help text, and there is an overview and a version', async () => {
  const overview = await tenuto('--help')
  expect(overview.code).toBe(0)
  for (const name of ['serve', 'start', 'get', 'wait', 'raise', 'suspend', 'resume', 'terminate', 'purge']) {
    expect(overview.out).toContain(`  ${name} `)
    const help = await tenuto(name, '--help')
    expect(help.code).toBe(0)
    expect(help.out).toContain(`Usage: tenuto ${name}`)
    expect(await tenuto('help', name)).toEqual(help)
  }
  expect((await tenuto('--version')).out).toMatch(/^\d+\.\d+\.\d+/)
})

test('serve says when a module is missing or exports no app', async () => {
  expect(await tenuto('serve', 'no-such-file.ts')).toMatchObject({
    code: 1,
    error: expect.stringContaining('no-such-file.ts') as string,
  })
  const empty = join(dataDir, 'empty.mjs')
  writeFileSync(empty, 'export const nothing = 1\n')
  expect(await tenuto('serve', empty)).toMatchObject({
    code: 1,
    error: expect.stringContaining('exports nothing; an `app`') as string,
  })
})
