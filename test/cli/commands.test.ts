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

test('an ended instance is rerun from an event, with another input; a failed one is rewound', async () => {
  await tenuto('start', 'taskChaining', '1', '--id', 'source')
  await tenuto('wait', 'source')
  expect(await tenuto('rerun', 'source', '2', '--new-id', 'rerun')).toMatchObject({ code: 0, out: 'rerun' })
  expect((await tenuto('wait', 'rerun')).out).toMatch(/output +\[2,4,16\]/)
  const other = await tenuto('rerun', 'source', '99')
  expect(other).toMatchObject({
    code: 1,
    error: expect.stringContaining('ERR_RERUN_EVENT_NOT_FOUND') as string,
  })
  expect((await tenuto('rerun', 'source', 'x')).code).toBe(2)
  await tenuto('start', 'taskChaining', '{"n":1,"failAt":2}', '--id', 'failed')
  await tenuto('wait', 'failed')
  expect(await tenuto('rewind', 'failed')).toMatchObject({ code: 0, out: 'rewound' })
  expect((await tenuto('wait', 'failed')).code).toBe(3)
  expect((await tenuto('rewind', 'source')).error).toContain('ERR_REWIND_WORKFLOW')
})

test('an instance that runs is purged by force', async () => {
  await tenuto('start', 'statusMonitor', '{"jobId":"x","isHealthy":true}', '--id', 'by_force')
  expect(await tenuto('purge', 'by_force', '--force')).toMatchObject({ code: 0, out: 'purged' })
  expect((await tenuto('get', 'by_force')).code).toBe(1)
})

test('an instance is restarted, under its own id or as another one', async () => {
  await tenuto('start', 'taskChaining', '1', '--id', 'once_more')
  await tenuto('wait', 'once_more')
  expect(await tenuto('restart', 'once_more')).toMatchObject({ code: 0, out: 'once_more' })
  expect(await tenuto('restart', 'once_more', '--new-id', 'copy')).toMatchObject({ code: 0, out: 'copy' })
  expect((await tenuto('wait', 'copy')).out).toMatch(/output +\[2,4,16\]/)
  const { out } = await tenuto('restart', 'copy', '--new')
  expect(out).toMatch(/^[\da-f-]{36}$/)
  expect(await tenuto('restart', 'nobody')).toMatchObject({ code: 1 })
})

test('instances are listed by what the flags say, newest first, and counted', async () => {
  for (const at of [1, 2, 3]) {
    await tenuto(
      'start',
      'taskChaining',
      String(at),
      '--id',
      `batch_${at}`,
      '--tag',
      'batch:b:7',
      '--tag',
      `at:${at}`,
    )
    await tenuto('wait', `batch_${at}`)
  }
  const { code, out } = await tenuto(
    'list',
    '--tag',
    'batch:b:7',
    '--workflow',
    'taskChaining',
    '--status',
    'completed',
  )
  expect(code).toBe(0)
  expect(out.split('\n').map((line) => line.split(/ +/)[0])).toEqual([
    'instance',
    'batch_3',
    'batch_2',
    'batch_1',
  ])
  const cut = await tenuto('list', '--prefix', 'batch_', '--oldest', '--limit', '2', '--json')
  const lines = cut.out.split('\n').map((line) => JSON.parse(line) as { instanceId: string; tags: object })
  expect(lines.map(({ instanceId }) => instanceId)).toEqual(['batch_1', 'batch_2'])
  expect(lines[0]?.tags).toEqual({ batch: 'b:7', at: '1' })
  expect(cut.error).toContain('more than 2')
  expect(await tenuto('count', '--tag', 'batch:b:7')).toMatchObject({ code: 0, out: '3' })
  expect(await tenuto('count', '--tag', 'batch:b:7', '--status', 'FAILED', '--json')).toMatchObject({
    out: '{"count":0}',
  })
  expect(await tenuto('list', '--created-to', '2001-01-01T00:00:00Z')).toMatchObject({ out: 'no instances' })
  expect((await tenuto('get', 'batch_1')).out).toMatch(/tag batch +b:7/)
})

test('what is done to many waits for --yes', async () => {
  const [tag, tags] = ['--tag', 'many:1'] as const
  for (const at of [1, 2, 3]) {
    await tenuto('start', 'statusMonitor', '{"jobId":"x","isHealthy":true}', '--id', `many-${at}`, tag, tags)
  }
  const asked = await tenuto('terminate-many', tag, tags)
  expect(asked).toMatchObject({ code: 1, out: '', error: '3 instances fit the filter; --yes does it.' })
  expect(await tenuto('suspend-many', 'audit', tag, tags, '--yes')).toMatchObject({
    code: 0,
    out: '3 suspended',
  })
  while ((await tenuto('count', tag, tags, '--status', 'SUSPENDED')).out !== '3') continue
  expect(await tenuto('resume-many', tag, tags, '--yes', '--json')).toMatchObject({
    code: 0,
    out: '{"resumed":3}',
  })
  expect(await tenuto('terminate-many', '{"why":"late"}', tag, tags, '--yes')).toMatchObject({
    out: '3 terminated',
  })
  expect((await tenuto('wait', 'many-2')).out).toMatch(/output +\{"why":"late"\}/)
  for (const at of [1, 3]) await tenuto('wait', `many-${at}`)
  expect(await tenuto('purge-many', tag, tags, '--yes')).toMatchObject({ out: '3 purged' })
  expect(await tenuto('count', tag, tags)).toMatchObject({ out: '0' })
})

test('an id that is taken is what the policy says', async () => {
  const start = async (policy: string) =>
    tenuto('start', 'taskChaining', '2', '--id', 'taken', '--reuse', policy)
  expect(await start('failIfExists')).toMatchObject({ code: 0 })
  await tenuto('wait', 'taken')
  expect(
    await tenuto('start', 'taskChaining', '1', '--id', 'taken', '--reuse', 'failIfExists'),
  ).toMatchObject({ code: 1 })
  expect(await tenuto('start', 'taskChaining', '1', '--id', 'taken', '--reuse', 'ifNotExists')).toMatchObject(
    { code: 0 },
  )
  expect((await tenuto('get', 'taken')).out).toMatch(/input +2/)
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
  [['start', 'taskChaining', '1', '--tag', 'team'], /name:value/],
  [['start', 'taskChaining', '1', '--reuse', 'never'], /--reuse is one of/],
  [['list', 'a'], /one argument too many/],
  [['list', '--status', 'BUSY'], /A status such as/],
  [['list', '--limit', '0'], /--limit is a number/],
  [['count', '--created-from', 'soon'], /A time such as/],
  [['purge-many', '--yes'], /which instances are meant, or --all/],
  [['serve'], /<app module> is missing/],
  [['serve', 'x.ts', '--port', '99999'], /port is a number/],
  [['serve', 'x.ts', '--port'], /--port/],
  [['serve', 'x.ts', '--retention', '-1d'], /--retention/],
  [['serve', 'x.ts', '--retention', '30'], /A time of retention/],
  [['serve', 'x.ts', '--log-level', 'loud'], /log level is one of/],
])('%j is a mistake of usage: exit code 2', async (args, message) => {
  const { code, out, error } = await tenuto(...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(error).toMatch(message)
})

test('a token that the server does not know is refused, with its code', async () => {
  for (const args of [
    ['complete-activity', 'x', '1'],
    ['fail-activity', 'x', 'broken'],
  ]) {
    const { code, error } = await tenuto(...args)
    expect(code).toBe(1)
    expect(error).toContain('ERR_ACTIVITY_TOKEN_INVALID')
  }
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
  for (const name of [
    'serve',
    'start',
    'get',
    'wait',
    'raise',
    'suspend',
    'resume',
    'terminate',
    'purge',
    'list',
    'count',
    'purge-many',
    'complete-activity',
    'fail-activity',
  ]) {
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
