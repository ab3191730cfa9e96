// Inline activities and the end of an invocation: what there is no time left for goes on in another one.

import { expect, onTestFinished, test } from 'vitest'
import { startDynoxide } from '../../../scripts/stack/dynoxide.ts'
import { openAwsWorld } from '../../../scripts/stack/in-process.ts'
import { VirtualTime } from '../../../scripts/stack/virtual-time.ts'
import { activity, type ActivityContext, defineApp, type WorkflowContext } from '../../../src/index.ts'
import { describeOnDynoxide } from '../../support/dynoxide.ts'

interface Run {
  readonly n: number
  readonly leftMs: number
}

/** Runs so many inline activities in a row, each of which takes its time. */
async function runSteps(steps: number, { takesMs, commitEvery }: { takesMs: number; commitEvery: number }) {
  const time = new VirtualTime()
  const runs: Run[] = []
  const overdue: string[] = []
  let until = 0
  const step = activity(
    async (_: ActivityContext, n: number) => {
      runs.push({ n, leftMs: until - time.clock.now() })
      await time.clock.sleep(takesMs)
      return n + 1
    },
    { inline: { commitEvery } },
  )
  async function chain(ctx: WorkflowContext): Promise<number> {
    let n = 0
    while (n < steps) n = await ctx.callActivity(step, n)
    return n
  }
  const dynoxide = await startDynoxide()
  const world = await openAwsWorld({
    app: defineApp({ workflows: { chain }, activities: { step } }),
    database: dynoxide,
    clock: time.clock,
    ports: (ports) => ({ ...ports, store: time.hold(ports.store) }),
    async around({ functionName }, run) {
      const allowedMs = functionName === 'activity' ? 300_000 : 30_000
      const endsAt = time.clock.now() + allowedMs
      until = endsAt
      const result = await run()
      if (time.clock.now() > endsAt) overdue.push(functionName)
      return result
    },
  })
  onTestFinished(async () => {
    await time.pass(world.close())
    await dynoxide.close()
  })
  await time.pass(world.management.start({ workflowName: 'chain', instanceId: 'i' }))
  await time.runUntil(() => false, 3_600_000)
  return { runs, overdue, view: await time.pass(world.management.get('i')) }
}

describeOnDynoxide('inline activities that take longer than an invocation', () => {
  test.each([1, 4])(
    'go on in another one, each once, when %i share a commit: none is begun that could not end',
    async (commitEvery) => {
      const { runs, overdue, view } = await runSteps(20, { takesMs: 4_000, commitEvery })
      expect(view).toMatchObject({ status: 'COMPLETED', output: '20' })
      expect(runs.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n))
      expect(overdue).toEqual([])
      expect(Math.min(...runs.map(({ leftMs }) => leftMs))).toBeGreaterThanOrEqual(5_000)
    },
  )
})
