// Code that leaves the path of its history is found at the first difference, and told with both sides and the call site.

import { describe, expect, test } from 'vitest'
import type { Turn } from '../../src/engine/turn.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { WorkflowFunction } from '../../src/workflow/functions.ts'
import { completed, failed, fired, raised } from '../support/engine-events.ts'
import { type EngineRun, start } from '../support/engine-harness.ts'

/** What replaying the history of `run` with other code says. */
async function differences(run: EngineRun, changed: WorkflowFunction) {
  const { divergence } = await run.replay(changed)
  return divergence
}

interface Change {
  readonly title: string
  readonly before: (ctx: WorkflowContext) => unknown
  readonly after: (ctx: WorkflowContext) => unknown
  readonly expected: string
  readonly actual: string
}

const retry = { firstRetryInterval: 1, maxNumberOfAttempts: 3 }
const changes: readonly Change[] = [
  {
    title: 'another activity',
    before: (ctx) => ctx.callActivity('a', 1),
    after: (ctx) => ctx.callActivity('b', 1),
    expected: "#1 activity 'a' with input 1",
    actual: "#1 activity 'b' with input 1",
  },
  {
    title: 'another input',
    before: (ctx) => ctx.callActivity('a', { x: 1 }),
    after: (ctx) => ctx.callActivity('a', { x: 2 }),
    expected: `#1 activity 'a' with input {"x":1}`,
    actual: `#1 activity 'a' with input {"x":2}`,
  },
  {
    title: 'no input',
    before: (ctx) => ctx.callActivity('a', null),
    after: (ctx) => ctx.callActivity('a'),
    expected: "#1 activity 'a' with input null",
    actual: "#1 activity 'a' with input undefined",
  },
  {
    title: 'a timer instead of an activity',
    before: (ctx) => ctx.callActivity('a'),
    after: (ctx) => ctx.createTimer(5),
    expected: "#1 activity 'a'",
    actual: '#1 timer',
  },
  {
    title: 'a child instead of an activity',
    before: (ctx) => ctx.callActivity('a'),
    after: (ctx) => ctx.callChildWorkflow('a'),
    expected: "#1 activity 'a'",
    actual: "#1 child workflow 'a' (test:0001)",
  },
  {
    title: 'another child id',
    before: (ctx) => ctx.callChildWorkflow('c', 1, { instanceId: 'x' }),
    after: (ctx) => ctx.callChildWorkflow('c', 1, { instanceId: 'y' }),
    expected: "#1 child workflow 'c' (x)",
    actual: "#1 child workflow 'c' (y)",
  },
  {
    title: 'an event to somebody else',
    before: (ctx) => ctx.sendEvent('x', 'e', 1),
    after: (ctx) => ctx.sendEvent('y', 'e', 1),
    expected: "#1 event 'e' to x with data 1",
    actual: "#1 event 'e' to y with data 1",
  },
  {
    title: 'another workflow started',
    before: (ctx) => void ctx.scheduleNewWorkflow('w', 1),
    after: (ctx) => void ctx.scheduleNewWorkflow('w', 2),
    expected: "#1 start of workflow 'w' (test-1) with input 1",
    actual: "#1 start of workflow 'w' (test-1) with input 2",
  },
  {
    title: 'a timer of the author instead of the timeout of an event',
    before: (ctx) => ctx.waitForExternalEvent('e', { timeout: 5 }),
    after: (ctx) => ctx.createTimer(5),
    expected: "#1 timer (timeout of event 'e')",
    actual: '#1 timer',
  },
  {
    title: 'another timer cancelled',
    before: (ctx) => [ctx.createTimer(1), ctx.createTimer(2)][0]?.cancel(),
    after: (ctx) => [ctx.createTimer(1), ctx.createTimer(2)][1]?.cancel(),
    expected: 'cancellation of timer #1',
    actual: 'cancellation of timer #2',
  },
  {
    title: 'the timeout of another event',
    before: (ctx) => ctx.waitForExternalEvent('approved', { timeout: 5 }),
    after: (ctx) => ctx.waitForExternalEvent('rejected', { timeout: 5 }),
    expected: "#1 timer (timeout of event 'approved')",
    actual: "#1 timer (timeout of event 'rejected')",
  },
]

/** Goes on waiting after the call, so that the end is not what differs. */
const thenWait = (call: (ctx: WorkflowContext) => unknown) => async (ctx: WorkflowContext) => {
  void call(ctx)
  await ctx.waitForExternalEvent('never')
}

test.each(changes)(
  '$title (MJ: determinism/other kind, determinism/other name)',
  async ({ before, after, expected, actual }) => {
    const run = await start(thenWait(before))
    const divergence = await differences(run, thenWait(after))
    expect(divergence?.expected).toContain(expected)
    expect(divergence?.actual).toContain(actual)
    expect(divergence?.message).toContain(`The history records ${expected}`)
    expect(divergence?.message).toContain(`the code now asks for ${actual}`)
    expect(divergence?.message).toMatch(/ at .*divergence\.test\.ts:\d+:\d+/)
  },
)

test('a call more than recorded (MJ: determinism/call more)', async () => {
  const run = await start(thenWait((ctx) => ctx.callActivity('a')))
  const divergence = await differences(
    run,
    thenWait((ctx) => [ctx.callActivity('a'), ctx.callActivity('b')]),
  )
  expect(divergence?.message).toMatch(
    /^The history records nothing; the code now asks for #2 activity 'b' with input undefined at .*divergence\.test\.ts:\d+:\d+\)?\.$/,
  )
})

test('a call fewer than recorded names the last one that was made (MJ: determinism/call fewer)', async () => {
  const run = await start(thenWait((ctx) => [ctx.callActivity('a'), ctx.callActivity('b')]))
  const divergence = await differences(
    run,
    thenWait((ctx) => ctx.callActivity('a')),
  )
  expect(divergence?.message).toMatch(
    /^The history records #2 activity 'b' with input undefined; the code now asks for nothing after waitForExternalEvent\('never'\).*\.$/,
  )
})

test('calls in another order', async () => {
  const run = await start(thenWait((ctx) => [ctx.callActivity('a'), ctx.callActivity('b')]))
  const divergence = await differences(
    run,
    thenWait((ctx) => [ctx.callActivity('b'), ctx.callActivity('a')]),
  )
  expect(divergence?.message).toContain("#1 activity 'a'")
})

test('an end where the history goes on', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    await ctx.waitForExternalEvent('e')
  })
  await run.turn(completed(1))
  const divergence = await differences(run, async (ctx: WorkflowContext) => ctx.callActivity('a'))
  expect(divergence?.message).toMatch(
    /^The history records that the workflow went on; the code ends \(completed\) after callActivity\('a'\)/,
  )
})

test('going on where the history ends', async () => {
  const run = await start(async (ctx: WorkflowContext) => ctx.callActivity('a'))
  await run.turn(completed(1))
  const divergence = await differences(run, async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    await ctx.waitForExternalEvent('e')
  })
  expect(divergence?.message).toMatch(
    /^The history records the end of the workflow; the code goes on after waitForExternalEvent\('e'\)/,
  )
})

test('only the first difference is told, and the code is not run any further than its turn', async () => {
  const ran: string[] = []
  const run = await start(async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    await ctx.callActivity('b')
  })
  await run.turn(completed(1))
  await run.turn(completed(2))
  const divergence = await differences(run, async (ctx: WorkflowContext) => {
    await ctx.callActivity('x')
    ran.push('after x')
    await ctx.callActivity('y')
  })
  expect(divergence?.actual).toContain("'x'")
  expect(ran).toEqual([])
})

test('events of the same turn that come after the difference are not delivered', async () => {
  const ran: string[] = []
  const run = await start(async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    void ctx.callActivity('b')
    await ctx.waitForExternalEvent('e')
    await ctx.waitForExternalEvent('never')
  })
  await run.turn(completed(1), raised('e'))
  const divergence = await differences(run, async (ctx: WorkflowContext) => {
    await ctx.callActivity('a')
    void ctx.callActivity('x')
    await ctx.waitForExternalEvent('e')
    ran.push('after e')
    await ctx.waitForExternalEvent('never')
  })
  expect(divergence?.actual).toContain("'x'")
  expect(ran).toEqual([])
})

test('a loop without end that diverged does not run for ever', async () => {
  const run = await start(thenWait((ctx) => ctx.callActivity('a')))
  const divergence = await differences(run, async (ctx: WorkflowContext) => {
    for (;;) void ctx.callActivity('b')
  })
  expect(divergence?.actual).toContain("'b'")
})

test('a difference in the engine’s own calls has no call site, and says what it belongs to', async () => {
  const run = await start(thenWait((ctx) => ctx.callActivity('a', 1, { retry })))
  await run.turn(failed(1))
  const divergence = await differences(
    run,
    thenWait((ctx) => ctx.callActivity('a', 1, { retry: { ...retry, handle: () => false } })),
  )
  expect(divergence?.expected).toBe('#2 timer (back-off of #1)')
})

describe('what may change', () => {
  const allowed: Readonly<
    Record<string, readonly [(ctx: WorkflowContext) => unknown, (ctx: WorkflowContext) => unknown]>
  > = {
    'the length of a timer': [(ctx) => ctx.createTimer(5), (ctx) => ctx.createTimer(60)],
    'the timeout of an activity': [
      (ctx) => ctx.callActivity('a', 1, { timeout: 5 }),
      (ctx) => ctx.callActivity('a', 1),
    ],
    'the timeout of an event': [
      (ctx) => ctx.waitForExternalEvent('e', { timeout: 5 }),
      (ctx) => ctx.waitForExternalEvent('E', { timeout: 6 }),
    ],
    'the order of waits without timeout': [
      (ctx) => [ctx.waitForExternalEvent('a'), ctx.waitForExternalEvent('b')],
      (ctx) => [ctx.waitForExternalEvent('b'), ctx.waitForExternalEvent('a')],
    ],
    'the custom status': [(ctx) => ctx.setCustomStatus(1), (ctx) => ctx.setCustomStatus(2)],
  }
  test.each(Object.entries(allowed))('%s', async (_what, [before, after]) => {
    const run = await start(thenWait(before))
    expect(await differences(run, thenWait(after))).toBeUndefined()
  })

  test('code behind the point that the history has reached', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      await ctx.callActivity('b')
    })
    expect(
      await differences(run, async (ctx: WorkflowContext) => void (await ctx.callActivity('a'))),
    ).toBeUndefined()
  })
})

test('long inputs are shortened in the message', async () => {
  const run = await start(thenWait((ctx) => ctx.callActivity('a', 'x'.repeat(10_000))))
  const divergence = await differences(
    run,
    thenWait((ctx) => ctx.callActivity('a', 'y'.repeat(10_000))),
  )
  expect(divergence?.message.length).toBeLessThan(600)
})

test('nothing of a turn that diverged comes out, whatever the code does then', async () => {
  const run = await start(thenWait((ctx) => ctx.callActivity('a')))
  const execution = run.fresh(async (ctx: WorkflowContext) => {
    await ctx.callActivity('b').catch(() => {})
  })
  const turns: Turn[] = [
    ...run.episodes.map(({ turn }) => turn),
    { at: run.now, events: [fired(1), raised('e')] },
  ]
  const result = await execution.run(turns)
  expect(result.divergence).toBeDefined()
  expect(result.outcome).toBeUndefined()
})
