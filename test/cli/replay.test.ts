// `tenuto replay` and `tenuto history`: what they print, and the exit codes that CI goes by.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app } from '../../examples/app.ts'
import { run } from '../../src/cli/run.ts'
import { type Server, startServer } from '../../src/cli/server.ts'
import { silentLogger } from '../../src/workflow/logger.ts'

const folder = mkdtempSync(join(tmpdir(), 'tenuto-replay-'))
const changedApp = join(folder, 'changed.mjs')
let server: Server

beforeAll(async () => {
  const library = pathToFileURL('src/index.ts').href
  writeFileSync(
    changedApp,
    `import { defineApp } from '${library}'
async function purchaseOrder(ctx, order) {
  if (order.cost < 1000) return 'Auto-approved'
  await ctx.callActivity('checkStock', order)
  await ctx.callActivity('sendApprovalRequest', order)
}
let tasks = 0
async function taskChaining(ctx) {
  ctx.setCustomStatus(++tasks)
}
export const app = defineApp({ workflows: { purchaseOrder, taskChaining } })
`,
  )
  const dataDir = join(folder, 'data')
  server = await startServer({ app, dataDir, port: 0, hostname: '127.0.0.1', logger: silentLogger })
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function tenuto(...args: readonly string[]) {
  const out: string[] = []
  const errors: string[] = []
  const code = await run(args, {
    out: (line) => out.push(line),
    error: (line) => errors.push(line),
    readInput: async () => '',
    env: { TENUTO_URL: server.url },
  })
  return { code, out: out.join('\n'), error: errors.join('\n') }
}

const replay = async (...args: readonly string[]) => tenuto('replay', '--app', 'examples/app.ts', ...args)
const replayChanged = async (...args: readonly string[]) => tenuto('replay', '--app', changedApp, ...args)

test('a folder of histories that fit ends with 0', async () => {
  const { code, out } = await replay('examples/histories', '--twice')
  expect(code).toBe(0)
  expect(out.split('\n')).toHaveLength(16)
  expect(out).toContain("examples/histories/hello-cities.json: helloCities 'recorded' fits, 4 episodes")
  expect(out).toMatch(/\n15 histories, all fit$/)
})

test('a history that does not fit ends with 1 and shows both sides and the line', async () => {
  const files = ['purchase-order', 'purchase-order-approved'].map((name) => `examples/histories/${name}.json`)
  const { code, out } = await replayChanged(...files)
  expect(code).toBe(1)
  const [first, second, history, now, source, sum] = out.split('\n')
  expect(first).toMatch(/purchaseOrder 'recorded' fits, 1 episode$/)
  expect(second).toMatch(/purchase-order-approved\.json: purchaseOrder 'recorded' does not fit: episode 1$/)
  expect(history).toContain("#1 activity 'sendApprovalRequest'")
  expect(now).toMatch(/#1 activity 'checkStock' .* at purchaseOrder \(.*changed\.mjs:4:13\)$/)
  expect(source).toBe("    4 | await ctx.callActivity('checkStock', order)")
  expect(sum).toBe('2 histories, 1 not fitting')
})

test('a real process ends with the same code', () => {
  const args = ['src/cli/main.ts', 'replay', 'examples/histories/purchase-order-approved.json', '--app']
  expect(spawnSync(process.execPath, [...args, changedApp]).status).toBe(1)
  expect(spawnSync(process.execPath, [...args, 'examples/app.ts']).status).toBe(0)
}, 30_000)

test('--json gives the whole result', async () => {
  const { code, out } = await replayChanged('examples/histories/purchase-order-approved.json', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject([
    {
      name: 'examples/histories/purchase-order-approved.json',
      ok: false,
      workflowName: 'purchaseOrder',
      divergence: { episode: 1, source: { line: 4, column: 13 } },
    },
  ])
})

test('--twice finds what a module remembers', async () => {
  const episodes = [
    {
      n: 1,
      generation: 1,
      nonce: '',
      by: '',
      at: 0,
      events: [
        {
          kind: 'executionStarted',
          instanceId: 'chain',
          incarnation: 'i',
          generation: 1,
          name: 'taskChaining',
          flags: [],
        },
      ],
      commands: [],
      status: 'COMPLETED',
    },
  ]
  const file = join(folder, 'chain.json')
  writeFileSync(file, JSON.stringify({ episodes }))
  expect((await replayChanged(file)).code).toBe(0)
  const { code, out } = await replayChanged(file, '--twice')
  expect(code).toBe(1)
  expect(out).toContain('does not fit a second time: episode 1')
})

test('histories come from a server too, and from a file that tenuto history has written', async () => {
  const order = '{"cost":5000,"product":"Laptop","quantity":1}'
  await tenuto('start', 'purchaseOrder', order, '--id', 'laptop')
  await tenuto('raise', 'laptop', 'approval_received', '{"approver":"Jane Doe"}')
  await tenuto('wait', 'laptop')
  const fetched = await replay('--from', server.url, 'laptop', '--header', 'authorization: Bearer x')
  expect(fetched).toMatchObject({ code: 0, error: '' })
  expect(fetched.out).toMatch(/^laptop: purchaseOrder 'laptop' fits, \d episodes/)
  expect(await replayChanged('--from', server.url, 'laptop')).toMatchObject({ code: 1 })
  const file = join(folder, 'laptop.json')
  writeFileSync(file, (await tenuto('history', 'laptop')).out)
  expect((await replay(file)).out).toContain("laptop.json: purchaseOrder 'laptop' fits")
  expect(await tenuto('history', 'nobody')).toMatchObject({ code: 1 })
})

test('what cannot be replayed ends with 2, and is never taken for a fit', async () => {
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  const noJson = join(folder, 'no.json')
  writeFileSync(noJson, 'no')
  const refused: [readonly string[], string][] = [
    [[], 'Files, folders or instance ids are missing.'],
    [['nowhere.json'], 'nowhere.json cannot be read'],
    [[empty], 'There is no .json file'],
    [[noJson], 'no.json cannot be read'],
    [['package.json'], 'A history is an object with `episodes`'],
    [['--from', server.url, 'nobody'], 'There is no instance "nobody"'],
    [['--from', server.url, 'laptop', '--header', 'none'], "A header is 'name: value'"],
    [['--from', 'nowhere', 'laptop'], 'baseUrl must be a URL'],
  ]
  for (const [args, message] of refused) {
    const { code, out, error } = await replay(...args)
    expect([code, out, error]).toEqual([2, '', expect.stringContaining(message)])
  }
  expect(await tenuto('replay', 'examples/histories')).toMatchObject({ code: 2 })
  expect(await tenuto('replay', 'examples/histories', '--app', 'nowhere.ts')).toMatchObject({ code: 2 })
})
