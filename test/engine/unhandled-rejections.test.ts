// A rejection that nobody handles in workflow code is logged to its instance; one of the host stays what it is.

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'

/** Runs a script in a process of its own. */
function runScript(body: string): { status: number | null; stdout: string; stderr: string } {
  const script = `
    import { Execution } from './src/engine/execution.ts'
    import { trapUnhandledRejections } from './src/engine/window.ts'
    import { defineApp } from './src/workflow/app.ts'
    const log = (line) => process.stdout.write(line + '\\n')
    async function run(workflow, events = []) {
      const app = defineApp({ workflows: { main: workflow } })
      const started = { kind: 'executionStarted', instanceId: 'i1', incarnation: 'x', generation: 1, name: 'main', flags: [1] }
      const nothing = () => {}
      const warn = (message, fields) => log('warn ' + fields.instanceId + ' ' + message + ' ' + fields.error?.message)
      const execution = new Execution(app, workflow, started, { debug: nothing, info: nothing, warn, error: nothing })
      const result = await execution.run([{ at: 0, events: [started] }])
      log('outcome ' + result.outcome?.kind)
      return execution
    }
    ${body}
  `
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('../..', import.meta.url),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const quit = `setTimeout(() => { log('end'); }, 20)`

describe('with the trap', () => {
  test('rejections in workflow code do not end the process and name their instance', () => {
    const { status, stdout } = runScript(`
      trapUnhandledRejections()
      await run(async (ctx) => {
        void Promise.reject(new Error('direct'))
        void (async () => { await null; throw new Error('helper') })()
        void Promise.all([ctx.waitForExternalEvent('e', { timeout: 0 })])
      })
      ${quit}
    `)
    expect(stdout.split('\n').filter((line) => line.includes('handled by nobody'))).toEqual([
      expect.stringMatching(/^warn i1 .* direct$/),
      expect.stringMatching(/^warn i1 .* helper$/),
      expect.stringMatching(/^warn i1 .*No event 'e' came/),
    ])
    expect(stdout).toMatch(/outcome completed\n(?:.*\n)*end\n$/)
    expect(status).toBe(0)
  })

  test('so do those that come after the turn', () => {
    const { status, stdout } = runScript(`
      trapUnhandledRejections()
      let reject
      await run(async (ctx) => {
        void ctx.callActivity('a')
        void new Promise((_, no) => { reject = no }).then(() => {})
        await ctx.waitForExternalEvent('e')
      })
      setTimeout(() => reject(new Error('late')), 1)
      ${quit}
    `)
    expect(stdout).toMatch(/warn i1 .* late\n/)
    expect(status).toBe(0)
  })

  test.each([
    ['before a window', `Promise.reject(new Error('of the host')); await run(async () => 1)`],
    ['after a window', `await run(async () => 1); Promise.reject(new Error('of the host'))`],
    [
      'while a window is open',
      `setImmediate(() => Promise.reject(new Error('of the host'))); await run(async () => 1)`,
    ],
  ])('a rejection of the host still ends the process as by default (%s)', (_when, body) => {
    const { status, stdout, stderr } = runScript(`trapUnhandledRejections(); ${body}; ${quit}`)
    expect(stderr).toContain('Error: of the host')
    expect(status).toBe(1)
    expect(stdout).not.toContain('end\n')
  })

  test('a rejection of the host is left to the host’s own listener where there is one', () => {
    const { status, stdout } = runScript(`
      process.on('unhandledRejection', (reason) => log('host ' + reason.message))
      trapUnhandledRejections()
      await run(async () => 1)
      Promise.reject(new Error('of the host'))
      ${quit}
    `)
    expect(stdout).toContain('host of the host\n')
    expect(stdout).toContain('end\n')
    expect(status).toBe(0)
  })

  test('taken away it traps nothing more', () => {
    const { status } = runScript(`
      trapUnhandledRejections()()
      await run(async () => { void Promise.reject(new Error('direct')) })
      ${quit}
    `)
    expect(status).toBe(1)
  })
})

test('a failed task that nobody awaits ends no process, with or without the trap', () => {
  const { status, stdout } = runScript(`
    const execution = await run(async (ctx) => {
      void ctx.callActivity('a')
      void ctx.whenAll([ctx.callActivity('b')])
      await ctx.waitForExternalEvent('e')
    })
    const failure = { errorType: 'Error', message: 'no' }
    const failed = (seq) => ({ kind: 'taskFailed', generation: 1, seq, failure })
    await execution.run([{ at: 1, events: [failed(1), failed(2)] }])
    ${quit}
  `)
  expect(stdout).toContain('end\n')
  expect(status).toBe(0)
})
