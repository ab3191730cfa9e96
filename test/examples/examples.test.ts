// What each example promises: its results, its activities, and a clear word about inputs that are none.

import { expect, test } from 'vitest'
import { app } from '../../examples/app.ts'
import { activity, defineApp } from '../../src/workflow/app.ts'
import type { ActivityContext, WorkflowContext } from '../../src/workflow/context.ts'
import { mapInParallel } from '../../src/workflow/map-in-parallel.ts'
import { record, type Scenario } from './recorder.ts'

const outputOf = async (scenario: Scenario): Promise<unknown> => {
  const { end } = await record(scenario)
  expect(end.failure?.message).toBeUndefined()
  return end.output === undefined ? undefined : JSON.parse(end.output)
}

test('the app registers the six workflows of the specification, a saga, and nothing else', () => {
  expect(app.workflowNames).toEqual([
    'taskChaining',
    'helloCities',
    'batchProcessing',
    'OrderProcessingWorkflow',
    'statusMonitor',
    'purchaseOrder',
    'tripBooking',
  ])
})

test('taskChaining hands the output of each step to the next', async () => {
  expect(await outputOf({ workflow: 'taskChaining', input: 1 })).toEqual([2, 4, 16])
  expect(await outputOf({ workflow: 'taskChaining', input: { n: -3 } })).toEqual([-2, -4, 16])
})

test.each([1, 2, 3])(
  'taskChaining runs the error handler when step %i fails, then fails itself',
  async (failAt) => {
    const { end, activities } = await record({ workflow: 'taskChaining', input: { n: 1, failAt } })
    expect(activities).toEqual([...['step1', 'step2', 'step3'].slice(0, failAt), 'errorHandler'])
    expect(end).toMatchObject({ status: 'FAILED', failure: { errorType: 'TaskFailedError' } })
    expect(end.failure?.message).toContain(`Step ${failAt} was asked to fail`)
  },
)

test('helloCities greets three cities, in order', async () => {
  expect(await outputOf({ workflow: 'helloCities' })).toEqual([
    'Hello Tokyo!',
    'Hello Seattle!',
    'Hello London!',
  ])
})

test.each([
  [{ size: 0 }, 0],
  [{ size: 1 }, 2],
  [{ size: 100 }, 10_100],
  [{ size: 100, maxParallel: 1 }, 10_100],
  [{ size: 100, maxParallel: 7 }, 10_100],
  [{ size: 3, maxParallel: 10_000 }, 12],
])('batchProcessing of %j sums to %i', async (input, sum) => {
  const { end, activities } = await record({ workflow: 'batchProcessing', input })
  expect(end.output).toBe(String(sum))
  expect(activities).toHaveLength(input.size + 2)
  expect(activities.at(-1)).toBe('processResults')
})

test('batchProcessing asks for all items at once, or for at most maxParallel', async () => {
  const all = await record({ workflow: 'batchProcessing', input: { size: 20 } })
  expect(mostOutstanding(all.episodes)).toBe(20)
  const limited = await record({ workflow: 'batchProcessing', input: { size: 20, maxParallel: 3 } })
  expect(mostOutstanding(limited.episodes)).toBe(3)
})

test('after a failure a limited fan-out asks for nothing more, waits for what runs, and fails with the first failure', async () => {
  const fails = new Set([3, 4])
  const work = (_: ActivityContext, item: number): number => {
    if (fails.has(item)) throw new Error(`item ${item} is broken`)
    return item
  }
  const limited = async (ctx: WorkflowContext, size: number) => {
    const items = Array.from({ length: size }, (_, at) => at + 1)
    try {
      return await mapInParallel(items, (item) => ctx.callActivity(work, item), { maxConcurrency: 3 })
    } catch (error) {
      await ctx.callActivity(cleanUp)
      throw error
    }
  }
  const cleanUp = (): void => {}
  const program = defineApp({ workflows: { limited }, activities: { work: activity(work, {}), cleanUp } })
  const { end, activities } = await record({ workflow: 'limited', input: 10 }, program)
  expect(activities).toEqual([...Array.from({ length: 5 }, () => 'work'), 'cleanUp'])
  expect(end.status).toBe('FAILED')
  expect(end.failure?.message).toContain('item 3 is broken')
})

test('a small order is processed without asking anybody', async () => {
  const input = { Name: 'Paperclips', Quantity: 1, TotalCost: 9.95 }
  const { end, activities } = await record({ workflow: 'OrderProcessingWorkflow', input })
  expect(end.output).toBe('{"Processed":true}')
  expect(end.customStatus).toBeUndefined()
  expect(activities).toEqual(['processOrder'])
})

test.each([
  ['Approved', true, 'Approved'],
  ['Rejected', false, 'Rejected'],
  ['approved', false, 'Rejected'],
  [true, false, 'Rejected'],
  [null, false, 'Rejected'],
  [{ result: 'Approved' }, false, 'Rejected'],
])(
  'an order above 1000 that is answered with %j ends with Processed: %j',
  async (data, processed, status) => {
    const input = { Name: 'Laptops', Quantity: 10, TotalCost: 1000.01 }
    const events = [{ name: 'ManagerApproval', data }]
    const { end, episodes } = await record({ workflow: 'OrderProcessingWorkflow', input, events })
    expect(end.output).toBe(JSON.stringify({ Processed: processed }))
    expect(episodes.map(({ customStatus }) => customStatus)).toContain(
      'Waiting for the event ManagerApproval',
    )
    expect(end.customStatus).toBe(status)
  },
)

test('an order that nobody answers is given up after three days, or after the time it names', async () => {
  const input = { Name: 'Laptops', Quantity: 10, TotalCost: 15_000 }
  const patient = await record({ workflow: 'OrderProcessingWorkflow', input })
  expect(patient.end).toMatchObject({ output: '{"Processed":false}', customStatus: 'Timed out' })
  expect(durationOf(patient.episodes)).toBeGreaterThanOrEqual(3 * 24 * 3600)
  const hasty = await record({
    workflow: 'OrderProcessingWorkflow',
    input: { ...input, approvalTimeoutSeconds: 30 },
  })
  expect(durationOf(hasty.episodes)).toBeLessThan(60)
})

test('statusMonitor checks, alerts only on the change to unhealthy, and sleeps less while unhealthy', async () => {
  const input = { jobId: 'nightly', isHealthy: true, maxChecks: 7 }
  const { end, activities, episodes } = await record({ workflow: 'statusMonitor', input })
  expect(end.output).toBe('7')
  const statuses = episodes.flatMap(({ events }) =>
    events.flatMap((event) =>
      event.kind === 'taskCompleted' && event.output ? [JSON.parse(event.output) as string] : [],
    ),
  )
  expect(statuses.join(' ')).toBe('unhealthy healthy healthy unhealthy healthy healthy unhealthy')
  expect(activities.filter((name) => name === 'sendAlert')).toHaveLength(3)
  const naps = episodes.flatMap(({ at, commands }) =>
    commands.flatMap((command) => (command.kind === 'createTimer' ? [(command.dueAt - at) / 1000] : [])),
  )
  expect(naps).toEqual([5, 60, 60, 5, 60, 60])
})

test('statusMonitor goes on for ever, each round with a history of its own', async () => {
  const { episodes, end } = await record(
    { workflow: 'statusMonitor', input: { jobId: 'x', isHealthy: false } },
    app,
    900,
  )
  expect(end.status).toBe('RUNNING')
  const perRound = Map.groupBy(episodes, ({ generation }) => generation)
  expect(perRound.size).toBeGreaterThan(200)
  expect(Math.max(...[...perRound.values()].map((round) => round.length))).toBeLessThanOrEqual(4)
})

test('purchaseOrder approves small orders, waits for a person on large ones, and cancels when none answers', async () => {
  const order = { cost: 999.99, product: 'Laptop', quantity: 1 }
  expect(await outputOf({ workflow: 'purchaseOrder', input: order })).toBe('Auto-approved')
  const large = { ...order, cost: 1000 }
  const events = [{ name: 'approval_received', data: { approver: 'Jane Doe' } }]
  const approved = await record({ workflow: 'purchaseOrder', input: large, events })
  expect(approved.end.output).toBe(`"Approved by 'Jane Doe'"`)
  expect(approved.activities).toEqual(['sendApprovalRequest', 'placeOrder'])
  const silent = await record({ workflow: 'purchaseOrder', input: large })
  expect(silent.end.output).toBe('"Cancelled"')
  expect(silent.activities).toEqual(['sendApprovalRequest'])
  expect(durationOf(silent.episodes)).toBeGreaterThanOrEqual(24 * 3600)
})

test('an approval without an approver approves nothing', async () => {
  const input = { cost: 5000, product: 'Laptop', quantity: 1 }
  const { end, activities } = await record({
    workflow: 'purchaseOrder',
    input,
    events: [{ name: 'approval_received', data: {} }],
  })
  expect(end.status).toBe('FAILED')
  expect(end.failure?.message).toContain('approver must be a text')
  expect(activities).toEqual(['sendApprovalRequest'])
})

test('tripBooking reserves, pays, and keeps what it has reserved', async () => {
  const { end, activities } = await record({ workflow: 'tripBooking', input: trip })
  expect(end.output).toBe('{"city":"Lisbon","paid":840}')
  expect(activities).toEqual(['reserve', 'reserve', 'reserve', 'chargeCard'])
})

test('tripBooking undoes its reservations, the last first, when the card is declined, and fails with the reason', async () => {
  const { end, activities, episodes } = await record({
    workflow: 'tripBooking',
    input: { ...trip, cardLimit: 839 },
  })
  expect(end).toMatchObject({ status: 'FAILED' })
  expect(end.failure?.message).toContain('The card was declined: 840 is above its limit.')
  expect(activities.slice(4)).toEqual(['cancelReservation', 'cancelReservation', 'cancelReservation'])
  const undone = episodes.flatMap(({ commands }) =>
    commands.flatMap((command) =>
      command.kind === 'scheduleTask' && command.rollbackOf !== undefined
        ? [(JSON.parse(command.input ?? '') as { readonly what: string }).what]
        : [],
    ),
  )
  expect(undone).toEqual(['car in Lisbon', 'hotel in Lisbon', 'flight to Lisbon'])
})

const order = { Name: 'Paperclips', Quantity: 1, TotalCost: 9.95 }
const job = { jobId: 'nightly', isHealthy: true }
const trip = { city: 'Lisbon', nights: 3, cardLimit: 2000 }
const purchase = { cost: 5, product: 'Mouse', quantity: 1 }

test.each<[string, unknown, string]>([
  ['taskChaining', undefined, 'The input must be an object with n, failAt, got nothing'],
  ['taskChaining', 'one', 'The input must be an object'],
  ['taskChaining', { n: '1' }, 'n must be a number from -1000000000 to 1000000000, got "1" (string)'],
  ['taskChaining', { n: 1e300 }, 'n must be a number'],
  ['taskChaining', { n: 1, failAt: 4 }, 'failAt must be a number from 1 to 3'],
  ['batchProcessing', undefined, 'The input must be an object with size, maxParallel'],
  ['batchProcessing', {}, 'size must be a number from 0 to 10000, got nothing'],
  ['batchProcessing', { size: 1e9 }, 'size must be a number from 0 to 10000, got 1000000000'],
  ['batchProcessing', { size: 1.5 }, 'size must be a whole number'],
  ['batchProcessing', { size: -1 }, 'size must be'],
  ['batchProcessing', { size: [3] }, 'size must be'],
  ['batchProcessing', { size: 3, maxParallel: 0 }, 'maxParallel must be'],
  ['batchProcessing', { size: 3, maxParallel: null }, 'maxParallel must be'],
  ['OrderProcessingWorkflow', [], 'The input must be an object with Name, Quantity, TotalCost'],
  ['OrderProcessingWorkflow', { ...order, TotalCost: '9.95' }, 'TotalCost must be a number'],
  ['OrderProcessingWorkflow', { ...order, Quantity: -1 }, 'Quantity must be'],
  [
    'OrderProcessingWorkflow',
    { ...order, Name: 'x'.repeat(300) },
    'Name must be a text of 1 to 200 characters',
  ],
  ['OrderProcessingWorkflow', { ...order, approvalTimeoutSeconds: -5 }, 'approvalTimeoutSeconds must be'],
  [
    'OrderProcessingWorkflow',
    JSON.parse('{"__proto__":{"Name":"x","Quantity":1,"TotalCost":1}}'),
    'Name must be',
  ],
  ['statusMonitor', { jobId: 'x' }, 'isHealthy must be true or false, got nothing'],
  ['statusMonitor', { ...job, jobId: '' }, 'jobId must be a text'],
  ['statusMonitor', { ...job, healthyIntervalSeconds: -1 }, 'healthyIntervalSeconds must be'],
  ['statusMonitor', { ...job, maxChecks: 'all' }, 'maxChecks must be'],
  ['purchaseOrder', null, 'The input must be an object with cost, product, quantity'],
  ['purchaseOrder', { ...purchase, cost: '5000' }, 'cost must be a number'],
  ['purchaseOrder', { ...purchase, cost: -5 }, 'cost must be'],
  ['purchaseOrder', { cost: 5 }, 'product must be a text'],
  ['tripBooking', undefined, 'The input must be an object with city, nights, cardLimit'],
  ['tripBooking', { ...trip, nights: 0 }, 'nights must be a number from 1 to 365'],
  ['tripBooking', { ...trip, cardLimit: '2000' }, 'cardLimit must be a number'],
])('%s fails for the input %j and says why', async (workflow, input, message) => {
  const { end, activities, episodes } = await record({ workflow, input })
  expect(end).toMatchObject({ status: 'FAILED', failure: { errorType: 'TypeError' } })
  expect(end.failure?.message).toContain(message)
  expect(activities).toEqual([])
  expect(episodes).toHaveLength(1)
})

type Episodes = Awaited<ReturnType<typeof record>>['episodes']

function durationOf(episodes: Episodes): number {
  return ((episodes.at(-1)?.at ?? 0) - (episodes[0]?.at ?? 0)) / 1000
}

function mostOutstanding(episodes: Episodes): number {
  let outstanding = 0
  let most = 0
  for (const { events, commands } of episodes) {
    outstanding -= events.filter(({ kind }) => kind === 'taskCompleted').length
    outstanding += commands.filter(({ kind }) => kind === 'scheduleTask').length
    most = Math.max(most, outstanding)
  }
  return most
}
