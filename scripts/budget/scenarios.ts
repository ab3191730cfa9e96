// What is counted, and what it may cost: the budgets are upper bounds, and so are part of the design.

import type { Counts } from './counts.ts'

export interface Scenario {
  /** For the command line: `chain-10`. */
  readonly id: string
  /** What one step is. */
  readonly step: string
  /** Of app.ts. */
  readonly workflow: string
  /** That the workflow takes; also its input. */
  readonly steps: number
  /**
   * `step`: of one step, the dearest; the first is left out, because it finds nothing in memory. `run`: of everything that happens, from
   * the request that starts the workflow, divided by the number of steps.
   */
  readonly per: 'step' | 'run'
  /** Counted as it may come, not held to a budget. */
  readonly isScattered?: boolean
  /** An event is raised for each step, when nothing else is left to happen. */
  readonly hasEvents?: boolean
  /** Number of the step after which the containers are lost. */
  readonly losesMemoryAfter?: number
  readonly budget: Budget
}

export interface Budget extends Partial<Counts> {
  /** Of a million steps, in all. */
  readonly dollars?: number
  /** Requests that put one item or several. */
  readonly writes?: number
  /** Of the workflow, from beginning to end. */
  readonly episodes?: number
}

const none = { gets: 0, updates: 0, batchWrites: 0, batchGets: 0, refused: 0 } as const

const chained: Budget = {
  ...none,
  messages: 1,
  sqsRequests: 3,
  puts: 1,
  writeUnits: 1,
  queries: 1,
  readUnits: 1,
  invocations: 1,
  dollars: 3.2,
}
const fannedOut: Budget = { sqsRequests: 0.7, writes: 0.9, queries: 0.5, invocations: 0.2, dollars: 2.5 }
const inline: Budget = {
  ...none,
  messages: 0,
  puts: 1,
  writeUnits: 1,
  queries: 0,
  invocations: 0,
  dollars: 1.3,
}
const timer: Budget = { ...chained, dollars: 3.2 }
const longTimer: Budget = {
  ...timer,
  sqsRequests: 6,
  queries: 2,
  readUnits: 2,
  invocations: 2,
  schedulerInvocations: 1,
  dollars: 6,
}
/** Behind the API a get, a put of the two and two of the queries; it is one of the two invocations. */
const event: Budget = {
  ...chained,
  puts: 2,
  batchWrites: 1,
  writeUnits: 3,
  gets: 1,
  queries: 3,
  readUnits: 4,
  invocations: 2,
  apiRequests: 1,
  dollars: 6,
}
/** Two workflows: what waits, and what starts and ends. */
const child: Budget = {
  ...none,
  messages: 2,
  sqsRequests: 6,
  puts: 4,
  updates: 1,
  batchWrites: 1,
  writeUnits: 9,
  gets: 1,
  queries: 2,
  readUnits: 3,
  invocations: 2,
  dollars: 10,
}

const start: Budget = {
  ...none,
  messages: 1,
  sqsRequests: 3,
  puts: 2,
  updates: 1,
  writeUnits: 6,
  gets: 1,
  queries: 1,
  readUnits: 2,
  invocations: 2,
  apiRequests: 1,
  dollars: 8,
}

function chain(steps: number, more: Partial<Scenario> = {}): Scenario {
  const step = `queued activity, in a chain of ${text(steps)}`
  return { id: `chain-${steps}`, step, workflow: 'chain', steps, per: 'step', budget: chained, ...more }
}

function coldChain(steps: number): Scenario {
  const step = `queued activity, in a chain of ${text(steps)} whose container is lost halfway`
  return chain(steps, { id: `cold-chain-${steps}`, step, losesMemoryAfter: steps / 2 })
}

function fanOut(steps: number, more: Partial<Scenario> = {}): Scenario {
  const step = `activity, in a fan-out of ${text(steps)}`
  return { id: `fan-out-${steps}`, step, workflow: 'fanOut', steps, per: 'run', budget: fannedOut, ...more }
}

function few(id: string, step: string, more: Omit<Scenario, 'id' | 'step' | 'steps' | 'per'>): Scenario {
  return { id, step, steps: 10, per: 'step', ...more }
}

const generation: Budget = {
  ...none,
  messages: 0,
  puts: 1,
  writeUnits: 1,
  queries: 0,
  invocations: 0,
  dollars: 0.8,
}
/** With the start and the end of all, and the message by which a handler lets others have their turn. */
const generations: Budget = {
  messages: 0.1,
  sqsRequests: 0.2,
  puts: 1.05,
  writeUnits: 1.1,
  queries: 0.1,
  invocations: 0.1,
  dollars: 1,
}

export const scenarios: readonly Scenario[] = [
  chain(10),
  chain(100),
  chain(1_000),
  coldChain(100),
  coldChain(1_000),
  few('inline', 'inline activity', { workflow: 'inline', budget: inline }),
  fanOut(100, { budget: { ...fannedOut, episodes: 15 } }),
  fanOut(1_000),
  fanOut(10_000),
  fanOut(100, {
    id: 'scattered-fan-out-100',
    step: 'activity, in a fan-out of 100, messages scattered',
    isScattered: true,
    budget: {},
  }),
  few('timer', 'timer of 5 minutes', { workflow: 'timers', budget: timer }),
  few('long-timer', 'timer of 30 days', { workflow: 'longTimers', budget: longTimer }),
  few('event', 'external event, raised by HTTP', { workflow: 'events', hasEvents: true, budget: event }),
  few('child', 'child workflow that does nothing', { workflow: 'children', budget: child }),
  few('generation', 'generation, by continue-as-new', { workflow: 'generations', budget: generation }),
  {
    id: 'generations-100',
    step: 'generation, of 100 from start to end',
    workflow: 'generations',
    steps: 100,
    per: 'run',
    budget: generations,
  },
  {
    id: 'start',
    step: 'workflow that does nothing, started by HTTP',
    workflow: 'empty',
    steps: 1,
    per: 'run',
    budget: start,
  },
]

function text(count: number): string {
  return count.toLocaleString('en-US')
}
