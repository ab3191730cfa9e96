// Several hosts on one backend, messages that come twice, and processes that follow each other: none of it shows in an instance.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { factIdOf } from '../../src/engine/events.ts'
import { defineApp, type WorkflowContext } from '../../src/index.ts'
import { openLocalBackend } from '../../src/local/index.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import { interceptPorts } from '../support/intercept-ports.ts'

const echo = async (_ctx: unknown, value: unknown) => value

async function refuse(): Promise<never> {
  throw new RangeError('no stock')
}

async function child(ctx: WorkflowContext, value: number): Promise<unknown> {
  if (value < 0) throw new RangeError('below zero')
  return ctx.callActivity(echo, value)
}

/** Everything at once, for three generations. */
async function everything(ctx: WorkflowContext, round: number): Promise<unknown> {
  const outcome = async (task: Promise<unknown>) => task.catch(() => 'failed')
  const results = await Promise.all([
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((value) => ctx.callActivity(echo, value)),
    outcome(ctx.callActivity(refuse)),
    ctx.callChildWorkflow(child, 10),
    outcome(ctx.callChildWorkflow(child, -1)),
    ctx.createTimer('1h').then(() => 'fired'),
    ctx.waitForExternalEvent('go'),
  ])
  if (round < 3) ctx.continueAsNew(round + 1, true)
  return results
}

const app = defineApp({ workflows: { everything, child }, activities: { echo, refuse } })
const expected = [1, 2, 3, 4, 5, 6, 7, 8, 'failed', 10, 'failed', 'fired', 'now']

type Memory = ReturnType<typeof createMemoryBackend>

/** Runs `everything` on a backend that delivers already; events go through one host, the start through another. */
async function runEverything({ ports, clock }: Memory): Promise<unknown> {
  const [one, another] = [createManagement(ports), createManagement(ports)]
  await one.start({ workflowName: 'everything', instanceId: 'all', input: '1' })
  for (let round = 0; round < 3; round++)
    await another.raiseEvent({ instanceId: 'all', eventName: 'go', data: '"now"' })
  await clock.runUntil(() => false, 24 * 3_600_000)
  const view = await another.get('all')
  return view?.output === undefined ? view : JSON.parse(view.output)
}

test('three hosts in turn do what one does: activities, children, timers, events, generations (Dapr: fanoutthree, multidapr, order, loadbalance/loadbalance, loadbalance/workerlb, loadbalance/activity, loadbalance/suborchestration, loadbalance/timer, loadbalance/raise, loadbalance/continueasnew)', async () => {
  const memory = createMemoryBackend()
  const hosts = [1, 2, 3].map(() => createRuntime(app, memory.ports))
  const handled = hosts.map(() => 0)
  let turn = 0
  memory.queue.run(() => {
    const at = turn++ % hosts.length
    const { [at]: host } = hosts
    if (!host) throw new Error('There is no such host.')
    handled[at] = (handled[at] ?? 0) + 1
    return host
  })
  expect(await runEverything(memory)).toEqual(expected)
  expect(Math.min(...handled)).toBeGreaterThan(5)
  for (const host of hosts) host.close()
})

test('whatever is delivered twice counts once (Dapr: basic/childidempotent, dedup/taskcompleted, dedup/taskfailed, dedup/childcompleted, dedup/childfailed, dedup/timerfired, dedup/dedup, chaos/dedupreassert; DG: runtimestate/DuplicateEvents)', async () => {
  const memory = createMemoryBackend({ manners: { duplicateAfterMs: () => 3, visibilityMs: 3_600_000 } })
  const host = createRuntime(app, memory.ports)
  memory.queue.run(() => host)
  expect(await runEverything(memory)).toEqual(expected)
  const row = await memory.store.getInstance('all')
  if (!row) throw new Error('There is no instance.')
  const facts = (await memory.store.readHistory(row)).flatMap(({ events }) => events.map(factIdOf))
  expect(facts.length).toBeGreaterThan(10)
  expect(new Set(facts).size).toBe(facts.length)
  const { instances } = await memory.store.list({ limit: 100 })
  expect(instances.map(({ name }) => name).filter((name) => name === 'child')).toHaveLength(6)
  expect(instances).toHaveLength(7)
  host.close()
})

test('what comes from outside is durable before anybody is woken (Dapr: chaos/savefirst)', async () => {
  const memory = createMemoryBackend()
  const order: string[] = []
  const ports = interceptPorts(memory.ports, async ({ method }, run) => {
    if (['createInstance', 'putInbox', 'send'].includes(method)) order.push(method)
    return run()
  })
  const management = createManagement(ports)
  await management.start({ workflowName: 'everything', instanceId: 'all', input: '1' })
  await management.raiseEvent({ instanceId: 'all', eventName: 'go' })
  await management.suspend('all')
  expect(order).toEqual(['createInstance', 'send', 'putInbox', 'send', 'putInbox', 'send'])
})

/** Opens the folder, as a process does. */
async function openProcess(dataDir: string) {
  const backend = await openLocalBackend({ dataDir, stopGraceMs: 1_000 })
  const runtime = createRuntime(app, backend.ports)
  const { management } = runtime
  return {
    management,
    run: () => backend.run(runtime, { maxConcurrency: () => undefined }),
    async end(): Promise<void> {
      await backend.stop()
      runtime.close()
    },
  }
}

test('three processes after each other use one id, and an event of nobody’s time is taken by the next (Dapr: restart, reconnect/raiseevent)', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tenuto-restarts-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  for (const value of [1, 2, 3]) {
    const first = await openProcess(dataDir)
    first.run()
    await first.management.start({ workflowName: 'child', instanceId: 'again', input: String(value) })
    expect(await first.management.waitFor('again', 'completion', 20_000)).toMatchObject({
      output: String(value),
    })
    await first.end()
  }
  const nobody = await openProcess(dataDir)
  await nobody.management.start({ workflowName: 'everything', instanceId: 'all', input: '3' })
  await nobody.management.raiseEvent({ instanceId: 'all', eventName: 'go', data: '"now"' })
  await nobody.end()
  const next = await openProcess(dataDir)
  next.run()
  expect((await next.management.waitFor('all', 'start', 20_000))?.status).toBe('RUNNING')
  await next.management.terminate('all')
  expect((await next.management.waitFor('all', 'completion', 20_000))?.status).toBe('TERMINATED')
  const { episodes } = await next.management.history('all')
  expect(episodes.flatMap(({ events }) => events.map(({ kind }) => kind))).toContain('eventRaised')
  await next.end()
})
