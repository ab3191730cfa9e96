// Suspend, resume and terminate.

import { describe, expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { completed, fired, nudged, raised, resumed, suspended, terminated } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

const steps = async (ctx: WorkflowContext) => [
  await ctx.callActivity('a'),
  await ctx.waitForExternalEvent('e'),
  await ctx.callActivity('b'),
]

describe('suspend', () => {
  test('holds every event back; resume delivers them in order', async () => {
    const run = await start(steps)
    await run.turn(suspended('pause'))
    expect(run.last).toMatchObject({ suspended: true, commands: [] })
    await run.turn(raised('e', 'event'), completed(1, 'a'), nudged())
    expect(run.last).toMatchObject({ suspended: true, commands: [], consumed: 3 })
    await run.turn(resumed())
    expect(run.last).toMatchObject({ suspended: false })
    expect(run.asked).toEqual(['scheduleTask:b'])
    await run.turn(completed(3 - 1, 'b'))
    expect(run.output).toEqual(['a', 'event', 'b'])
    await run.replayed()
  })

  test('and resume in one turn change nothing but the order of time', async () => {
    const run = await start(steps)
    await run.turn(suspended(), completed(1, 'a'), raised('e', 1), resumed(), completed(2, 'b'))
    expect(run.output).toEqual(['a', 1, 'b'])
    await run.replayed()
  })

  test('twice needs one resume', async () => {
    const run = await start(steps)
    await run.turn(suspended(), suspended())
    await run.turn(completed(1, 'a'))
    await run.turn(suspended())
    await run.turn(resumed())
    expect(run.last.suspended).toBe(false)
    await run.turn(raised('e', 1))
    expect(run.asked).toEqual(['scheduleTask:b'])
    await run.replayed()
  })

  test('again after a resume holds back again', async () => {
    const run = await start(steps)
    await run.turn(suspended(), completed(1, 'a'), resumed(), suspended(), raised('e', 1))
    expect(run.last).toMatchObject({ suspended: true, commands: [] })
    await run.turn(resumed())
    expect(run.asked).toEqual(['scheduleTask:b'])
    await run.replayed()
  })

  test('at the start does not keep the first turn from running', async () => {
    const run = await start(steps, { events: [suspended()] })
    expect(run.last.suspended).toBe(true)
    expect(run.asked).toEqual(['scheduleTask:a'])
    await run.replayed()
  })

  test('timers that fire meanwhile are delivered at resume, with the clock of the resume', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.createTimer(5)
      return ctx.getCurrentUtcDateTime().getTime()
    })
    await run.turn(suspended())
    await run.turn(fired(1))
    const resumedAt = run.now + 1000
    await run.turn(resumed())
    expect(run.output).toBe(resumedAt)
    await run.replayed()
  })

  test('resume of what is not suspended changes nothing', async () => {
    const run = await start(steps)
    await run.turn(resumed())
    expect(run.last).toMatchObject({ suspended: false, commands: [] })
    await run.turn(resumed(), completed(1), raised('e'))
    expect(run.asked).toEqual(['scheduleTask:b'])
    await run.replayed()
  })
})

describe('terminate', () => {
  test('ends the workflow with the given output, as it is', async () => {
    const run = await start(steps)
    await run.turn({ kind: 'executionTerminated', id: 't', output: 'raw text' })
    expect(run.outcome).toEqual({ kind: 'terminated', output: 'raw text' })
    await run.replayed()
  })

  test('without output has none', async () => {
    const run = await start(steps)
    await run.turn(terminated())
    expect(run.outcome).toEqual({ kind: 'terminated', output: undefined })
    await run.replayed()
  })

  test('beats what comes after it in the same turn', async () => {
    const run = await start(steps)
    await run.turn(terminated('end'), completed(1), raised('e'))
    expect(run.last).toMatchObject({ consumed: 1, outcome: { kind: 'terminated' }, commands: [] })
    await run.replayed()
  })

  test('drops what earlier events of its turn made the code ask for', async () => {
    const run = await start(steps)
    await run.turn(completed(1), raised('e'), terminated())
    expect(run.last).toMatchObject({ consumed: 3, outcome: { kind: 'terminated' }, commands: [] })
    await run.replayed()
  })

  test('comes too late when the workflow ended before it in the same turn', async () => {
    const run = await start(async (ctx: WorkflowContext) => ctx.callActivity('a'))
    await run.turn(completed(1, 'done'), terminated())
    expect(run.output).toBe('done')
    expect(run.last.consumed).toBe(1)
    await run.replayed()
  })

  test('comes too late when the workflow continued as new before it', async () => {
    const run = await start(async (ctx: WorkflowContext) => {
      await ctx.callActivity('a')
      ctx.continueAsNew()
    })
    await run.turn(completed(1), terminated())
    expect(run.last).toMatchObject({ consumed: 1, outcome: { kind: 'continuedAsNew' } })
    await run.replayed()
  })

  test('works while suspended, and what was held back is never delivered', async () => {
    const run = await start(steps)
    await run.turn(suspended(), completed(1))
    await run.turn(terminated('end'))
    expect(run.outcome).toEqual({ kind: 'terminated', output: '"end"' })
    expect(run.commands).toEqual([])
    await run.replayed()
  })

  test('workflow code never runs again: neither catch nor finally', async () => {
    const ran: string[] = []
    const run = await start(async (ctx: WorkflowContext) => {
      try {
        await ctx.callActivity('a')
      } catch {
        ran.push('catch')
      } finally {
        ran.push('finally')
      }
    })
    await run.turn(terminated())
    expect(ran).toEqual([])
    await run.replayed()
  })
})
