// Twelve small workflows, one for each thing that can be waited for or asked for: what the crash tests try every failure on.

import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'

export interface CrashWorkflow {
  readonly app: (ran: Ran) => AppDefinition
  /** Calls from outside, one after the other, each at its time (seconds from the beginning) and repeated until it is answered. */
  readonly outside: readonly {
    readonly at: number
    readonly call: (management: Management) => Promise<unknown>
  }[]
  /** Status and output of each instance in the end. */
  readonly ends: Readonly<Record<string, readonly [status: string, output: string | undefined]>>
  /** What its activities have done in the end, without repetitions. */
  readonly effects: readonly string[]
}

/** Told of everything that an activity does. */
type Ran = (what: string) => void

const start = (workflowName: string, at = 0, input?: string) => ({
  at,
  call: async (management: Management) =>
    management.start({
      workflowName,
      instanceId: workflowName,
      idempotencyKey: workflowName,
      ...(input !== undefined && { input }),
    }),
})

const raise = (instanceId: string, eventName: string, at: number, data?: string) => ({
  at,
  call: async (management: Management) =>
    management.raiseEvent({
      instanceId,
      eventName,
      eventId: `${eventName} at ${at}`,
      ...(data !== undefined && { data }),
    }),
})

function activities(ran: Ran) {
  async function add(_: ActivityContext, x: number): Promise<number> {
    ran(`add ${x}`)
    return x + 1
  }
  async function flaky({ attempt }: ActivityContext, x: number): Promise<number> {
    ran(`flaky ${x}, attempt ${attempt}`)
    if (attempt < 3) throw new Error('not yet')
    return x * 2
  }
  return { add, flaky }
}

const app =
  (workflows: AppDefinition['workflows']): CrashWorkflow['app'] =>
  (ran) => ({ workflows, activities: activities(ran) })

async function chain(ctx: WorkflowContext): Promise<number> {
  const one = await ctx.callActivity<number>('add', 0)
  ctx.setCustomStatus('half')
  return ctx.callActivity<number>('add', one)
}

async function fanOut(ctx: WorkflowContext): Promise<number> {
  const all = await ctx.whenAll(Array.from({ length: 7 }, (_, at) => ctx.callActivity<number>('add', at)))
  return all.reduce((sum, x) => sum + x, 0)
}

async function timer(ctx: WorkflowContext): Promise<string> {
  await ctx.createTimer(60)
  await ctx.createTimer(30)
  return 'awake'
}

async function race(ctx: WorkflowContext): Promise<unknown> {
  const [answer, timeout] = [ctx.waitForExternalEvent<string>('answer'), ctx.createTimer(3_600)]
  if ((await ctx.whenAny({ answer, timeout })) === 'timeout') return 'too late'
  timeout.cancel()
  return answer
}

async function parent(ctx: WorkflowContext): Promise<unknown> {
  const one = await ctx.callChildWorkflow('leaf', 1)
  const failed = await ctx.callChildWorkflow('failing').catch(() => 'failed')
  return [one, failed]
}

const leaf = async (ctx: WorkflowContext, x: number) => ctx.callActivity<number>('add', x)
const failing = async () => {
  throw new Error('as planned')
}

async function rounds(ctx: WorkflowContext, taken: readonly unknown[]): Promise<unknown> {
  const all = [...taken, await ctx.waitForExternalEvent('item')]
  if (all.length < 3) ctx.continueAsNew(all, true)
  return all
}

async function retrying(ctx: WorkflowContext): Promise<number> {
  const retry = { firstRetryInterval: 5, maxNumberOfAttempts: 5 }
  return ctx.callActivity<number>('flaky', 4, { retry })
}

async function inline(ctx: WorkflowContext): Promise<number> {
  const one = await ctx.callActivity<number>('add', 0, { inline: true })
  const two = await ctx.callActivity<number>('add', one, { inline: true })
  return ctx.callActivity<number>('add', two)
}

async function sender(ctx: WorkflowContext): Promise<string> {
  ctx.sendEvent('receiver', 'greeting', 'hello')
  await ctx.createTimer(1)
  return 'sent'
}

const receiver = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('greeting')

async function paused(ctx: WorkflowContext): Promise<unknown> {
  const first = await ctx.waitForExternalEvent('go')
  return [first, await ctx.callActivity('add', 1)]
}

async function stopped(ctx: WorkflowContext): Promise<unknown> {
  await ctx.callActivity('add', 1)
  return ctx.waitForExternalEvent('never')
}

async function cancelling(ctx: WorkflowContext): Promise<unknown> {
  const [unneeded, needed] = [ctx.createTimer(7_200), ctx.callActivity<number>('add', 1)]
  const two = await needed
  unneeded.cancel()
  const outcome = await unneeded.then(
    () => 'fired',
    () => 'cancelled',
  )
  return [two, outcome]
}

export const workflows: Readonly<Record<string, CrashWorkflow>> = {
  'a chain': {
    app: app({ chain }),
    outside: [start('chain')],
    ends: { chain: ['COMPLETED', '2'] },
    effects: ['add 0', 'add 1'],
  },
  'a fan-out': {
    app: app({ fanOut }),
    outside: [start('fanOut')],
    ends: { fanOut: ['COMPLETED', '28'] },
    effects: Array.from({ length: 7 }, (_, at) => `add ${at}`),
  },
  timers: {
    app: app({ timer }),
    outside: [start('timer')],
    ends: { timer: ['COMPLETED', '"awake"'] },
    effects: [],
  },
  'an event against a timer': {
    app: app({ race }),
    outside: [start('race'), raise('race', 'answer', 60, '"yes"')],
    ends: { race: ['COMPLETED', '"yes"'] },
    effects: [],
  },
  'children, one of which fails': {
    app: app({ parent, leaf, failing }),
    outside: [start('parent')],
    ends: {
      parent: ['COMPLETED', '[2,"failed"]'],
      'parent:0001': ['COMPLETED', '2'],
      'parent:0002': ['FAILED', undefined],
    },
    effects: ['add 1'],
  },
  'continue-as-new with events': {
    app: app({ rounds }),
    outside: [
      start('rounds', 0, '[]'),
      raise('rounds', 'item', 10, '1'),
      raise('rounds', 'item', 10.001, '2'),
      raise('rounds', 'item', 60, '3'),
    ],
    ends: { rounds: ['COMPLETED', '[1,2,3]'] },
    effects: [],
  },
  retries: {
    app: app({ retrying }),
    outside: [start('retrying')],
    ends: { retrying: ['COMPLETED', '8'] },
    effects: ['flaky 4, attempt 1', 'flaky 4, attempt 2', 'flaky 4, attempt 3'],
  },
  'inline activities': {
    app: app({ inline }),
    outside: [start('inline')],
    ends: { inline: ['COMPLETED', '3'] },
    effects: ['add 0', 'add 1', 'add 2'],
  },
  'an event from one instance to another': {
    app: app({ sender, receiver }),
    outside: [start('receiver'), start('sender', 10)],
    ends: { sender: ['COMPLETED', '"sent"'], receiver: ['COMPLETED', '"hello"'] },
    effects: [],
  },
  'suspend and resume': {
    app: app({ paused }),
    outside: [
      start('paused'),
      { at: 10, call: async (management) => management.suspend('paused') },
      raise('paused', 'go', 60, '1'),
      { at: 120, call: async (management) => management.resume('paused') },
    ],
    ends: { paused: ['COMPLETED', '[1,2]'] },
    effects: ['add 1'],
  },
  terminate: {
    app: app({ stopped }),
    outside: [
      start('stopped'),
      // Long enough for an activity whose host is lost to be run by another one.
      { at: 7_200, call: async (management) => management.terminate('stopped', '"enough"') },
    ],
    ends: { stopped: ['TERMINATED', '"enough"'] },
    effects: ['add 1'],
  },
  'a timer that is cancelled': {
    app: app({ cancelling }),
    outside: [start('cancelling')],
    ends: { cancelling: ['COMPLETED', '[2,"cancelled"]'] },
    effects: ['add 1'],
  },
}
