// What the outside sees and sends: events that are refused, waiting, the custom status.

import { expect } from 'vitest'
import { limits, type WorkflowContext } from '../../../src/index.ts'
import type { Bench, Cases } from '../bench.ts'

async function waiting(ctx: WorkflowContext): Promise<unknown> {
  return ctx.waitForExternalEvent('go')
}

const running = (bench: Bench, id: string) => bench.until(id, ({ status }) => status === 'RUNNING')

export const raiseCases: Cases = {
  async 'an event for an instance that has ended is refused'(open) {
    const quick = async () => 'done'
    const bench = await open({ workflows: { quick } })
    await bench.run('quick')
    const raise = bench.management.raiseEvent({ instanceId: 'quick', eventName: 'go' })
    expect(await bench.codeOf(raise)).toBe('ERR_RAISE_EVENT_WORKFLOW')
  },

  async 'an event without a name, or with an impossible id, is refused'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    const raise = (eventName: string, eventId?: string) =>
      bench.management.raiseEvent({
        instanceId: 'waiting',
        eventName,
        ...(eventId !== undefined && { eventId }),
      })
    expect(await bench.codeOf(raise(''))).toBe('ERR_WORKFLOW_EVENT_NAME_MISSING')
    expect(await bench.codeOf(raise('go', ''))).toBe('INVALID_ARGUMENT')
    expect(await bench.codeOf(raise('go', 'x'.repeat(limits.eventIdCharacters + 1)))).toBe('INVALID_ARGUMENT')
    expect(await bench.codeOf(raise('x'.repeat(limits.nameCharacters + 1)))).toBe('INVALID_ARGUMENT')
  },

  async 'when as many events wait as may, a further one is refused until some are taken'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', undefined, { startAt: bench.host.now() + 3_600_000 })
    const row = await bench.row('waiting')
    const rows = Array.from({ length: limits.eventBuffer }, (_, at) => {
      const id = `e:${at}`
      const event = { kind: 'eventRaised', id, name: 'other' } as const
      return { factId: id, event, acceptedAt: bench.host.now() }
    })
    await bench.host.pass(bench.host.store.putOutcomes(row, rows))
    const raise = (eventName: string) => bench.management.raiseEvent({ instanceId: 'waiting', eventName })
    expect(await bench.codeOf(raise('go'))).toBe('ERR_EVENT_BUFFER_FULL')
    await bench.host.pass(bench.host.store.deleteInbox(row, ['e:0']))
    await bench.host.pass(raise('other'))
    expect(await bench.codeOf(raise('go'))).toBe('ERR_EVENT_BUFFER_FULL')
    await bench.host.pass(bench.management.terminate('waiting'))
    expect(await bench.ended('waiting')).toMatchObject({ status: 'TERMINATED' })
  },
}

export const waitCases: Cases = {
  async 'waiting for the start ends when the instance runs (DG: WaitForInstanceStart)'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting', undefined, { startAt: bench.host.now() + bench.shortMs })
    const view = await bench.host.pass(bench.management.waitFor('waiting', 'start', 3_600_000))
    expect(view).toMatchObject({ status: 'RUNNING' })
  },

  async 'waiting for the completion ends with the output'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    const waitingFor = bench.management.waitFor('waiting', 'completion', 3_600_000)
    await bench.raise('waiting', 'go', 'done')
    expect(await bench.host.pass(waitingFor)).toMatchObject({ status: 'COMPLETED', output: '"done"' })
  },

  async 'waiting for a change ends when something newer is there to see, and misses nothing'(open) {
    async function shown(ctx: WorkflowContext, ms: number): Promise<void> {
      ctx.setCustomStatus('first')
      await ctx.createTimer(ms / 1000)
      ctx.setCustomStatus('second')
      await ctx.waitForExternalEvent('go')
    }
    const bench = await open({ workflows: { shown } })
    await bench.start('shown', bench.shortMs)
    let seen = await bench.until('shown', ({ customStatus }) => customStatus === 'first')
    while (seen.customStatus !== 'second') {
      const changeSince = seen.lastUpdatedAt
      const next = await bench.host.pass(bench.management.waitFor('shown', { changeSince }, 3_600_000))
      expect(next?.lastUpdatedAt.getTime()).toBeGreaterThan(changeSince.getTime())
      seen = next ?? seen
    }
  },

  async 'an instance that has ended is waited for no longer, whatever for'(open) {
    const quick = async () => 'done'
    const bench = await open({ workflows: { quick } })
    const { lastUpdatedAt } = await bench.run('quick')
    for (const until of ['start', 'completion', { changeSince: lastUpdatedAt }] as const) {
      const view = await bench.host.pass(bench.management.waitFor('quick', until, 3_600_000))
      expect(view).toMatchObject({ status: 'COMPLETED' })
    }
  },

  async 'when time is up the view of then is given (DG: WaitForInstanceStart)'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    const before = bench.host.now()
    const view = await bench.host.pass(bench.management.waitFor('waiting', 'completion', bench.shortMs))
    expect(view).toMatchObject({ status: 'RUNNING' })
    expect(bench.host.now() - before).toBeGreaterThanOrEqual(bench.shortMs)
  },

  async 'a wait that is called off gives the view of then'(open) {
    const bench = await open({ workflows: { waiting } })
    await bench.start('waiting')
    await running(bench, 'waiting')
    const abort = new AbortController()
    const view = bench.management.waitFor('waiting', 'completion', 3_600_000, abort.signal)
    abort.abort()
    expect(await bench.host.pass(view)).toMatchObject({ status: 'RUNNING' })
  },

  async 'an unknown instance is not waited for'(open) {
    const bench = await open({ workflows: {} })
    const view = await bench.host.pass(bench.management.waitFor('nobody', 'completion', 3_600_000))
    expect(view).toBeUndefined()
  },
}

export const customStatusCases: Cases = {
  async 'the custom status shows while the workflow runs and after it: text as it is, anything else as JSON (MJ: custom status/text, custom status/object, custom status/empty)'(
    open,
  ) {
    async function shown(ctx: WorkflowContext): Promise<void> {
      for (const status of ['half done', { done: 1 }, 0, '']) {
        ctx.setCustomStatus(status)
        await ctx.waitForExternalEvent('next')
      }
      ctx.setCustomStatus([1])
    }
    const bench = await open({ workflows: { shown } })
    await bench.start('shown')
    for (const expected of ['half done', '{"done":1}', '0', '']) {
      await bench.until('shown', ({ customStatus }) => customStatus === expected)
      await bench.raise('shown', 'next')
    }
    expect(await bench.ended('shown')).toMatchObject({ customStatus: '[1]' })
  },

  async 'of several statuses in one turn the last one shows, and undefined clears it (MJ: custom status/undefined)'(
    open,
  ) {
    async function shown(ctx: WorkflowContext): Promise<void> {
      ctx.setCustomStatus('a')
      ctx.setCustomStatus('b')
      await ctx.waitForExternalEvent('next')
      ctx.setCustomStatus(undefined)
      await ctx.waitForExternalEvent('next')
    }
    const bench = await open({ workflows: { shown } })
    await bench.start('shown')
    await bench.until('shown', ({ customStatus }) => customStatus === 'b')
    await bench.raise('shown', 'next')
    await bench.until('shown', ({ customStatus }) => customStatus === undefined)
    await bench.raise('shown', 'next')
    const { status, customStatus } = await bench.ended('shown')
    expect([status, customStatus]).toEqual(['COMPLETED', undefined])
  },

  async 'the custom status survives a suspension'(open) {
    async function shown(ctx: WorkflowContext): Promise<void> {
      ctx.setCustomStatus('here')
      await ctx.waitForExternalEvent('go')
    }
    const bench = await open({ workflows: { shown } })
    await bench.start('shown')
    await running(bench, 'shown')
    await bench.host.pass(bench.management.suspend('shown'))
    await bench.until('shown', ({ status }) => status === 'SUSPENDED')
    expect(await bench.view('shown')).toMatchObject({ customStatus: 'here' })
    await bench.host.pass(bench.management.resume('shown'))
    await bench.raise('shown', 'go')
    expect(await bench.ended('shown')).toMatchObject({ customStatus: 'here' })
  },
}

export const sendEventCases: Cases = {
  async 'two instances send each other events, each taken once'(open) {
    async function player(ctx: WorkflowContext, { other, serves }: { other: string; serves: boolean }) {
      if (serves) ctx.sendEvent(other, 'ball', 1)
      for (;;) {
        const hits = await ctx.waitForExternalEvent<number>('ball')
        if (hits < 10) ctx.sendEvent(other, 'ball', hits + 1)
        if (hits >= 9) return hits
      }
    }
    const bench = await open({ workflows: { player } })
    await bench.start('player', { other: 'b', serves: false }, { instanceId: 'a' })
    await running(bench, 'a')
    await bench.start('player', { other: 'a', serves: true }, { instanceId: 'b' })
    expect(await bench.ended('a')).toMatchObject({ output: 9 })
    expect(await bench.ended('b')).toMatchObject({ output: 10 })
  },

  async 'an event without data arrives without data, and one to oneself arrives too (DG: runtimestate/SendEvent; MJ: events/sendEvent)'(
    open,
  ) {
    async function self(ctx: WorkflowContext): Promise<string> {
      ctx.sendEvent(ctx.getWorkflowInstanceId(), 'note')
      return typeof (await ctx.waitForExternalEvent('note'))
    }
    const bench = await open({ workflows: { self } })
    expect(await bench.run('self')).toMatchObject({ output: 'undefined' })
  },

  async 'an event that is sent right before the next generation arrives, once (MJ: events/sendEvent before continue-as-new)'(
    open,
  ) {
    async function sender(ctx: WorkflowContext, round: number): Promise<void> {
      ctx.sendEvent('taker', 'item', round)
      if (round < 3) ctx.continueAsNew(round + 1)
    }
    async function taker(ctx: WorkflowContext): Promise<unknown[]> {
      const taken: unknown[] = []
      while (taken.length < 3) taken.push(await ctx.waitForExternalEvent('item'))
      return taken
    }
    const bench = await open({ workflows: { sender, taker } })
    await bench.start('taker')
    await bench.start('sender', 1)
    const { output } = await bench.ended('taker')
    expect((output as number[]).toSorted((a, b) => a - b)).toEqual([1, 2, 3])
  },

  async 'an event to an instance that is unknown or has ended is dropped, the sender goes on, and the log says so'(
    open,
  ) {
    const quick = async () => 'done'
    async function sender(ctx: WorkflowContext): Promise<string> {
      ctx.sendEvent('nobody', 'hello', 1)
      ctx.sendEvent('quick', 'hello', 1)
      return 'sent'
    }
    const bench = await open({ workflows: { quick, sender } })
    await bench.run('quick')
    expect(await bench.run('sender')).toMatchObject({ output: 'sent' })
    await bench.idle()
    const dropped = bench.logger.lines.filter(({ level, fields }) => level === 'warn' && fields['eventName'])
    expect(new Set(dropped.map(({ fields }) => fields['instanceId']))).toEqual(new Set(['nobody', 'quick']))
    expect(await bench.history('quick')).toHaveLength(1)
  },

  async 'a coordinator that takes requests and sends answers serves everybody once (Dapr: continueasnew/semaphore)'(
    open,
  ) {
    async function coordinator(ctx: WorkflowContext, served: number): Promise<number> {
      const asker = await ctx.waitForExternalEvent<string>('request')
      ctx.sendEvent(asker, 'granted')
      if (served + 1 < 12) ctx.continueAsNew(served + 1, true)
      return served + 1
    }
    async function client(ctx: WorkflowContext): Promise<string> {
      ctx.sendEvent('coordinator', 'request', ctx.getWorkflowInstanceId())
      await ctx.waitForExternalEvent('granted')
      return 'served'
    }
    const bench = await open({ workflows: { coordinator, client } })
    await bench.start('coordinator', 0)
    await running(bench, 'coordinator')
    const ids = Array.from({ length: 12 }, (_, at) => `client-${at}`)
    await Promise.all(ids.map((instanceId) => bench.start('client', undefined, { instanceId })))
    for (const id of ids) expect(await bench.ended(id)).toMatchObject({ output: 'served' })
    expect(await bench.ended('coordinator')).toMatchObject({ output: 12 })
  },
}
