// Two JavaScript samples of the Dapr documentation, verbatim but for their imports, each with its missing yield: what happens, and what is
// said about it.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import type { TWorkflow } from '../../src/workflow/functions.ts'
import type { Task } from '../../src/workflow/task.ts'
import { completed, fired, raised } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'
import { recordingLogger } from '../support/recording-logger.ts'

describe('monitor', () => {
  async function checkStatusActivity(): Promise<string> {
    return 'healthy'
  }
  async function alertActivity(): Promise<void> {}
  const activities = { checkStatusActivity, alertActivity }

  const asDocumented: TWorkflow = async function* (ctx: WorkflowContext) {
    let duration
    const status = yield ctx.callActivity(checkStatusActivity)
    if (status === 'healthy') {
      duration = 60 * 60
    } else {
      yield ctx.callActivity(alertActivity, 'job unhealthy' as never)
      duration = 5 * 60
    }
    ctx.createTimer(duration)
    ctx.continueAsNew()
  }

  test('as documented: the timer that is not yielded is named instead of a loop without a pause', async () => {
    const run = await start(asDocumented, { activities })
    await run.turn(completed(1, 'healthy'))
    expect(run.failure.code).toBe('TASK_NOT_AWAITED')
    expect(run.failure.message).toMatch(
      /^continueAsNew would lose what was never awaited: createTimer\(3600\) at .*specification-samples\.test\.ts:\d+:\d+\)?\. Is an await or yield missing\?$/,
    )
    await run.replayed()
  })

  const mended: TWorkflow = async function* (ctx: WorkflowContext) {
    const status = yield ctx.callActivity(checkStatusActivity)
    yield ctx.createTimer(status === 'healthy' ? 60 * 60 : 5 * 60)
    ctx.continueAsNew()
  }

  test('with the yield it sleeps and goes on', async () => {
    const run = await start(mended, { activities })
    await run.turn(completed(1, 'healthy'))
    expect(run.commands).toEqual([{ kind: 'createTimer', seq: 2, dueAt: run.now + 3_600_000 }])
    await run.turn(fired(2))
    expect(run.outcome?.kind).toBe('continuedAsNew')
    await run.replayed()
  })
})

interface Order {
  readonly cost: number
  readonly product: string
}

describe('external system interaction', () => {
  const sendApprovalRequest = async (_: unknown, _order: Order) => {}
  const placeOrder = async (_: unknown, _order: Order) => {}
  const activities = { sendApprovalRequest, placeOrder }

  const asDocumented: TWorkflow = async function* (ctx: WorkflowContext, order: Order) {
    if (order.cost < 1000) {
      return 'Auto-approved'
    }
    yield ctx.callActivity(sendApprovalRequest, order)
    const tasks: Task<unknown>[] = []
    const approvalEvent = ctx.waitForExternalEvent<{ approver: string }>('approval_received')
    const timeoutEvent = ctx.createTimer(24 * 60 * 60)
    tasks.push(approvalEvent)
    tasks.push(timeoutEvent)
    const winner = ctx.whenAny(tasks)
    if ((winner as unknown) == timeoutEvent) {
      return 'Cancelled'
    }
    yield ctx.callActivity(placeOrder, order)
    const approvalDetails = approvalEvent.getResult()
    return `Approved by ${approvalDetails.approver}`
  }

  test('as documented: the composite that is not yielded is named when its event is read', async () => {
    const run = await start(asDocumented, { activities, input: { cost: 1500, product: 'p' } })
    await run.turn(completed(1))
    await run.turn(completed(3))
    expect(run.failure.code).toBe('TASK_NOT_COMPLETE')
    expect(run.failure.message).toMatch(
      /^getResult\(\) of waitForExternalEvent\('approval_received'\).* whenAny of 2 at .*specification-samples\.test\.ts:\d+:\d+\)? was never awaited: is an await or yield missing there\?$/,
    )
    await run.replayed()
  })

  test('as documented: when the event came in time it goes well by luck, and is warned about', async () => {
    const logger = recordingLogger()
    const run = await start(asDocumented, { activities, input: { cost: 1500, product: 'p' }, logger })
    await run.turn(completed(1))
    await run.turn(raised('approval_received', { approver: 'Ann' }))
    await run.turn(completed(3))
    expect(run.output).toBe('Approved by Ann')
    expect(logger.lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: expect.stringMatching(/^whenAny of 2 at .* was never awaited\.$/),
      }),
    ])
  })

  const mended: TWorkflow = async function* (ctx: WorkflowContext, order: Order) {
    if (order.cost < 1000) return 'Auto-approved'
    yield ctx.callActivity(sendApprovalRequest, order)
    const approvalEvent = ctx.waitForExternalEvent<{ approver: string }>('approval_received')
    const timeoutEvent = ctx.createTimer(24 * 60 * 60)
    const winner = yield ctx.whenAny([approvalEvent, timeoutEvent])
    if (winner == timeoutEvent) return 'Cancelled'
    yield ctx.callActivity(placeOrder, order)
    return `Approved by ${approvalEvent.getResult().approver}`
  }

  test.each([
    ['Approved by Ann', [raised('Approval_Received', { approver: 'Ann' }), completed(3)]],
    ['Cancelled', [fired(2)]],
  ])('with the yield: %s', async (output, events) => {
    const run = await start(mended, { activities, input: { cost: 1500, product: 'p' } })
    await run.turn(completed(1))
    for (const event of events) await run.turn(event)
    expect(run.output).toBe(output)
    await run.replayed()
  })

  test('a cheap order is approved at once', async () => {
    const run = await start(mended, { activities, input: { cost: 1, product: 'p' } })
    expect(run.output).toBe('Auto-approved')
    await run.replayed()
  })
})
