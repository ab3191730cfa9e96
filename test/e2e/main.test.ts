// `npm start` as a person meets it: its help, its complaints, its demo.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startServerProcess } from '../../examples/demo/server-process.ts'
import { runMain, withDataDir } from './main-process.ts'

test('--help names every flag and exits with 0', () => {
  const { code, out } = runMain(['--help'])
  expect(code).toBe(0)
  for (const flag of ['--port', '--host', '--data', '--json', '--log-level', '--demo', '--help']) {
    expect(out).toContain(flag)
  }
})

test.each([
  [['--nonsense'], {}],
  [[], { PORT: '123456' }],
])('%j with %j is a mistake of usage: exit code 2, and where to look', (args, env) => {
  const { code, out, error } = runMain(args, env)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(error).toContain('npm start -- --help')
})

test('a folder has one server: a second process is refused, and so is a port in use', async () => {
  await withDataDir(async (dataDir) => {
    const server = await startServerProcess({ dataDir, port: 0 })
    const { port } = new URL(server.url)
    try {
      const sameFolder = runMain(['--port', '0', '--data', dataDir])
      expect(sameFolder.code).toBe(1)
      expect(sameFolder.error).toContain(`in use by process ${server.pid}`)
      expect(sameFolder.error).toContain('STORAGE_LOCKED')
      const samePort = runMain(['--data', join(dataDir, 'other')], { PORT: port })
      expect(samePort.code).toBe(1)
      expect(samePort.error).toContain(`Port ${port} is in use`)
    } finally {
      expect(await server.stop()).toBe(0)
    }
  })
})

test('a folder that cannot be made is named, with exit code 1', async () => {
  await withDataDir(async (dataDir) => {
    writeFileSync(join(dataDir, 'file'), '')
    const { code, error } = runMain(['--port', '0', '--data', join(dataDir, 'file', 'data')])
    expect(code).toBe(1)
    expect(error).toContain(join('file', 'data'))
    expect(error).not.toContain('    at ')
  })
})

/** Starts a server, waits for a piece of its output, tells it to stop. @returns all that it said */
async function outputOf(args: readonly string[], awaited: string): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: fileURLToPath(new URL('../../', import.meta.url)) })
  const ended = once(child, 'close')
  let shown = ''
  child.stdout.on('data', (chunk) => {
    if (shown.includes(awaited)) return
    shown += String(chunk)
    if (shown.includes(awaited)) child.kill('SIGTERM')
  })
  expect((await ended)[0]).toBe(0)
  return shown
}

test('a person is shown what is served and what to try, with the port it really has', async () => {
  await withDataDir(async (dataDir) => {
    const main = ['--import', './scripts/require-node.js', 'examples/main.ts']
    const shown = await outputOf([...main, '--port', '0', '--data', dataDir], 'kill -9 too')
    const [, url = ''] = /serves (http:\/\/127\.0\.0\.1:\d+)/.exec(shown) ?? []
    expect(url).not.toBe('')
    expect(shown).toContain(`curl -X POST '${url}/v1.0-beta1/workflows/dapr/OrderProcessingWorkflow/start`)
    expect(shown).toContain(
      'taskChaining, helloCities, batchProcessing, OrderProcessingWorkflow, statusMonitor, purchaseOrder',
    )
    expect(shown).toContain(dataDir)
    expect(shown).toContain('no unfinished instances found')
  })
})

test('tenuto serve serves the app of any module', async () => {
  await withDataDir(async (dataDir) => {
    const args = ['serve', 'examples/app.ts', '--json', '--port', '0', '--data', dataDir]
    const shown = await outputOf(['src/cli/main.ts', ...args], '"url"')
    expect(JSON.parse(shown.split('\n')[0] ?? '')).toMatchObject({
      message: 'Serving',
      dataDir,
      unfinished: 0,
    })
  })
})

test('the demo drives all seven workflows through a crash and finds every result right', () => {
  const { code, out, error } = runMain(['--demo'])
  expect(error).toBe('')
  expect(out).toMatch(/exactly the other \d+ ran/)
  expect(out).not.toContain('WRONG')
  expect(code).toBe(0)
})
