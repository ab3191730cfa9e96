// A nudge that comes again takes over once more, and is one fact all the same.
import { expect, test } from 'vitest'
import { factIdOf } from '../../src/engine/events.ts'
import type { WorkflowContext } from '../../src/index.ts'
import { settle } from '../../src/testing/virtual-clock.ts'
import type { AppDefinition } from '../../src/workflow/app.ts'
import { deliver, Stage } from './stage.ts'

const leaseMs = 60_000

test('a nudge that took one lease over, and comes again for the next, is not written twice', async () => {
  const stage = new Stage()
  let lost = 1
  const step = async (_ctx: unknown, n: number): Promise<number> => (n === lost ? new Promise(() => {}) : n)
  async function steps(ctx: WorkflowContext): Promise<unknown> {
    const first = await ctx.callActivity(step, 1, { inline: true })
    return [first, await ctx.callActivity(step, 2, { inline: true })]
  }
  async function other(ctx: WorkflowContext): Promise<unknown> {
    return ctx.callActivity(step, 3)
  }
  const app: AppDefinition = { workflows: { steps }, activities: { step } }
  await stage.start(stage.host(app), 'steps')
  void stage.host(app).handle([{ message: stage.doorbell('start'), receiveCount: 1 }])
  await settle()
  stage.clock.skipTo(stage.clock.now() + leaseMs)
  const changed = stage.host({ workflows: { steps: other }, activities: { step } })
  await deliver(changed, stage.doorbell('start'))
  lost = 2
  const host = stage.host(app)
  // A nudge is a fact where something waits, and while something waits the stall is not over.
  await stage.raise(host, 'steps', 'note', 1)
  await host.recoverStalled()
  await deliver(host, stage.message('nudge'))
  void stage.host(app).handle([{ message: stage.activity(1), receiveCount: 1 }])
  await settle()
  stage.clock.skipTo(stage.clock.now() + leaseMs)
  await stage.raise(host, 'steps', 'note', 2)
  await deliver(stage.host(app), stage.message('nudge'))
  const history = await stage.history('steps')
  expect(history.filter(({ demoted }) => demoted)).toHaveLength(2)
  const facts = history.flatMap(({ events }) => events.map(factIdOf))
  expect(facts).toHaveLength(new Set(facts).size)
})
