// An activity that asks for its token when its generation is over and its history trimmed.
import { expect, test } from 'vitest'
import type { ActivityContext, WorkflowContext } from '../../src/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import { deliver, Stage } from './stage.ts'

test('it gets a token that completes nothing, runs once, and its message is done', async () => {
  const stage = new Stage()
  stage.backend.queue.isCarried = () => false
  const gate = Promise.withResolvers<void>()
  const tokens: string[] = []
  async function ask(ctx: ActivityContext): Promise<void> {
    await gate.promise
    tokens.push(await ctx.completeLater())
  }
  async function rounds(ctx: WorkflowContext, round: number): Promise<string> {
    if (round === 1) void ctx.callActivity(ask)
    await ctx.waitForExternalEvent('next')
    if (round === 3) return 'done'
    ctx.continueAsNew(round + 1)
    return ''
  }
  const app = { workflows: { rounds }, activities: { ask } }
  const [host, other] = [stage.host(app), stage.host(app)]
  await stage.start(host, 'rounds', 1)
  await deliver(host, stage.doorbell('start'))
  const running = deliver(other, stage.activity(1))
  await settle()
  for (const _ of [1, 2]) {
    await stage.raise(host, 'rounds', 'next')
    await deliver(host, stage.doorbell())
  }
  expect((await stage.history('rounds'))[0]?.n).toBeGreaterThan(1)
  gate.resolve()
  expect(await running).toEqual([true])
  expect(tokens).toHaveLength(1)
  const completed = host.management.completeActivity({ token: tokens[0] ?? '' })
  await expect(completed).rejects.toMatchObject({ code: 'ERR_COMPLETE_ACTIVITY' })
  await stage.raise(host, 'rounds', 'next')
  await deliver(host, stage.doorbell())
  expect(await stage.row('rounds')).toMatchObject({ status: 'COMPLETED', output: '"done"' })
})
