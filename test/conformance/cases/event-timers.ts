// Waits for events with a time-out: the right timer goes, whoever wins, and a late one disturbs nobody.

import { expect } from 'vitest'
import { isTenutoError, type WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

const hours = { timeout: '24h' } as const
const echo = async (_ctx: unknown, value: unknown) => value

/** Of the newest generation: kinds and numbers of timers that were made and taken back. */
async function timersOf(bench: Bench, id: string): Promise<readonly (readonly [string, number])[]> {
  const commands = (await bench.history(id)).flatMap((episode) => episode.commands)
  return commands.flatMap(({ kind, seq }) =>
    kind === 'createTimer' || kind === 'cancelTimer' ? [[kind, seq] as const] : [],
  )
}

async function outcome(task: Promise<unknown>): Promise<unknown> {
  return task.catch((error: unknown) => (isTenutoError(error) ? error.code : String(error)))
}

export const eventTimerCases: Cases = {
  async 'an event in time takes its own timer along and leaves that of the workflow alone (Dapr: raise/deletetimer/createtimer, raise/deletetimer/activity; DG: Executor/CreateTimer_SetsCreateTimerOrigin, runtimestate/CreateTimer)'(
    open,
  ) {
    async function waiting(ctx: WorkflowContext, seconds: number): Promise<unknown> {
      const own = ctx.createTimer(seconds)
      const event = await ctx.waitForExternalEvent('go', hours)
      const result = await ctx.callActivity(echo, event)
      await own
      return result
    }
    const bench = await open({ workflows: { waiting }, activities: { echo } })
    await bench.start('waiting', bench.shortMs / 1000)
    await bench.raise('waiting', 'GO', 'now')
    expect(await bench.ended('waiting')).toMatchObject({ output: 'now' })
    const timers = await timersOf(bench, 'waiting')
    expect(timers.filter(([kind, seq]) => kind === 'cancelTimer' && seq === 1)).toEqual([])
    const made = (await bench.history('waiting')).flatMap(({ commands }) =>
      commands.flatMap((command) => (command.kind === 'createTimer' ? [command.origin] : [])),
    )
    // Without the event the first turn asks for the second timer; with it, it has no need.
    expect([[undefined], [undefined, { kind: 'externalEvent', name: 'go' }]]).toContainEqual(made)
  },

  async 'of several waits for one name each has its own timer, and events go to the waits in their order (Dapr: raise/deletetimer/fanout, raise/deletetimer/samename)'(
    open,
  ) {
    async function three(ctx: WorkflowContext, seconds: number): Promise<unknown> {
      const waits = [
        ctx.waitForExternalEvent('go', hours),
        ctx.waitForExternalEvent('go', hours),
        ctx.waitForExternalEvent('go', { timeout: seconds }),
      ]
      return Promise.all(waits.map(outcome))
    }
    const bench = await open({ workflows: { three } })
    await bench.start('three', bench.shortMs / 1000, { startAt: bench.host.now() + 1 })
    await bench.until('three', ({ status }) => status === 'RUNNING')
    await bench.raise('three', 'go', 1)
    await bench.raise('three', 'go', 2)
    expect(await bench.ended('three')).toMatchObject({ output: [1, 2, 'EVENT_TIMEOUT'] })
    const cancelled = (await timersOf(bench, 'three')).filter(([kind]) => kind === 'cancelTimer')
    expect(cancelled.map(([, seq]) => seq)).toEqual([1, 2])
  },

  async 'a wait without an end makes no timer (Dapr: raise/deletetimer/notimeout)'(open) {
    const patient = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
    const bench = await open({ workflows: { patient } })
    await bench.start('patient')
    await bench.until('patient', ({ status }) => status === 'RUNNING')
    await bench.raise('patient', 'go', 1)
    expect(await bench.ended('patient')).toMatchObject({ output: 1 })
    expect(await timersOf(bench, 'patient')).toEqual([])
  },

  async 'a wait that is over takes no event: it is for the next wait, also in a loop (Dapr: raise/deletetimer/timerfired; DG: StaleTimer/RaisedBeforeTimeout_SurvivesStaleTimerFired, StaleTimer/ReceiveLoop_SecondEventAfterStaleTimerFired)'(
    open,
  ) {
    async function loop(ctx: WorkflowContext, seconds: number): Promise<unknown> {
      const first = await outcome(ctx.waitForExternalEvent('go', { timeout: seconds }))
      ctx.setCustomStatus('over')
      const rest: unknown[] = []
      for (let at = 0; at < 2; at++) rest.push(await ctx.waitForExternalEvent('go', hours))
      return [first, ...rest]
    }
    const bench = await open({ workflows: { loop } })
    await bench.start('loop', bench.shortMs / 1000)
    await bench.until('loop', ({ customStatus }) => customStatus === 'over')
    await bench.raise('loop', 'go', 1)
    await bench.raise('loop', 'go', 2)
    expect(await bench.ended('loop')).toMatchObject({ output: ['EVENT_TIMEOUT', 1, 2] })
  },

  async 'a waiter that is given up takes no event, and giving it up twice is giving it up once (MJ: timer/cancel/idempotent, timer/cancel/others; JS: fix/abandoned waiter)'(
    open,
  ) {
    async function careful(ctx: WorkflowContext): Promise<unknown> {
      const loser = ctx.waitForExternalEvent('go')
      const timer = ctx.createTimer('24h')
      const other = ctx.createTimer(0)
      const answers = [loser.cancel(), loser.cancel(), timer.cancel(), timer.cancel()]
      await other
      return [answers, await ctx.waitForExternalEvent('go')]
    }
    const bench = await open({ workflows: { careful } })
    await bench.start('careful')
    await bench.raise('careful', 'go', 'kept')
    expect(await bench.ended('careful')).toMatchObject({ output: [[true, false, true, false], 'kept'] })
  },

  async 'a timer that has fired can be cancelled no more, and its purge leaves nothing to come (Dapr: purge/reminders; MJ: timer/cancel/after fire, in-memory backend/purge)'(
    open,
  ) {
    async function late(ctx: WorkflowContext): Promise<boolean> {
      const timer = ctx.createTimer(0)
      void ctx.createTimer('24h').catch(() => {})
      await timer
      return timer.cancel()
    }
    const bench = await open({ workflows: { late } })
    expect(await bench.run('late')).toMatchObject({ output: false })
    await bench.host.pass(bench.management.purge('late'))
    await bench.idle()
    expect(await bench.host.pass(bench.management.get('late'))).toBeUndefined()
  },

  async 'names of events compare without case in every script, and without the rules of any language (MJ: events/case of names, events/late)'(
    open,
  ) {
    async function scripts(ctx: WorkflowContext): Promise<unknown> {
      const all: unknown[] = []
      for (const name of ['TITLE', 'Straße-Ä', 'ΣΊΓΜΑ']) all.push(await ctx.waitForExternalEvent(name))
      return all
    }
    const bench = await open({ workflows: { scripts } })
    await bench.start('scripts')
    await bench.until('scripts', ({ status }) => status === 'RUNNING')
    for (const [at, name] of ['title', 'straße-ä', 'σίγμα'].entries()) await bench.raise('scripts', name, at)
    expect(await bench.ended('scripts')).toMatchObject({ output: [0, 1, 2] })
  },
}
