// `npm run start:aws` as a person meets it: one start, the commands that it offers, its answers beside those of `npm start`, and its end.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServerProcess, type ServerProcess } from '../../examples/demo/server-process.ts'
import { noDynoxide } from '../../scripts/stack/dynoxide.ts'
import { createHttpClient } from '../../src/client/index.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'

const main = ['--import', './scripts/require-node.js', 'scripts/stack/main.ts']
const run = promisify(execFile)

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 60_000 } as const
  return spawnSync(process.execPath, [...main, ...args], options)
}

/** What the README has somebody type once the stack is started. */
function linesOfReadme(): readonly string[] {
  const blocks = readFileSync('README.md', 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)
  const [, block = ''] = [...blocks].find(([, text]) => text?.includes('localhost:3501')) ?? []
  return block.trimEnd().split('\n')
}

test('--help names every flag and the variables of the SDK', () => {
  const { status, stdout } = start(['--help'])
  expect(status).toBe(0)
  for (const name of ['--port', '--services-port', '--containers', '--json', 'AWS_ENDPOINT_URL_DYNAMODB']) {
    expect(stdout).toContain(name)
  }
})

test('a mistake of usage: exit code 2, and where to look', () => {
  const { status, stdout, stderr } = start([], { PORT: '123456' })
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('npm run start:aws -- --help')
})

test('where there is no dynoxide, it is said what to do instead: exit code 1', () => {
  const elsewhere = `data:text/javascript,Object.defineProperty(process,'platform',{value:'haiku'})`
  const { status, stderr } = start(['--port', '0'], { NODE_OPTIONS: `--import=${elsewhere}` })
  expect(status).toBe(1)
  expect(stderr).toContain('there is no dynoxide for haiku')
  expect(stderr).toContain('AWS_ENDPOINT_URL_DYNAMODB')
})

test('a port in use is said before anything is packaged: exit code 1', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const { status, stdout, stderr } = start([], { PORT: `${port}` })
  server.close()
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(`Port ${port} is in use`)
})

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(dynoxideTitle('a started stack'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'start-aws-'))
  const lines: string[] = []
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  const child = spawn(process.execPath, [...main, '--json', '--port', '0'], {
    env: { ...process.env, TMPDIR: temporary },
  })
  const ended = once(child, 'close') as Promise<[code: number | null]>
  let url: string
  let services: string
  let embedded: ServerProcess

  beforeAll(async () => {
    const serving = new Promise<Serving>((resolve, reject) => {
      const hear = (line: string): void => {
        lines.push(line)
        const parsed = line.startsWith('{') ? (JSON.parse(line) as Serving) : undefined
        if (parsed?.message === 'Serving') resolve(parsed)
      }
      for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', hear)
      void ended.then(() => reject(new Error(lines.join('\n'))))
    })
    embedded = await startServerProcess({ dataDir: join(folder, 'data'), port: 0 })
    ;({ url, services } = await serving)
    writeFileSync(join(folder, '.curlrc'), `silent\nconnect-to = "localhost:3501:${new URL(url).host}"\n`)
  })

  afterAll(async () => {
    child.kill('SIGKILL')
    await embedded.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs a line of a shell, in which port 3501 is the one that is served. @returns what it prints */
  async function shell(line: string): Promise<string> {
    const env = { PATH: process.env['PATH'], CURL_HOME: folder, NO_PROXY: '*', AWS_ENDPOINT_URL: services }
    return (await run('sh', ['-c', line], { env })).stdout.trim()
  }

  test('the lines of the README, as they stand: a start, each listener with one command, and what came of it', async () => {
    const client = createHttpClient(url)
    const readme = linesOfReadme()
    expect(readme).toHaveLength(6)
    const [begin = '', ask = '', sendOrder = '', startLaptop = '', approve = '', askLaptop = ''] = readme

    expect(await shell(begin)).toContain('{"instanceID":"12345678"}')
    await client.waitForWorkflowCompletion('12345678')
    expect(JSON.parse(await shell(ask))).toMatchObject({
      instanceID: '12345678',
      workflowName: 'OrderProcessingWorkflow',
      runtimeStatus: 'COMPLETED',
      properties: { 'dapr.workflow.output': '{"Processed":true}' },
    })

    const order = (await shell(sendOrder)).split('\n').at(-1) ?? ''
    await expect.poll(async () => client.getWorkflowState(order), { timeout: 60_000 }).toBeDefined()
    expect(await client.waitForWorkflowCompletion(order)).toMatchObject({ output: { Processed: true } })

    expect(await shell(startLaptop)).toContain('{"instanceID":"laptop"}')
    await shell(approve)
    await client.waitForWorkflowCompletion('laptop')
    expect(JSON.parse(await shell(askLaptop))).toMatchObject({
      runtimeStatus: 'COMPLETED',
      properties: { 'dapr.workflow.output': `"Approved by 'Jane Doe'"` },
    })
  })

  test('the lines that functions write are passed on, with their names', () => {
    const own = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as object)
    expect(own).toContainEqual(
      expect.objectContaining({ function: 'Activity', message: '*** Placing order: Laptop (1)' }),
    )
  })

  test.each<readonly [method: string, path: string, body?: string]>([
    ['GET', '/v1.0/workflows/dapr/nobody'],
    ['GET', '/v1.0/metadata'],
    ['GET', '/nowhere'],
    ['HEAD', '/v1.0/workflows/dapr/nobody'],
    ['DELETE', '/v1.0/workflows/dapr/nobody'],
    ['OPTIONS', '/v1.0/workflows/dapr/nobody'],
    ['POST', '/v1.0/workflows/dapr/taskChaining/start?instanceID=same', '1'],
    ['POST', '/v1.0/workflows/dapr/taskChaining/start?instanceID=M%C3%BCller', '"ü"'],
    ['POST', '/v1.0/workflows/dapr/taskChaining/start?instanceID=a%20b&instanceID=c', '1'],
    ['POST', '/v1.0/workflows/dapr/taskChaining/start?instanceID=bad', '{"a":'],
    ['POST', '/v1.0/workflows/dapr/taskChaining/start?instanceID=nul', '"\u0000"'],
    ['POST', '/v1.0/workflows/dapr//start?instanceID=x', '1'],
    ['POST', '/v1.0/workflows/dapr/nobody/raiseEvent/x', '1'],
    ['POST', '/v1.0/workflows/dapr/nobody/terminate'],
    ['POST', '/v1.0/workflows/dapr/nobody/purge'],
    ['POST', '/v1.0/workflows/dapr/large/start', 'x'.repeat(4 * 1024 * 1024 + 1)],
  ])('%s %s is answered as by the embedded server', async (method = '', path = '', body) => {
    const [ours, theirs] = await Promise.all(
      [url, embedded.url].map(async (origin) => {
        const response = await fetch(origin + path, { method, ...(body !== undefined && { body }) })
        const { date: _, ...headers } = Object.fromEntries(response.headers)
        return { status: response.status, headers, body: await response.text() }
      }),
    )
    expect(ours).toEqual(theirs)
  })

  // Last: it ends the stack.
  test('Ctrl+C ends it with code 0, and leaves no process and no file', async () => {
    const processes = descendantsOf(child.pid ?? 0)
    expect(processes.length).toBeGreaterThan(7)
    child.kill('SIGINT')
    expect((await ended)[0]).toBe(0)
    await expect.poll(() => processes.filter(isAlive), { timeout: 60_000 }).toEqual([])
    expect(readdirSync(temporary).filter((name) => name.startsWith('tenuto'))).toEqual([])
    expect(lines.at(-1)).toContain('SIGINT')
  })
})

interface Serving {
  readonly message: string
  readonly url: string
  readonly services: string
}

/** Processes that a process has started, and those that they have; of Linux, where dynoxide is. */
function descendantsOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [, parent] = /^PPid:\s+(\d+)/m.exec(statusOf(Number(name))) ?? []
      return parent === undefined ? [] : [{ pid: Number(name), parent: Number(parent) }]
    })
  const found = [pid]
  for (const each of found)
    found.push(...parents.filter(({ parent }) => parent === each).map((child) => child.pid))
  return found.slice(1)
}

/** A zombie is none: its parent has only not looked yet. */
function isAlive(pid: number): boolean {
  return /^State:\s+[^Z]/m.test(statusOf(pid))
}

/** Empty for a process that is gone. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
