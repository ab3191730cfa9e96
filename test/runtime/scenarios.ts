// Small worlds for tests that try every failure: an app, what the outside does, and what must come out.
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'

export interface Scenario {
  readonly app: (effects: Effects) => AppDefinition
  /** Calls from outside, one after the other, each at its time (ms from the beginning) and repeated until it is answered. */
  readonly outside: readonly {
    readonly at: number
    readonly call: (management: Management) => Promise<unknown>
  }[]
  /** Status and output of each instance in the end. */
  readonly ends: Readonly<Record<string, readonly [status: string, output: string | undefined]>>
}

interface Effects {
  /** Told of each attempt of an activity that has run. */
  readonly ran: (key: string) => void
}

const second = 1_000

const start = (workflowName: string, at = 0, input?: string) => ({
  at,
  call: (management: Management) =>
    management.start({
      workflowName,
      instanceId: workflowName,
      idempotencyKey: workflowName,
      ...(input !== undefined && { input }),
    }),
})

const raise = (instanceId: string, eventName: string, at: number, data?: string) => ({
  at,
  call: (management: Management) =>
    management.raiseEvent({
      instanceId,
      eventName,
      eventId: `${eventName} at ${at}`,
      ...(data !== undefined && { data }),
    }),
})

function activities({ ran }: Effects) {
  return {
    async add(ctx: ActivityContext, x: number): Promise<number> {
      ran(`${ctx.idempotencyKey}#${ctx.attempt}`)
      return x + 1
    },
    async flaky(ctx: ActivityContext, x: number): Promise<number> {
      ran(`${ctx.idempotencyKey}#${ctx.attempt}`)
      if (ctx.attempt === 1) throw new Error('not yet')
      return x * 2
    },
  }
}

async function chain(ctx: WorkflowContext): Promise<number> {
  const one = await ctx.callActivity<number>('add', 0)
  const retry = { firstRetryInterval: 5, maxNumberOfAttempts: 3 }
  const two = await ctx.callActivity<number>('flaky', one, { retry })
  ctx.setCustomStatus('nearly')
  return ctx.callActivity<number>('add', two)
}

async function fanOut(ctx: WorkflowContext): Promise<number> {
  const wide = await ctx.whenAll(Array.from({ length: 7 }, (_, at) => ctx.callActivity<number>('add', at)))
  const narrow = await ctx.whenAll([ctx.callActivity<number>('add', 1), ctx.callActivity<number>('add', 2)])
  return [...wide, ...narrow].reduce((sum, x) => sum + x, 0)
}

async function approval(ctx: WorkflowContext): Promise<unknown> {
  const approved = await ctx.waitForExternalEvent('approve', { timeout: 600 })
  await ctx.createTimer(60)
  const missed = await ctx.waitForExternalEvent('never', { timeout: 30 }).catch(() => 'too late')
  return [approved, missed]
}

async function family(ctx: WorkflowContext): Promise<unknown> {
  const [one, two] = await ctx.whenAll([
    ctx.callChildWorkflow<number>('leaf', 1),
    ctx.callChildWorkflow('leaf', 2),
  ])
  ctx.sendEvent('sink', 'greeting', 'hello')
  const failed = await ctx.callChildWorkflow('failing').catch(() => 'failed')
  return [one, two, failed]
}

const leaf = async (ctx: WorkflowContext, x: number) => ctx.callActivity<number>('add', x)
const sink = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('greeting')
const failing = async () => {
  throw new Error('as planned')
}

async function rounds(
  ctx: WorkflowContext,
  { round, taken }: { round: number; taken: unknown[] },
): Promise<unknown> {
  const next = await ctx.waitForExternalEvent('item')
  void ctx.callActivity('add', round)
  const all = [...taken, next]
  if (round < 4) ctx.continueAsNew({ round: round + 1, taken: all }, true)
  return all
}

async function controlled(ctx: WorkflowContext): Promise<unknown> {
  const first = await ctx.waitForExternalEvent('go')
  await ctx.callActivity('add', 1)
  ctx.setCustomStatus('waiting for the end')
  return [first, await ctx.waitForExternalEvent('never')]
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  'a chain with a retry': {
    app: (effects) => ({ workflows: { chain }, activities: activities(effects) }),
    outside: [start('chain')],
    ends: { chain: ['COMPLETED', '3'] },
  },
  'a wide fan-out and a narrow one': {
    app: (effects) => ({ workflows: { fanOut }, activities: activities(effects) }),
    outside: [start('fanOut')],
    ends: { fanOut: ['COMPLETED', '33'] },
  },
  'an event, a timer and a time-out': {
    app: () => ({ workflows: { approval } }),
    outside: [start('approval'), raise('approval', 'approve', 20 * second, '"yes"')],
    ends: { approval: ['COMPLETED', '["yes","too late"]'] },
  },
  'children, one of which fails, and an event to a stranger': {
    app: (effects) => ({ workflows: { family, leaf, failing, sink }, activities: activities(effects) }),
    outside: [start('sink'), start('family', 10 * second)],
    ends: {
      family: ['COMPLETED', '[2,3,"failed"]'],
      sink: ['COMPLETED', '"hello"'],
      'family:0001': ['COMPLETED', '2'],
      'family:0002': ['COMPLETED', '3'],
      'family:0004': ['FAILED', undefined],
    },
  },
  'continue-as-new with events that wait and activities that nobody awaits': {
    app: (effects) => ({ workflows: { rounds }, activities: activities(effects) }),
    outside: [
      start('rounds', 0, '{"round":1,"taken":[]}'),
      raise('rounds', 'item', second, '1'),
      raise('rounds', 'item', second + 1, '2'),
      raise('rounds', 'item', second + 2, '3'),
      raise('rounds', 'item', 60 * second, '4'),
    ],
    ends: { rounds: ['COMPLETED', '[1,2,3,4]'] },
  },
  'suspend, resume and terminate': {
    app: (effects) => ({ workflows: { controlled }, activities: activities(effects) }),
    outside: [
      start('controlled'),
      { at: 5 * second, call: (management) => management.suspend('controlled') },
      raise('controlled', 'go', 300 * second, '1'),
      { at: 600 * second, call: (management) => management.resume('controlled') },
      { at: 1_200 * second, call: (management) => management.terminate('controlled', '"enough"') },
    ],
    ends: { controlled: ['TERMINATED', '"enough"'] },
  },
}
