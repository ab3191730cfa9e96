// The code for a history that has grown too long.

import type { Episode } from '../../../src/runtime/episode.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../../src/testing/memory-backend.ts'
import { defineApp } from '../../../src/workflow/app.ts'
import type { WorkflowContext } from '../../../src/workflow/context.ts'
import type { FailureDetails } from '../../../src/workflow/failure.ts'
import { limits } from '../../../src/workflow/limits.ts'
import { failureExample, type Scenarios } from './scenario.ts'

/** The failure of an instance whose history holds so many facts, one of which is its start, when one more event comes. */
export async function failureAfter(facts: number): Promise<FailureDetails | undefined> {
  const app = defineApp({
    workflows: { order: async (ctx: WorkflowContext) => ctx.waitForExternalEvent('paid') },
  })
  const { ports, queue, clock } = createMemoryBackend()
  const runtime = createRuntime(app, ports)
  await runtime.management.start({ workflowName: 'order', instanceId: 'order-7' })
  queue.run(() => runtime)
  await clock.runUntil(() => false)
  const row = await ports.store.getInstance('order-7')
  if (!row) throw new Error('no instance order-7')
  const [first] = await ports.store.readHistory(row)
  const events = Array.from({ length: facts - 1 }, (_, at) => ({ kind: 'nudged', id: `n:${at}` }) as const)
  const long: Episode = {
    n: 2,
    generation: 1,
    nonce: 'x',
    by: 'x',
    at: first?.at ?? 0,
    events,
    commands: [],
    status: 'RUNNING',
  }
  await ports.store.appendEpisode(row, long)
  await runtime.management.raiseEvent({ instanceId: 'order-7', eventName: 'paid' })
  await clock.runUntil(() => false)
  runtime.close()
  return (await runtime.management.get('order-7'))?.failure
}

export const longHistory: Scenarios = {
  HISTORY_TOO_LONG: async () => failureExample(await failureAfter(limits.generationFacts)),
}
