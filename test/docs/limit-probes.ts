// Programs that go up to a limit and beyond it.

import { inWorld } from '../../scripts/docs/examples/memory-world.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { InstanceCount } from '../../src/runtime/management.ts'
import type { Delivery } from '../../src/runtime/messages.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { createMemoryBackend } from '../../src/testing/memory-backend.ts'
import type { Consumer } from '../../src/testing/memory-queue.ts'
import { type App, defineApp } from '../../src/workflow/app.ts'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { toFailureDetails } from '../../src/workflow/failure.ts'
import { limits } from '../../src/workflow/limits.ts'
import { refusals, text } from './limit-refusals.ts'

export interface Probe {
  readonly title: string
  readonly run: () => Promise<unknown>
  readonly expected: unknown
}

/** Runs a workflow and looks at every batch that is handed to the runtime. */
async function runWatched(app: App, look: (batch: readonly Delivery[]) => void): Promise<void> {
  const between = (runtime: Runtime): Consumer => ({
    handle: async (batch) => {
      look(batch)
      return runtime.handle(batch)
    },
    handleDead: async (delivery) => runtime.handleDead(delivery),
  })
  await inWorld({ app, between }, async (world) => world.run('order'))
}

/** Of so many activities at once, those whose outcomes go through the inbox. */
async function wideOf(activities: number): Promise<number> {
  let wide = 0
  async function order(ctx: WorkflowContext): Promise<void> {
    await ctx.whenAll(Array.from({ length: activities }, () => ctx.callActivity('charge')))
  }
  const app = defineApp({ workflows: { order }, activities: { charge: async () => {} } })
  await runWatched(app, (batch) => {
    for (const { message } of batch) if (message.kind === 'activity' && message.wide) wide++
  })
  return wide
}

/** How often a workflow of so many generations is handed to the runtime. */
async function turnsOf(generations: number): Promise<number> {
  let turns = 0
  async function order(ctx: WorkflowContext, left = generations): Promise<void> {
    if (left > 1) ctx.continueAsNew(left - 1)
  }
  await runWatched(defineApp({ workflows: { order } }), () => turns++)
  return turns
}

/** Of so many instances, as many as are counted. */
async function countOf(instances: number): Promise<InstanceCount> {
  const { ports } = createMemoryBackend()
  for (let at = 0; at < instances; at++) {
    const key = { instanceId: `order-${at}`, incarnation: 'life' }
    const times = { createdAt: at, lastUpdatedAt: at }
    await ports.store.createInstance({
      ...key,
      ...times,
      name: 'order',
      status: 'PENDING',
      startDigest: '',
      episode: 0,
    })
  }
  return createManagement(ports).count({})
}

function kept(length: number): { readonly message: string; readonly stack: number | undefined } {
  const error = new Error(text(length))
  error.stack = text(length)
  const { message, stackTrace } = toFailureDetails(error)
  return { message, stack: stackTrace?.length }
}

const refusing = refusals.flatMap(({ name, code, use, slack = 0 }): Probe[] => [
  {
    title: `${name}: what is at the limit passes`,
    run: async () => use(limits[name] - slack),
    expected: undefined,
  },
  {
    title: `${name}: what is above is refused`,
    run: async () => use(limits[name] + slack + 1),
    expected: code,
  },
])

const { failureMessageCharacters, stackTraceCharacters, directFanIn, generationsPerTurn } = limits
const { countedInstances } = limits

export const probes: readonly Probe[] = [
  ...refusing,
  {
    title: 'failureMessageCharacters: what is at the limit is kept whole',
    run: async () => kept(failureMessageCharacters).message,
    expected: text(failureMessageCharacters),
  },
  {
    title: 'failureMessageCharacters: what is above is cut, and says so',
    run: async () => kept(failureMessageCharacters + 1).message,
    expected: `${text(failureMessageCharacters)}… (cut at ${failureMessageCharacters} characters)`,
  },
  {
    title: 'stackTraceCharacters: what is above is cut',
    run: async () => kept(stackTraceCharacters + 1).stack,
    expected: stackTraceCharacters,
  },
  {
    title: 'countedInstances: what is at the limit is counted whole',
    run: async () => JSON.stringify(await countOf(countedInstances)),
    expected: JSON.stringify({ count: countedInstances }),
  },
  {
    title: 'countedInstances: what is above is not counted, and the count says so',
    run: async () => JSON.stringify(await countOf(countedInstances + 1)),
    expected: JSON.stringify({ count: countedInstances, more: true }),
  },
  {
    title: 'directFanIn: outcomes up to the limit are committed by the hosts themselves',
    run: async () => wideOf(directFanIn),
    expected: 0,
  },
  {
    title: 'directFanIn: above it they go through the inbox',
    run: async () => wideOf(directFanIn + 1),
    expected: directFanIn + 1,
  },
  {
    title: 'generationsPerTurn: a handler opens so many in a row, after the one that it began with',
    run: async () => turnsOf(1 + generationsPerTurn),
    expected: 1,
  },
  {
    title: 'generationsPerTurn: after them others have their turn',
    run: async () => turnsOf(1 + generationsPerTurn + 1),
    expected: 2,
  },
]
