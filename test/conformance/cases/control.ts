// Suspend, resume, terminate.

import { expect } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../../src/index.ts'
import { type Bench, type Cases, gate } from '../bench.ts'

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

async function suspend(bench: Bench, id: string): Promise<void> {
  await bench.host.pass(bench.management.suspend(id, 'lunch'))
  await bench.until(id, ({ status }) => status === 'SUSPENDED')
}

export const controlCases: Cases = {
  async 'a suspended instance takes nothing up until it is resumed (Dapr: pause; DG: SuspendResumeWorkflow, Executor/SuspendStopsAllActions; JS: suspend and resume, keep/suspension buffers)'(
    open,
  ) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await suspend(bench, 'waiting')
    await bench.raise('waiting', 'go', 'on')
    await bench.idle()
    expect(await bench.view('waiting')).toMatchObject({ status: 'SUSPENDED' })
    await bench.host.pass(bench.management.resume('waiting', 'back'))
    expect(await bench.ended('waiting')).toMatchObject({ status: 'COMPLETED', output: 'on' })
  },

  async 'after resume the instance is RUNNING again (Dapr: pause)'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await suspend(bench, 'waiting')
    await bench.host.pass(bench.management.resume('waiting'))
    await running(bench, 'waiting')
    await bench.raise('waiting', 'go')
    expect(await bench.ended('waiting')).toMatchObject({ status: 'COMPLETED' })
  },

  async 'an activity that is under way finishes while the instance is suspended, and counts after resume'(
    open,
  ) {
    const [begun, held] = [gate(), gate<string>()]
    async function slow(): Promise<string> {
      begun.open()
      return held.passed
    }
    let asked = 0
    const note = async (_ctx: ActivityContext) => void asked++
    async function two(ctx: WorkflowContext): Promise<unknown> {
      const first = await ctx.callActivity(slow)
      await ctx.callActivity(note)
      return first
    }
    const bench = await open({ workflows: { two }, activities: { slow, note } })
    await bench.start('two')
    await bench.host.pass(begun.passed)
    await suspend(bench, 'two')
    held.open('finished')
    await bench.idle()
    expect([asked, (await bench.view('two')).status]).toEqual([0, 'SUSPENDED'])
    await bench.host.pass(bench.management.resume('two'))
    expect(await bench.ended('two')).toMatchObject({ output: 'finished' })
    expect(asked).toBe(1)
  },

  async 'events that come during a suspension are taken in their order after it'(open) {
    async function three(ctx: WorkflowContext): Promise<unknown> {
      const taken: unknown[] = []
      while (taken.length < 3) taken.push(await ctx.waitForExternalEvent('item'))
      return taken
    }
    const bench = await open({ workflows: { three } })
    await bench.start('three')
    await running(bench, 'three')
    await bench.raise('three', 'item', 1)
    await suspend(bench, 'three')
    await bench.raise('three', 'item', 2)
    await bench.raise('three', 'item', 3)
    await bench.host.pass(bench.management.resume('three'))
    expect((await bench.ended('three')).output).toEqual([1, 2, 3])
  },

  async 'suspending twice is suspending once, and resuming what is not suspended does nothing (MJ: control/double suspend)'(
    open,
  ) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await bench.host.pass(bench.management.resume('waiting'))
    await suspend(bench, 'waiting')
    await bench.host.pass(bench.management.suspend('waiting'))
    await bench.host.pass(bench.management.resume('waiting'))
    await running(bench, 'waiting')
    await bench.raise('waiting', 'go', 1)
    expect(await bench.ended('waiting')).toMatchObject({ output: 1 })
  },

  async 'terminate ends an instance that waits for an event, with the given output (Dapr: basic/terminate, terminate/basic, terminate/waitforevent; DG: TerminateWorkflow; MJ: control/terminate with output; JS: terminate with output, keep/output of a termination)'(
    open,
  ) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await bench.host.pass(bench.management.terminate('waiting', '{"by":"me"}'))
    const ended = await bench.ended('waiting')
    expect(ended).toMatchObject({ status: 'TERMINATED', output: { by: 'me' } })
    expect(ended.failure).toBeUndefined()
  },

  async 'terminate ends an instance that waits for a timer (Dapr: terminate/waittimer; DG: Executor/TerminateBeforeTimerFired)'(
    open,
  ) {
    const nap = async (ctx: WorkflowContext) => ctx.createTimer('1h')
    const bench = await open({ workflows: { nap } })
    const before = bench.host.now()
    await bench.start('nap')
    await running(bench, 'nap')
    await bench.host.pass(bench.management.terminate('nap'))
    expect(await bench.ended('nap')).toMatchObject({ status: 'TERMINATED', output: undefined })
    expect(bench.host.now() - before).toBeLessThan(3_600_000)
  },

  async 'terminate ends an instance in the middle of a fan-out, and late outcomes change nothing (Dapr: terminate/fanout)'(
    open,
  ) {
    const [begun, held] = [gate(), gate()]
    let present = 0
    async function slow(): Promise<void> {
      if (++present === 8) begun.open()
      await held.passed
    }
    const wide = async (ctx: WorkflowContext) =>
      ctx.whenAll(Array.from({ length: 8 }, () => ctx.callActivity(slow)))
    const bench = await open({ workflows: { wide }, activities: { slow } })
    await bench.start('wide')
    await bench.host.pass(begun.passed)
    await bench.host.pass(bench.management.terminate('wide', '1'))
    expect(await bench.ended('wide')).toMatchObject({ status: 'TERMINATED', output: 1 })
    held.open()
    await bench.idle()
    expect(await bench.view('wide')).toMatchObject({ status: 'TERMINATED', output: '1' })
    expect((await bench.history('wide')).at(-1)?.status).toBe('TERMINATED')
  },

  async 'a suspended instance can be terminated (DG: Executor/TerminateWhileSuspended)'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    await suspend(bench, 'waiting')
    await bench.raise('waiting', 'go')
    await bench.host.pass(bench.management.terminate('waiting'))
    expect(await bench.ended('waiting')).toMatchObject({ status: 'TERMINATED' })
  },

  async 'a terminated workflow runs nothing more (DG: Executor/TerminateStopsSubsequentEvents, panics/terminateIgnored)'(
    open,
  ) {
    const seen: string[] = []
    const note = async (_ctx: ActivityContext, text: string) => void seen.push(text)
    async function after(ctx: WorkflowContext): Promise<void> {
      await ctx.waitForExternalEvent('go')
      await ctx.callActivity(note, 'after')
    }
    const bench = await open({ workflows: { after }, activities: { note } })
    await bench.start('after')
    await running(bench, 'after')
    await bench.host.pass(bench.management.terminate('after'))
    await bench.ended('after')
    expect(await bench.codeOf(bench.management.raiseEvent({ instanceId: 'after', eventName: 'go' }))).toBe(
      'ERR_RAISE_EVENT_WORKFLOW',
    )
    await bench.idle()
    expect(seen).toEqual([])
  },

  async 'what has ended stays as it is: terminate does nothing, suspend and resume are refused (Dapr: terminate/completed; DG: Executor/CompletionBeforeTerminateWins; MJ: control/no duplicate completion)'(
    open,
  ) {
    const quick = async () => 'done'
    const bench = await open({ workflows: { quick } })
    await bench.run('quick')
    await bench.host.pass(bench.management.terminate('quick', '"other"'))
    expect(await bench.codeOf(bench.management.suspend('quick'))).toBe('ERR_PAUSE_WORKFLOW')
    expect(await bench.codeOf(bench.management.resume('quick'))).toBe('ERR_RESUME_WORKFLOW')
    await bench.idle()
    expect(await bench.view('quick')).toMatchObject({ status: 'COMPLETED', output: '"done"' })
    expect(await bench.history('quick')).toHaveLength(1)
  },

  async 'what nobody knows can be neither suspended, resumed, terminated, purged nor told anything (Dapr: purge/notexists)'(
    open,
  ) {
    const bench = await open({ workflows: {} })
    const { management } = bench
    const calls = [
      () => management.suspend('nobody'),
      () => management.resume('nobody'),
      () => management.terminate('nobody'),
      () => management.purge('nobody'),
      () => management.raiseEvent({ instanceId: 'nobody', eventName: 'go' }),
    ]
    for (const call of calls) expect(await bench.codeOf(call())).toBe('ERR_INSTANCE_ID_NOT_FOUND')
    expect(await bench.host.pass(management.get('nobody'))).toBeUndefined()
  },
}
