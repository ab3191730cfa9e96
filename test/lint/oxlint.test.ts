// The plugin in a real oxlint: a project with mistakes, and the examples, which have none.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenuto } from '../../src/lint/index.ts'

const project = mkdtempSync(join(tmpdir(), 'tenuto-lint-'))
const { rules } = tenuto.configs.recommended

beforeAll(() => {
  const configuration = {
    jsPlugins: [resolve('src/lint/index.ts')],
    categories: { correctness: 'off' },
    rules,
  }
  writeFileSync(join(project, '.oxlintrc.json'), JSON.stringify(configuration))
  writeFileSync(
    join(project, 'order.ts'),
    `import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowContext } from 'tenuto'

const seen: string[] = []

export async function order(ctx: WorkflowContext, id: string) {
  const started = Date.now()
  const key = Math.random()
  readFileSync('prices.json')
  await sleep(1000)
  ctx.callActivity('charge', { id, key })
  seen.push(id)
  return started
}
`,
  )
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

function oxlint(...paths: readonly string[]) {
  const args = ['--format', 'json', '--config', join(project, '.oxlintrc.json'), ...paths]
  const { stdout, status } = spawnSync(resolve('node_modules/.bin/oxlint'), args, { encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; labels: { span: { line: number } }[] }[]
  }
  return {
    status,
    found: diagnostics.map(({ code, labels }) => `${labels[0]?.span.line} ${code}`).toSorted(),
  }
}

test('every rule finds its mistake, on its line', () => {
  expect(oxlint(project)).toEqual({
    status: 1,
    found: [
      '10 tenuto(no-io)',
      '11 tenuto(no-timers)',
      '12 tenuto(await-tasks)',
      '13 tenuto(no-module-state)',
      '8 tenuto(no-clock)',
      '9 tenuto(no-random)',
    ],
  })
}, 30_000)

test('the examples have no findings', () => {
  expect(oxlint('examples')).toEqual({ status: 0, found: [] })
}, 30_000)
