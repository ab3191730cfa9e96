// Rejections that nobody handles: those of workflow code end no process, those of the host end it as they always do, however many
// runtimes there are in it.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Runs a program with so many runtimes in a process of its own. @returns its exit code and what it wrote on standard error */
function run(runtimes: number, program: string) {
  const source = `
    import { defineApp } from './src/index.ts'
    import { createRuntime } from './src/runtime/runtime.ts'
    import { createMemoryBackend } from './src/testing/memory-backend.ts'
    async function careless(ctx) { Promise.reject(new Error('of the workflow')); return 1 }
    const app = defineApp({ workflows: { careless } })
    const backends = Array.from({ length: ${runtimes} }, () => createMemoryBackend())
    const runtimes = backends.map(({ ports }) => createRuntime(app, ports))
    ${program}`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
  })
  return { status, stderr }
}

const runsWorkflow = `
  const [{ queue, clock }] = backends
  queue.run(() => runtimes[0])
  await runtimes[0].management.start({ workflowName: 'careless', instanceId: 'one' })
  await clock.runUntil(() => false)
  await new Promise((resolve) => setImmediate(resolve))
  if ((await runtimes[0].management.get('one')).status !== 'COMPLETED') process.exit(7)`

test.each([1, 2])('a rejection of workflow code ends no process (runtimes: %i)', (runtimes) => {
  expect(run(runtimes, runsWorkflow)).toMatchObject({ status: 0 })
})

test.each([1, 2])('a rejection of the host ends it (runtimes: %i)', (runtimes) => {
  const { status, stderr } = run(
    runtimes,
    `Promise.reject(new Error('of the host')); setTimeout(() => process.exit(0), 5_000)`,
  )
  expect(status).toBe(1)
  expect(stderr).toContain('of the host')
})

test('so it does when one of two runtimes is closed, and when both are', () => {
  for (const closed of [1, 2]) {
    const program = `for (const each of runtimes.slice(0, ${closed})) { each.close(); each.close() }
      Promise.reject(new Error('of the host')); setTimeout(() => process.exit(0), 5_000)`
    expect(run(2, program)).toMatchObject({ status: 1 })
  }
})
