// Each rule by its good and its bad code, through oxlint's own rule tester (the interface is ESLint's).

import { RuleTester } from 'oxlint/plugins-dev'
import { describe, it } from 'vitest'
import { tenuto } from '../../src/lint/index.ts'

RuleTester.describe = describe
RuleTester.it = it

const tester = new RuleTester({ languageOptions: { sourceType: 'module', parserOptions: { lang: 'ts' } } })

/** A workflow by its type, around some lines. */
const inWorkflow = (body: string, before = ''): string =>
  `${before}\nexport async function order(ctx: WorkflowContext, input: Order) {\n${body}\n}`

function check(
  name: string,
  {
    valid,
    invalid,
  }: { readonly valid: readonly string[]; readonly invalid: readonly (readonly [string, string])[] },
): void {
  const rule = tenuto.rules[name]
  if (!rule) throw new Error(`no rule ${name}`)
  tester.run(name, rule as never, {
    valid: [...valid],
    invalid: invalid.map(([code, messageId]) => ({ code, errors: [{ messageId }] })),
  })
}

check('no-clock', {
  valid: [
    'const now = Date.now()',
    'export async function charge(ctx: ActivityContext) { return new Date() }',
    inWorkflow('return ctx.getCurrentUtcDateTime()'),
    inWorkflow('return new Date(input.at)'),
    inWorkflow('return Date.parse(input.at)'),
    inWorkflow('return Date.now()', 'const Date = { now: () => 1 }'),
    inWorkflow('return performance.mark("a")'),
  ],
  invalid: [
    [inWorkflow('return Date.now()'), 'workflowClock'],
    [inWorkflow('return globalThis.Date.now()'), 'workflowClock'],
    [inWorkflow('return new Date()'), 'workflowClock'],
    [inWorkflow('return Date()'), 'workflowClock'],
    [inWorkflow('return performance.now()'), 'workflowClock'],
    [inWorkflow('const late = () => [1].map(() => Date.now())\nreturn late()'), 'workflowClock'],
    [inWorkflow('return process.hrtime.bigint()'), 'hostClock'],
    [inWorkflow('return hrtime()', "import { hrtime } from 'node:process'"), 'hostClock'],
    [inWorkflow('return os.uptime()', 'import os from "os"'), 'hostClock'],
  ],
})

check('no-random', {
  valid: [
    'const id = Math.random()',
    inWorkflow('return ctx.newGuid()'),
    inWorkflow('return Math.floor(input.total)'),
    inWorkflow('return createHash("sha256")', "import { createHash } from 'node:crypto'"),
    inWorkflow('return validate(input.id)', "import { validate } from 'uuid'"),
    inWorkflow('return randomUUID()', 'const randomUUID = () => "fixed"'),
  ],
  invalid: [
    [inWorkflow('return Math.random()'), 'seeded'],
    [inWorkflow('return crypto.randomUUID()'), 'seeded'],
    [inWorkflow('return crypto["randomUUID"]()'), 'seeded'],
    [inWorkflow('return randomUUID()', "import { randomUUID } from 'node:crypto'"), 'seeded'],
    [inWorkflow('return any()', 'import { randomUUID as any } from "crypto"'), 'seeded'],
    [inWorkflow('return crypto.randomInt(6)', "import crypto from 'node:crypto'"), 'random'],
    [inWorkflow('return c.randomBytes(6)', "import * as c from 'node:crypto'"), 'random'],
    [inWorkflow('return uuid()', "import { v4 as uuid } from 'uuid'"), 'random'],
    [inWorkflow('return nanoid()', "import { nanoid } from 'nanoid'"), 'random'],
  ],
})

check('no-io', {
  valid: [
    'await fetch("https://example.com")',
    'export async function load(ctx: ActivityContext) { return fetch(process.env.URL) }',
    inWorkflow('return ctx.callActivity(load, input)'),
    inWorkflow('return join("a", "b")', "import { join } from 'node:path'"),
    inWorkflow('return fetch()', 'function fetch() {}'),
    inWorkflow('return input.process.env'),
  ],
  invalid: [
    [inWorkflow('return fetch("https://example.com")'), 'io'],
    [inWorkflow('return new WebSocket("wss://example.com")'), 'io'],
    [inWorkflow('return readFileSync("a")', "import { readFileSync } from 'node:fs'"), 'io'],
    [inWorkflow('return fs.promises.readFile("a")', 'import fs from "fs"'), 'io'],
    [inWorkflow('return get("http://a")', "import { get } from 'node:https'"), 'io'],
    [inWorkflow('return process.env.STAGE'), 'environment'],
    [inWorkflow('return process.env["STAGE"]', "import process from 'node:process'"), 'environment'],
  ],
})

check('no-timers', {
  valid: [
    'setTimeout(() => {}, 1)',
    inWorkflow('await ctx.createTimer("1h")'),
    inWorkflow('await setTimeout(1)', 'const setTimeout = (ms: number) => ms'),
    inWorkflow('queueMicrotask(() => {})'),
  ],
  invalid: [
    [inWorkflow('setTimeout(() => {}, 1)'), 'refused'],
    [inWorkflow('await new Promise((resolve) => setTimeout(resolve, 1000))'), 'refused'],
    [inWorkflow('return AbortSignal.timeout(5)'), 'refused'],
    [inWorkflow('await sleep(5)', "import { setTimeout as sleep } from 'node:timers/promises'"), 'imported'],
    [inWorkflow('await timers.setTimeout(5)', 'import timers from "timers/promises"'), 'imported'],
  ],
})

check('await-tasks', {
  valid: [
    inWorkflow('await ctx.callActivity(charge, input)'),
    inWorkflow('return ctx.callActivity(charge, input)'),
    inWorkflow('const task = ctx.createTimer("1h")\nawait task'),
    inWorkflow('await ctx.whenAll(input.items.map((item) => ctx.callActivity(charge, item)))'),
    inWorkflow('void ctx.callActivity(charge, input)'),
    inWorkflow('ctx.setCustomStatus("x")\nctx.sendEvent("a", "b")\nctx.continueAsNew(1)'),
    inWorkflow('for (const item of input.items) await ctx.callActivity(charge, item)'),
    'async function* order(ctx: WorkflowContext) { yield ctx.callActivity(charge) }',
    'export async function charge(ctx: ActivityContext) { ctx.callActivity(charge) }',
    inWorkflow('client.createTimer("1h")'),
  ],
  invalid: [
    [inWorkflow('ctx.callActivity(charge, input)'), 'dropped'],
    [inWorkflow('ctx.createTimer("1h").then(() => {})'), 'dropped'],
    [inWorkflow('ctx.callActivity(charge).catch(() => {}).finally(() => {})'), 'dropped'],
    [inWorkflow('if (input.slow) ctx.createTimer("1h")'), 'dropped'],
    [inWorkflow('ctx?.callChildWorkflow(other)'), 'dropped'],
    ['async function* order(ctx: WorkflowContext) { ctx.callActivity(charge) }', 'dropped'],
    ['async function order({ callActivity }: WorkflowContext) { callActivity(charge) }', 'dropped'],
    ['async function order({ callActivity: call }: WorkflowContext) { call(charge) }', 'dropped'],
    ['async function help(n: number, ctx: WorkflowContext) { ctx.createTimer(n) }', 'dropped'],
    [inWorkflow('input.items.forEach((item) => ctx.callActivity(charge, item))'), 'forEach'],
    [inWorkflow('input.items.forEach(async (item) => { await ctx.callActivity(charge, item) })'), 'forEach'],
  ],
})

check('no-module-state', {
  valid: [
    'let count = 0\nexport function charge(ctx: ActivityContext) { count++ }',
    inWorkflow('let count = 0\ncount++\nconst seen = []\nseen.push(1)\nreturn seen'),
    inWorkflow(
      'return prices[input.product] + rates.get(1)',
      'const prices = { a: 1 }\nconst rates = new Map()',
    ),
    inWorkflow('api.set(1)\nstore.add(input)', 'const api = createApi()\nconst store = { add: (x) => x }'),
    inWorkflow('return limit', 'let limit = 5'),
    inWorkflow('input.items.push(1)\ninput.done = true'),
  ],
  invalid: [
    [inWorkflow('count++', 'let count = 0'), 'written'],
    [inWorkflow('last = input', 'let last'), 'written'],
    [inWorkflow('settings.retries = 3', 'const settings = { retries: 1 }'), 'written'],
    [inWorkflow('delete settings.retries', 'const settings = { retries: 1 }'), 'written'],
    [inWorkflow('settings.retries = 3', "import { settings } from './settings.ts'"), 'written'],
    [inWorkflow('seen.push(input)', 'const seen = []'), 'written'],
    [inWorkflow('seen.add(input)', 'const seen = new Set<string>()'), 'written'],
    [inWorkflow('state.seen.push(input)', 'const state = { seen: [] }'), 'written'],
    [inWorkflow('input.items.map((item) => cache.set(item, 1))', 'const cache = new Map()'), 'written'],
    [inWorkflow('return rate', 'let rate = 1\nexport function setRate(next) { rate = next }'), 'read'],
  ],
})

// What counts as a workflow, shown by one rule.
check('no-timers', {
  valid: [
    'async function order(ctx) { setTimeout(ctx, 1) }',
    'async function charge(ctx) { setTimeout(ctx, 1) }\nexport const app = defineApp({ workflows: {}, activities: { charge } })',
    'const charge: ActivityFunction = (ctx) => setTimeout(ctx, 1)',
  ],
  invalid: [
    [
      'async function order(ctx) { setTimeout(ctx, 1) }\nexport const app = defineApp({ workflows: { order } })',
      'refused',
    ],
    [
      'const order = async (ctx) => { setTimeout(ctx, 1) }\nexport const app = defineApp({ workflows: { Order: order } })',
      'refused',
    ],
    ['export const app = defineApp({ workflows: { async order(ctx) { setTimeout(ctx, 1) } } })', 'refused'],
    ['export const app = defineApp({ workflows: { order: async (ctx) => setTimeout(ctx, 1) } })', 'refused'],
    ['const order: TWorkflow = async function* (ctx) { setTimeout(ctx, 1) }', 'refused'],
    ['const order = (async function* (ctx) { setTimeout(ctx, 1) }) satisfies TWorkflow', 'refused'],
    ['runtime.registerWorkflow(order)\nfunction* order(ctx) { setTimeout(ctx, 1) }', 'refused'],
    ['runtime.registerWorkflowWithName("o", function* (ctx) { setTimeout(ctx, 1) })', 'refused'],
    ['async function order(ctx: tenuto.WorkflowContext) { setTimeout(() => {}, 1) }', 'refused'],
    ['class Orders { async order(ctx: WorkflowContext) { setTimeout(() => {}, 1) } }', 'refused'],
  ],
})
