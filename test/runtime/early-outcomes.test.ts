// Outcomes whose call a reader has not seen: because its read is torn, or because nobody has ever made that call.
import { expect, test } from 'vitest'
import type { TaskOutcome } from '../../src/engine/events.ts'
import type { WorkflowContext } from '../../src/index.ts'
import type { InstanceRecord } from '../../src/runtime/rows.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

type Ask = (ctx: WorkflowContext) => Promise<unknown>

const failure = { errorType: 'Error', message: 'no stock' }
const call = { generation: 1, seq: 1 }
const kinds: readonly (readonly [what: string, ask: Ask, outcome: TaskOutcome, output: string])[] = [
  [
    'the result of an activity',
    async (ctx) => ctx.callActivity('charge'),
    { kind: 'taskCompleted', ...call, output: '17' },
    '17',
  ],
  [
    'the failure of an activity',
    async (ctx) => ctx.callActivity('charge').catch(() => 'failed'),
    { kind: 'taskFailed', ...call, failure },
    '"failed"',
  ],
  [
    'a timer',
    async (ctx) => ctx.createTimer('100d').then(() => 'fired'),
    { kind: 'timerFired', ...call },
    '"fired"',
  ],
  [
    'the result of a child',
    async (ctx) => ctx.callChildWorkflow('child'),
    { kind: 'childWorkflowCompleted', ...call, output: '18' },
    '18',
  ],
  [
    'the failure of a child',
    async (ctx) => ctx.callChildWorkflow('child').catch(() => 'failed'),
    { kind: 'childWorkflowFailed', ...call, failure },
    '"failed"',
  ],
]

test.each(kinds)(
  '%s that is seen before its call stays until the call is seen, and counts once (Dapr: dedup/early/completion, dedup/early/failure, dedup/early/timer, dedup/early/child; DG: buffered/task/completed, buffered/task/failed, buffered/timer, buffered/child/completed, buffered/child/failed)',
  async (_what, ask, outcome, output) => {
    async function order(ctx: WorkflowContext): Promise<unknown> {
      await ctx.waitForExternalEvent('go')
      const result = await ask(ctx)
      return [await ctx.waitForExternalEvent('note'), result]
    }
    // What the call itself comes to is something else, so that it is seen which of the two counts.
    const app = { workflows: { order, child: async () => 8 }, activities: { charge: async () => 7 } }
    const stage = new Stage()
    const host = stage.host(app)
    await stage.start(host, 'order')
    await deliver(host, stage.doorbell('start'))
    await stage.raise(host, 'order', 'go')
    const go = stage.doorbell()
    const note = { ...go, token: 'note', factIds: ['e:note'] }
    let isTorn = false
    const reader = stage.host(app, {
      ports: (ports) =>
        withPorts(ports, {
          async read(key, after): Promise<InstanceRecord> {
            const { episodes } = await ports.store.read(key, after)
            if (!isTorn) {
              isTorn = true
              await deliver(host, go)
              const event = { instanceId: 'order', eventName: 'note', eventId: 'note', data: '"noted"' }
              await host.management.raiseEvent(event)
              await ports.store.putOutcomes(key, [
                { factId: 't:1.1', event: outcome, acceptedAt: stage.clock.now() },
              ])
            }
            return { episodes, inbox: (await ports.store.read(key, after)).inbox }
          },
        }),
    })
    expect(await deliver(reader, note)).toEqual([true])
    expect(await stage.row('order')).toMatchObject({ output: `["noted",${output}]` })
    stage.deliverTo(reader)
    await stage.rest()
    const facts = (await stage.history('order')).flatMap(({ events }) => events)
    expect(facts.filter((event) => 'seq' in event)).toHaveLength(1)
  },
)

test('an outcome of a call that was never made is dropped, and leaves nothing in the history (Dapr: dedup/early/orphan; DG: buffered/orphan/complete, buffered/orphan/blocked)', async () => {
  const waiting = async (ctx: WorkflowContext) => ctx.waitForExternalEvent('go')
  const stage = new Stage()
  const host = stage.host({ workflows: { waiting } })
  await stage.start(host, 'waiting')
  await deliver(host, stage.doorbell('start'))
  const row = await stage.row('waiting')
  const event = { kind: 'taskCompleted', generation: 1, seq: 9, output: '1' } as const
  await stage.store.putOutcomes(row, [{ factId: 't:1.9', event, acceptedAt: 0 }])
  const ring = { ...stage.doorbell('start'), token: 'ring', factIds: ['t:1.9'] }
  expect(await deliver(host, ring)).toEqual([true])
  expect(await stage.history('waiting')).toHaveLength(1)
  await stage.raise(host, 'waiting', 'go', 'on')
  expect(await deliver(host, stage.doorbell())).toEqual([true])
  expect(await stage.row('waiting')).toMatchObject({ status: 'COMPLETED', output: '"on"' })
  expect(JSON.stringify(await stage.history('waiting'))).not.toContain('"seq":9')
  expect(await stage.inbox('waiting')).toEqual([])
})
