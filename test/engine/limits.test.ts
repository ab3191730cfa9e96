// A workflow that runs away is stopped with a code, not by the host running out of memory.

import { expect, test } from 'vitest'
import type { WorkflowContext } from '../../src/workflow/context.ts'
import { limits } from '../../src/workflow/limits.ts'
import { completed } from '../support/engine-events.ts'
import { start } from '../support/engine-harness.ts'

test('one turn may ask for so many durable calls, and not for one more', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    for (let at = 0; at < limits.commandsPerTurn; at++) ctx.sendEvent('other', 'e')
    try {
      await ctx.callActivity('one more')
    } catch (error) {
      return (error as { code?: string }).code
    }
    return 'not refused'
  })
  expect(run.output).toBe('TOO_MANY_COMMANDS')
  expect(run.commands).toHaveLength(limits.commandsPerTurn)
})

test('a loop that asks without ever waiting fails with the code (JS: keep/loop guard)', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    for (;;) ctx.sendEvent('other', 'e')
  })
  expect(run.failure.code).toBe('TOO_MANY_COMMANDS')
  expect(run.failure.message).toContain(String(limits.commandsPerTurn))
})

test('the count begins anew at each turn', async () => {
  const run = await start(async (ctx: WorkflowContext) => {
    for (let turn = 0; turn < 3; turn++) {
      for (let at = 1; at < limits.commandsPerTurn; at++) ctx.sendEvent('other', 'e')
      await ctx.callActivity('a')
    }
  })
  await run.turn(completed(limits.commandsPerTurn))
  await run.turn(completed(2 * limits.commandsPerTurn))
  await run.turn(completed(3 * limits.commandsPerTurn))
  expect(run.outcome?.kind).toBe('completed')
})
