// Inputs that make a message too large for its queue: the message goes without, and whoever runs the activity finds the input in the
// history, in whichever way the message came and however long that took.

import { expect, test } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import type { ActivityMessage, Message } from '../../src/runtime/messages.ts'
import type { Ports } from '../../src/runtime/ports.ts'
import { withPorts } from '../support/intercept-ports.ts'
import { deliver, Stage } from './stage.ts'

const large = 'x'.repeat(2_000)

/** A stage whose queue takes a thousand characters. */
function smallQueue() {
  const stage = new Stage({ manners: { fits: (message) => JSON.stringify(message).length <= 1_000 } })
  const ran: unknown[] = []
  const record = async (_ctx: ActivityContext, input: unknown) => void ran.push(input)
  return { stage, ran, record }
}

/** Of each message of an activity, in order: its input, or true where that stayed in the history. */
const inputs = ({ sent }: Stage) =>
  sent
    .filter((message): message is ActivityMessage => message.kind === 'activity')
    .map(({ input, inputInHistory }) => inputInHistory ?? input)

test('an input stays in the history only when the message is too large with it', async () => {
  const { stage, ran, record } = smallQueue()
  async function two(ctx: WorkflowContext): Promise<void> {
    await ctx.callActivity(record, 'small')
    await ctx.callActivity(record, large)
  }
  const host = stage.host({ workflows: { two }, activities: { record } })
  stage.deliverTo(host)
  await stage.start(host, 'two')
  await stage.ended('two')
  expect(inputs(stage)).toEqual(['"small"', true])
  expect(ran).toEqual(['small', large])
})

test('it costs no read that the activity would not have made', async () => {
  async function chain(ctx: WorkflowContext, input: string): Promise<void> {
    for (let step = 0; step < 3; step++) await ctx.callActivity('record', input)
  }
  const readsWith = async (input: string): Promise<string[]> => {
    const { stage, record } = smallQueue()
    const reads: string[] = []
    const counting = (ports: Ports): Ports =>
      withPorts(ports, {
        read: (key, after) => {
          reads.push(after === undefined ? 'cold' : 'tail')
          return ports.store.read(key, after)
        },
        readHistory: (key) => {
          reads.push('whole')
          return ports.store.readHistory(key)
        },
      })
    const host = stage.host({ workflows: { chain }, activities: { record } }, { ports: counting })
    stage.deliverTo(host)
    await stage.start(host, 'chain', input)
    await stage.ended('chain')
    return reads
  }
  expect(await readsWith(large)).toEqual(await readsWith('small'))
})

test('each of many finds its own, on a host that has never seen the instance', async () => {
  const { stage, ran, record } = smallQueue()
  async function wide(ctx: WorkflowContext): Promise<void> {
    await ctx.whenAll(Array.from({ length: 8 }, (_, at) => ctx.callActivity(record, `${at}${large}`)))
  }
  const app = { workflows: { wide }, activities: { record } }
  const [first, second] = [stage.host(app), stage.host(app)]
  await stage.start(first, 'wide')
  await deliver(first, stage.doorbell('start'))
  const activities = stage.messages('activity')
  expect(activities.every(({ wide: isWide, inputInHistory }) => isWide && inputInHistory)).toBe(true)
  expect(await deliver(second, activities)).toEqual(Array.from({ length: 8 }, () => true))
  expect(new Set(ran)).toEqual(new Set(Array.from({ length: 8 }, (_, at) => `${at}${large}`)))
})

test('an inline activity whose host was lost is found too', async () => {
  const { stage, ran, record } = smallQueue()
  async function inline(ctx: WorkflowContext): Promise<void> {
    await ctx.callActivity(record, large, { inline: true })
  }
  const app = { workflows: { inline }, activities: { record } }
  const dead = stage.host(app, {
    ports: (ports) =>
      withPorts(ports, { settled: () => Promise.reject(new Error('simulated: the host is lost')) }),
  })
  await stage.start(dead, 'inline')
  const start = stage.doorbell('start')
  expect(await deliver(dead, start)).toEqual([false])
  stage.clock.at(120_000, () => {})
  await stage.rest()
  const host = stage.host(app)
  expect(await deliver(host, start, 2)).toEqual([true])
  expect(inputs(stage)).toEqual([true])
  expect(await deliver(host, stage.activity(1))).toEqual([true])
  expect(ran).toEqual([large])
})

test('a repeated dispatch and a dead letter need no input', async () => {
  const { stage, ran, record } = smallQueue()
  async function one(ctx: WorkflowContext): Promise<void> {
    await ctx.callActivity(record, large)
  }
  const host = stage.host({ workflows: { one }, activities: { record } })
  await stage.start(host, 'one')
  const start = stage.doorbell('start')
  await deliver(host, start)
  await deliver(host, start, 2)
  expect(inputs(stage)).toEqual([true, true])
  await host.handleDead({ message: stage.activity(1), receiveCount: 11 })
  expect(ran).toEqual([])
  expect((await stage.row('one')).failure?.cause).toMatchObject({ code: 'ACTIVITY_CRASHED' })
})

/** Three generations; the first asks for an activity that nobody awaits. */
async function rounds(ctx: WorkflowContext, round: number): Promise<void> {
  if (round === 1) void ctx.callActivity('record', large)
  if (round === 3) return
  await ctx.waitForExternalEvent('next')
  ctx.continueAsNew(round + 1)
}

async function threeRounds(): Promise<ReturnType<typeof smallQueue> & { readonly message: Message }> {
  const scene = smallQueue()
  const { stage, record } = scene
  const host = stage.host({ workflows: { rounds }, activities: { record } })
  await stage.start(host, 'rounds', 1)
  await deliver(host, stage.doorbell('start'))
  for (let round = 1; round < 3; round++) {
    await stage.raise(host, 'rounds', 'next')
    await deliver(host, stage.doorbell())
  }
  expect((await stage.row('rounds')).status).toBe('COMPLETED')
  return { ...scene, message: stage.activity(1) }
}

test('an activity of a generation that is over, long trimmed otherwise, is run with its input', async () => {
  const { stage, ran, record, message } = await threeRounds()
  expect((await stage.history('rounds')).map(({ generation }) => generation)).toContain(1)
  const host = stage.host({ workflows: { rounds }, activities: { record } })
  expect(await deliver(host, message)).toEqual([true])
  expect(ran).toEqual([large])
})

test('one whose input is gone nevertheless is not run without it, and the log has the code', async () => {
  const { stage, ran, record, message } = await threeRounds()
  const host = stage.host(
    { workflows: { rounds }, activities: { record } },
    { ports: (ports) => withPorts(ports, { readHistory: async () => [] }) },
  )
  expect(await deliver(host, message)).toEqual([true])
  expect(ran).toEqual([])
  const line = stage.logger.lines.find(({ level }) => level === 'error')
  expect(line?.fields).toEqual({ code: 'ACTIVITY_INPUT_LOST', instanceId: 'rounds', activity: 'record' })
})
