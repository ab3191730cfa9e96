// Replay: histories that fit, the first divergence of those that do not, and state that two replays share.

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { app as examples } from '../../examples/app.ts'
import type { WorkflowHistory } from '../../src/runtime/management.ts'
import { createTestEnvironment, type RecordedHistory, replay } from '../../src/testing/index.ts'
import { defineApp } from '../../src/workflow/app.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { WorkflowFunction } from '../../src/workflow/functions.ts'

const folder = new URL('../../examples/histories/', import.meta.url)

const activities = { charge: () => 'charged', ship: () => 'shipped', refund: () => 'refunded' }

function appOf(order: WorkflowFunction) {
  return defineApp({ workflows: { order }, activities })
}

async function original(ctx: WorkflowContext): Promise<string> {
  await ctx.callActivity('charge', 1)
  await ctx.createTimer('1h')
  await ctx.callActivity('ship')
  return 'done'
}

/** The history of a workflow that has run to its end, as a file holds it. */
async function historyOf(order: WorkflowFunction, events: readonly string[] = []): Promise<WorkflowHistory> {
  await using env = createTestEnvironment(appOf(order))
  const id = await env.client.scheduleNewWorkflow('order', undefined, { instanceId: 'order-7' })
  for (const event of events) await env.client.raiseEvent(id, event)
  await env.client.waitForWorkflowCompletion(id)
  return JSON.parse(JSON.stringify(await env.history(id))) as WorkflowHistory
}

test.each(readdirSync(folder))('the recorded history %s fits the examples, twice', async (name) => {
  const history = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as RecordedHistory
  const result = await replay(examples, history, { twice: true })
  expect(result).toMatchObject({ ok: true, replayed: history.episodes.length })
})

test('a history fits the code that made it', async () => {
  const history = await historyOf(original)
  const result = await replay(appOf(original), history)
  expect(result).toEqual({ ok: true, workflowName: 'order', instanceId: 'order-7', replayed: 4 })
})

test('another call is found in its episode, with both sides and the line of the call', async () => {
  const changed = async (ctx: WorkflowContext): Promise<void> => {
    await ctx.callActivity('charge', 1)
    await ctx.callActivity('refund', { reason: 'none' }) // here
  }
  const { ok, divergence, replayed } = await replay(appOf(changed), await historyOf(original))
  expect({ ok, replayed }).toEqual({ ok: false, replayed: 0 + 1 })
  expect(divergence).toMatchObject({ episode: 2, generation: 1, recorded: '#2 timer', sharedState: false })
  expect(divergence?.actual).toContain(`#2 activity 'refund' with input {"reason":"none"}`)
  expect(divergence?.source?.file).toBe(import.meta.filename)
  expect(divergence?.source?.text).toBe("await ctx.callActivity('refund', { reason: 'none' }) // here")
})

test('a call that is not made any more is found, with the last one before it', async () => {
  const shorter = async (ctx: WorkflowContext): Promise<void> => {
    await ctx.callActivity('charge', 1) // last
  }
  const { divergence } = await replay(appOf(shorter), await historyOf(original))
  expect(divergence).toMatchObject({ episode: 2, recorded: '#2 timer' })
  expect(divergence?.actual).toContain("nothing after callActivity('charge')")
  expect(divergence?.source?.text).toBe("await ctx.callActivity('charge', 1) // last")
})

test('code that goes on after the recorded end is found', async () => {
  const longer = async (ctx: WorkflowContext): Promise<void> => {
    await original(ctx)
    await ctx.waitForExternalEvent('thanks') // waits
  }
  const { divergence } = await replay(appOf(longer), await historyOf(original))
  expect(divergence).toMatchObject({ episode: 4, recorded: 'the end of the workflow' })
  expect(divergence?.source?.text).toBe("await ctx.waitForExternalEvent('thanks') // waits")
})

test('another input is another call', async () => {
  const dearer = async (ctx: WorkflowContext): Promise<void> => {
    await ctx.callActivity('charge', 2)
  }
  const { divergence } = await replay(appOf(dearer), await historyOf(original))
  expect(divergence?.recorded).toBe("#1 activity 'charge' with input 1")
  expect(divergence?.actual).toContain("#1 activity 'charge' with input 2")
  expect(divergence?.message).toMatch(
    /In episode 1 of order 'order-7' the history has #1 activity 'charge' with input 1; the code: /,
  )
})

test('a workflow that the app does not have is a divergence', async () => {
  const { ok, divergence } = await replay(
    defineApp({ workflows: { other: original } }),
    await historyOf(original),
  )
  expect(ok).toBe(false)
  expect(divergence).toMatchObject({ recorded: "workflow 'order'", actual: 'the app has other' })
})

test('a variable of the module shows in the second replay alone', async () => {
  let orders = 0
  const counting = async (ctx: WorkflowContext): Promise<void> => {
    await ctx.callActivity('charge', ++orders)
  }
  const history = await historyOf(counting)
  orders = 0
  expect(await replay(appOf(counting), history)).toMatchObject({ ok: true })
  orders = 0
  const { ok, divergence } = await replay(appOf(counting), history, { twice: true })
  expect(ok).toBe(false)
  expect(divergence).toMatchObject({ sharedState: true, recorded: "#1 activity 'charge' with input 1" })
  expect(divergence?.message).toContain('something outside the workflow remembers')
})

test('a module that remembers shows even where no call differs: in the output', async () => {
  const seen: string[] = []
  const remembering = async (ctx: WorkflowContext): Promise<number> => seen.push(ctx.getWorkflowInstanceId())
  const history = await historyOf(remembering)
  expect(await replay(appOf(remembering), history)).toMatchObject({ ok: true })
  const { divergence } = await replay(appOf(remembering), history, { twice: true })
  expect(divergence).toMatchObject({ sharedState: true, episode: 1 })
})

test('all generations of a history are replayed; of one that is trimmed, what is whole', async () => {
  const rounds = async (ctx: WorkflowContext, round = 1): Promise<number> => {
    await ctx.callActivity('charge', round)
    if (round < 3) ctx.continueAsNew(round + 1)
    return round
  }
  const history = await historyOf(rounds)
  expect(await replay(appOf(rounds), history, { twice: true })).toMatchObject({ ok: true })
  const other = async (ctx: WorkflowContext, round = 1): Promise<number> => {
    await ctx.callActivity(round === 3 ? 'ship' : 'charge', round)
    if (round < 3) ctx.continueAsNew(round + 1)
    return round
  }
  expect((await replay(appOf(other), history)).divergence).toMatchObject({ generation: 3 })
  const opening = history.episodes.findLastIndex(({ continuedAsNew }) => continuedAsNew)
  const trimmed = { ...history, episodes: history.episodes.slice(opening) }
  expect(await replay(appOf(rounds), trimmed)).toMatchObject({
    ok: true,
    replayed: trimmed.episodes.length - 1,
  })
  expect((await replay(appOf(other), trimmed)).divergence).toMatchObject({ generation: 3 })
})

test('an instance that was terminated or that never had code fits', async () => {
  await using env = createTestEnvironment(appOf(original))
  const id = await env.client.scheduleNewWorkflow('order')
  await env.client.terminateWorkflow(id)
  expect(await replay(appOf(original), await env.history(id))).toMatchObject({ ok: true })
  const unknown = await env.client.scheduleNewWorkflow('unknown')
  expect(await replay(appOf(original), await env.history(unknown))).toMatchObject({ ok: true, replayed: 0 })
})

test.each([{}, { episodes: [] }, { episodes: [{}] }, { episodes: 'none' }, []])(
  'what is no history is refused: %j',
  async (history) => {
    const refused = replay(appOf(original), history as never)
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  },
)
