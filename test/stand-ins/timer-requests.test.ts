// What timers ask of SQS and Scheduler, from the workflow's call to the turn that hears of them. Counted, not timed.

import { expect, test } from 'vitest'
import type { AppDefinition, WorkflowContext } from '../../src/index.ts'
import type { Harness } from '../aws/sqs/harness.ts'
import { type Bench, opener } from '../conformance/bench.ts'
import { type Spoil, standInHosts } from './stand-in-host.ts'

const minute = 60
const day = 24 * 60 * minute

interface Scene {
  readonly bench: Bench
  readonly harness: Harness
  /** How often each operation was asked for since the last look. */
  readonly requests: () => Readonly<Record<string, number>>
}

async function open(workflows: AppDefinition['workflows'], spoil: Spoil = () => {}): Promise<Scene> {
  const harnesses: Harness[] = []
  const host = standInHosts((opened) => {
    harnesses.push(opened)
    spoil(opened)
  })
  const bench = await opener(host)({ workflows })
  const [harness] = harnesses
  if (!harness) throw new Error('no harness')
  const requests = (): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const { operation } of harness.requests.splice(0)) counts[operation] = (counts[operation] ?? 0) + 1
    return counts
  }
  return { bench, harness, requests }
}

/** Waits for so many seconds. @returns by how many ms it heard of it late */
async function nap(ctx: WorkflowContext, seconds: number): Promise<number> {
  const dueAt = ctx.getCurrentUtcDateTime().getTime() + seconds * 1000
  await ctx.createTimer(seconds)
  return ctx.getCurrentUtcDateTime().getTime() - dueAt
}

const atTheirLatest: Spoil = ({ schedulerFaults }) => {
  schedulerFaults.latenessMs = () => 60_000
}

test.each<[string, number, Spoil, Readonly<Record<string, number>>]>([
  ['up to 15 minutes one delayed message', 15 * minute, () => {}, { SendMessageBatch: 2 }],
  [
    'of 16 minutes one schedule and one delayed message',
    16 * minute,
    () => {},
    { SendMessageBatch: 2, CreateSchedule: 1 },
  ],
  [
    'of 30 days one schedule and one delayed message',
    30 * day,
    () => {},
    { SendMessageBatch: 2, CreateSchedule: 1 },
  ],
  [
    'of 30 days no more when Scheduler is as late as it may be',
    30 * day,
    atTheirLatest,
    { SendMessageBatch: 2, CreateSchedule: 1 },
  ],
  [
    'of 30 days no further schedule when it fires twice and each message comes twice',
    30 * day,
    ({ sqsFaults, schedulerFaults, clock }) => {
      const begun = clock.now()
      // A carrier that comes twice, as the first ring would, makes sure of its schedule: that is guard duty.
      sqsFaults.duplicateAfterMs = () => (clock.now() > begun + 60_000 ? 1_000 : undefined)
      schedulerFaults.duplicateAfterMs = () => 1_000
    },
    // The early messages are sent again; those that come together, together.
    { SendMessageBatch: 4, CreateSchedule: 1 },
  ],
])('a timer costs, %s', async (_title, seconds, spoil, counts) => {
  const { bench, requests } = await open({ nap }, spoil)
  expect((await bench.run('nap', seconds)).output).toBe(0)
  // One send is the ring for the start.
  expect(requests()).toEqual(counts)
})

test('a start in 30 days costs one schedule and one delayed message', async () => {
  const { bench, requests } = await open({ nap })
  const startAt = bench.host.now() + 30 * day * 1000
  await bench.start('nap', 0, { startAt })
  await bench.ended('nap')
  const [first] = await bench.history('nap')
  expect(first?.at).toBe(startAt)
  // The timer of no length at all is a message.
  expect(requests()).toEqual({ SendMessageBatch: 2, CreateSchedule: 1 })
})

/** Waits for an event until a time, and then for another event. */
async function wait(ctx: WorkflowContext, seconds: number): Promise<void> {
  await ctx.waitForExternalEvent('paid', { timeout: seconds })
  await ctx.waitForExternalEvent('shipped')
}

test.each<[string, number, number, Readonly<Record<string, number>>]>([
  ['one that is a message is no request', 10 * minute, 0, {}],
  ['one that is a schedule is one request', day, 0, { DeleteSchedule: 1 }],
  ['one that is about to be handed over is no request', day, day - 14 * minute, {}],
  ['one that was handed over is no request', day, day - 4 * minute, {}],
])('to cancel a timer: %s', async (_title, seconds, after, deletions) => {
  const { bench, harness, requests } = await open({ wait })
  await bench.start('wait', seconds)
  await harness.pass(after * 1000)
  requests()
  await bench.raise('wait', 'paid')
  await bench.idle()
  const { SendMessageBatch: sends, ...others } = requests()
  expect([sends, others]).toEqual([1, deletions])
  await harness.pass(2 * day * 1000)
  expect(harness.scheduler.schedules).toEqual([])
  // A timer that fires nevertheless is nobody's.
  expect((await bench.history('wait')).length).toBe(2)
  await bench.raise('wait', 'shipped')
  expect(await bench.ended('wait')).toMatchObject({ status: 'COMPLETED' })
})

test('a timer that is made and cancelled in one turn is no request at all', async () => {
  async function never(ctx: WorkflowContext): Promise<void> {
    ctx.createTimer(30 * day).cancel()
    await ctx.waitForExternalEvent('stop')
  }
  const { bench, requests } = await open({ never })
  await bench.start('never')
  await bench.idle()
  expect(requests()).toEqual({ SendMessageBatch: 1 })
})
