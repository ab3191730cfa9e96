// From start to purge: one id, one life at a time.

import { expect } from 'vitest'
import { type ActivityContext, limits, type WorkflowContext } from '../../../src/index.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

const echo = async (_ctx: WorkflowContext, input?: unknown) => input ?? 'nothing'

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

export const startCases: Cases = {
  async 'a start without an id is given one, a new one each time'(open) {
    const bench = await open({ workflows: { echo } })
    const start = async () =>
      (await bench.host.pass(bench.management.start({ workflowName: 'echo' }))).instanceId
    const ids = [await start(), await start()]
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(await bench.ended(id)).toMatchObject({ output: 'nothing' })
  },

  async 'the same start again gets the same answer and starts nothing'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', { x: 1 }, { instanceId: 'one' })
    await running(bench, 'one')
    const { createdAt } = await bench.view('one')
    expect(await bench.start('waiting', { x: 1 }, { instanceId: 'one' })).toBe('one')
    await bench.raise('one', 'go', 'first life')
    expect(await bench.ended('one')).toMatchObject({ output: 'first life', createdAt })
  },

  async 'another start with the id of a live instance is refused (DG: SingleActivity_ReuseInstanceIDError)'(
    open,
  ) {
    const bench = await open({ workflows: { waiting, echo } })
    await bench.start('waiting', 1, { instanceId: 'one' })
    const start = (workflowName: string, input: string) =>
      bench.management.start({ workflowName, instanceId: 'one', input })
    expect(await bench.codeOf(start('waiting', '2'))).toBe('ERR_START_WORKFLOW')
    expect(await bench.codeOf(start('echo', '1'))).toBe('ERR_START_WORKFLOW')
    await running(bench, 'one')
    expect(await bench.codeOf(start('waiting', '2'))).toBe('ERR_START_WORKFLOW')
    expect(await bench.view('one')).toMatchObject({ workflowName: 'waiting', input: '1' })
  },

  async 'of two simultaneous starts that differ exactly one succeeds (Dapr: reuse)'(open) {
    const bench = await open({ workflows: { echo } })
    const start = (input: string) =>
      bench.management.start({ workflowName: 'echo', instanceId: 'one', input })
    const answers = await bench.host.pass(Promise.allSettled([start('1'), start('2')]))
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await bench.ended('one')).output).toBe(answers[0]?.status === 'fulfilled' ? 1 : 2)
  },

  async 'an instance that has ended gives its id up (Dapr: reuseid/workflow; DG: RecreateCompletedWorkflow)'(
    open,
  ) {
    const bench = await open({ workflows: { echo } })
    await bench.start('echo', 'first', { instanceId: 'one' })
    await bench.ended('one')
    const first = await bench.row('one')
    await bench.start('echo', 'second', { instanceId: 'one' })
    expect(await bench.ended('one')).toMatchObject({ output: 'second', input: '"second"' })
    expect((await bench.row('one')).incarnation).not.toBe(first.incarnation)
    expect((await bench.history('one')).map(({ n }) => n)).toEqual([1])
  },

  async 'a start with an idempotency key is the same start after the end too; another key starts anew'(open) {
    let runs = 0
    const count = async (_ctx: ActivityContext) => ++runs
    const counting = async (ctx: WorkflowContext) => ctx.callActivity(count)
    const bench = await open({ workflows: { counting }, activities: { count } })
    const start = (idempotencyKey: string) => bench.start('counting', undefined, { idempotencyKey })
    await start('k1')
    expect(await bench.ended('counting')).toMatchObject({ output: 1 })
    await start('k1')
    await bench.idle()
    expect(await bench.ended('counting')).toMatchObject({ output: 1 })
    await start('k2')
    expect(await bench.ended('counting')).toMatchObject({ output: 2 })
  },

  async 'an id may have letters of any script, digits, _ and -; what else is refused (Dapr: basic/specialchars)'(
    open,
  ) {
    const bench = await open({ workflows: { echo } })
    const start = (instanceId: string) => bench.management.start({ workflowName: 'echo', instanceId })
    for (const id of ['a_b-c', 'Übung1', '訂單', 'x'.repeat(limits.instanceIdCharacters)]) {
      await bench.host.pass(start(id))
      expect(await bench.ended(id)).toMatchObject({ status: 'COMPLETED' })
    }
    for (const id of ['a|b', 'a@b', 'a b', 'a/b', 'a:0001'])
      expect(await bench.codeOf(start(id))).toBe('ERR_INSTANCE_ID_INVALID')
    expect(await bench.codeOf(start('x'.repeat(limits.instanceIdCharacters + 1)))).toBe(
      'ERR_INSTANCE_ID_TOO_LONG',
    )
    expect(await bench.codeOf(start(''))).toBe('ERR_INSTANCE_ID_PROVIDED_MISSING')
    expect(await bench.codeOf(bench.management.start({ workflowName: '' }))).toBe('ERR_WORKFLOW_NAME_MISSING')
  },
}

export const scheduledStartCases: Cases = {
  async 'a scheduled start is PENDING until its time and never runs before (Dapr: starttime/starttime, starttime/nowait)'(
    open,
  ) {
    const clock = async (ctx: WorkflowContext) => ctx.getCurrentUtcDateTime().getTime()
    const bench = await open({ workflows: { clock } })
    const startAt = bench.host.now() + bench.shortMs
    await bench.start('clock', undefined, { startAt })
    expect(await bench.view('clock')).toMatchObject({ status: 'PENDING' })
    expect((await bench.ended('clock')).output).toBeGreaterThanOrEqual(startAt)
  },

  async 'a start time in the past is now (Dapr: starttime/nodelay)'(open) {
    const bench = await open({ workflows: { echo } })
    await bench.start('echo', 1, { startAt: 1 })
    await bench.idle()
    expect(await bench.ended('echo')).toMatchObject({ output: 1 })
  },

  async 'events that come before a scheduled start wait for it'(open) {
    async function first(ctx: WorkflowContext): Promise<unknown> {
      return [await ctx.waitForExternalEvent('go'), ctx.getCurrentUtcDateTime().getTime()]
    }
    const bench = await open({ workflows: { first } })
    const startAt = bench.host.now() + bench.shortMs
    await bench.start('first', undefined, { startAt })
    await bench.raise('first', 'go', 'early')
    const { output } = await bench.ended('first')
    const [event, at] = output as [string, number]
    expect(event).toBe('early')
    expect(at).toBeGreaterThanOrEqual(startAt)
  },

  async 'an instance that is terminated before its scheduled start ends at once and has run nothing'(open) {
    const seen: string[] = []
    const note = async (_ctx: ActivityContext) => void seen.push('ran')
    async function eager(ctx: WorkflowContext): Promise<string> {
      void ctx.callActivity(note)
      return 'ran'
    }
    const bench = await open({ workflows: { eager }, activities: { note } })
    const startAt = bench.host.now() + 3_600_000
    await bench.start('eager', undefined, { startAt })
    await bench.host.pass(bench.management.terminate('eager', '"called off"'))
    expect(await bench.ended('eager')).toMatchObject({ status: 'TERMINATED', output: 'called off' })
    expect(bench.host.now()).toBeLessThan(startAt)
    await bench.idle()
    expect(seen).toEqual([])
  },
}

export const purgeCases: Cases = {
  async 'a purged instance is gone, with its history (Dapr: basic/purge, purge/base; DG: PurgeCompletedWorkflow; MJ: control/purge by id; JS: purge by id)'(
    open,
  ) {
    const bench = await open({ workflows: { echo } })
    await bench.run('echo', 1)
    await bench.host.pass(bench.management.purge('echo'))
    expect(await bench.host.pass(bench.management.get('echo'))).toBeUndefined()
    expect(await bench.codeOf(bench.management.purge('echo'))).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    expect(await bench.codeOf(bench.management.terminate('echo'))).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    expect(await bench.codeOf(bench.management.raiseEvent({ instanceId: 'echo', eventName: 'go' }))).toBe(
      'ERR_INSTANCE_ID_NOT_FOUND',
    )
    const { instances } = await bench.host.store.list({ limit: 10 })
    expect(instances).toEqual([])
  },

  async 'an instance that has not ended is not purged'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    expect(await bench.codeOf(bench.management.purge('waiting'))).toBe('ERR_PURGE_WORKFLOW')
    await bench.raise('waiting', 'go', 1)
    expect(await bench.ended('waiting')).toMatchObject({ output: 1 })
  },

  async 'the id of a purged instance can be used again (Dapr: reuseid/workflow)'(open) {
    const bench = await open({ workflows: { echo } })
    await bench.run('echo', 1)
    await bench.host.pass(bench.management.purge('echo'))
    expect(await bench.run('echo', 2)).toMatchObject({ output: 2 })
  },

  async 'what the old life of an id left behind does not reach the new one (Dapr: loadbalance/stalecompletion; MJ: children/stale completion of a replaced run)'(
    open,
  ) {
    const held = gate<string>()
    const begun = gate()
    async function slow(_ctx: ActivityContext, life: string): Promise<string> {
      if (life === 'new') return life
      begun.open()
      return held.passed
    }
    async function lives(ctx: WorkflowContext, life: string): Promise<unknown> {
      const result = ctx.callActivity(slow, life)
      if (life === 'old') return 'ended'
      await ctx.waitForExternalEvent('go')
      return result
    }
    const bench = await open({ workflows: { lives }, activities: { slow } })
    await bench.start('lives', 'old')
    await bench.host.pass(begun.passed)
    await bench.ended('lives')
    await bench.host.pass(bench.management.purge('lives'))
    await bench.start('lives', 'new')
    held.open('old')
    await bench.idle()
    await bench.raise('lives', 'go')
    expect(await bench.ended('lives')).toMatchObject({ output: 'new' })
    const facts = (await bench.history('lives')).flatMap(({ events }) => events.map(({ kind }) => kind))
    expect(facts.toSorted()).toEqual(['eventRaised', 'executionStarted', 'taskCompleted'])
  },
}
