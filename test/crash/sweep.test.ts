// Some of all failures, and of all pairs of failures, on a real file and on the adapters of AWS; `npm run crash -- --singles` and
// `-- --pairs` try all of them. TENUTO_SEED repeats or varies a run.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dynoxide, noDynoxide, startDynoxide } from '../../scripts/stack/dynoxide.ts'
import { Rng } from '../simulation/rng.ts'
import { dynoxideTitle } from '../support/dynoxide.ts'
import { tryAws } from './aws-world.ts'
import { tryLocal } from './local-world.ts'
import { type Outcome, pairs, type Plan, singles, some, sweep, type TryOut } from './sweep.ts'
import { workflows } from './workflows.ts'

const seed = Number(process.env['TENUTO_SEED'] ?? 1)

/** @returns what went wrong */
async function tryOn(name: string, tryOut: TryOut, plan: Plan): Promise<readonly string[]> {
  const workflow = workflows[name]
  if (!workflow) throw new Error(`no workflow ${name}`)
  const { calls, failed } = await sweep(tryOut, workflow, plan, new Rng(seed))
  expect(calls).toBeGreaterThan(0)
  return failed
}

describe(`SQLite, seed ${seed}`, () => {
  test.each(Object.keys(workflows))('%s comes to its one right end, whatever fails', async (name) => {
    expect(await tryOn(name, tryLocal, some([8, singles], [4, pairs]))).toEqual([])
  })

  test('every call that is made can be made to fail', async () => {
    const workflow = workflows['a chain']
    if (!workflow) throw new Error('no chain')
    const { calls } = await tryLocal(workflow, [])
    const [first, last] = await Promise.all(
      [1, calls].map(async (call) => tryLocal(workflow, [{ call, way: 'is refused' }])),
    )
    expect(first?.calls).toBeGreaterThan(calls)
    expect(last?.calls).toBeGreaterThan(calls)
  })
})

// oxlint-disable-next-line vitest/valid-title -- it says why it is not run where it is not
describe.skipIf(noDynoxide)(dynoxideTitle(`AWS, seed ${seed}`), () => {
  let dynoxide: Dynoxide
  beforeAll(async () => {
    dynoxide = await startDynoxide()
  })
  afterAll(async () => dynoxide.close())

  test.each(Object.keys(workflows))('%s comes to its one right end, whatever fails', async (name) => {
    expect(await tryOn(name, tryAws(dynoxide), some([2, singles], [1, pairs]))).toEqual([])
  })
})

describe('the sweep finds', () => {
  const workflow = { app: () => ({ workflows: {} }), outside: [], ends: {}, effects: [] }
  const never = async (): Promise<Outcome> => ({ calls: 3, problems: [] })

  test('every single failure in each of four ways, and every pair', async () => {
    expect(await sweep(never, workflow, singles, new Rng(1))).toEqual({ calls: 3, runs: 12, failed: [] })
    expect(await sweep(never, workflow, pairs, new Rng(1))).toEqual({ calls: 3, runs: 3, failed: [] })
  })

  test('what goes wrong, and says after which failures', async () => {
    const atSecond: TryOut = async (_, faults) => ({
      calls: 3,
      problems: faults.some(({ call }) => call === 2) ? ['lost'] : [],
    })
    const { failed } = await sweep(atSecond, workflow, singles, new Rng(1))
    expect(failed).toHaveLength(4)
    expect(failed[0]).toBe('call 2 is refused: lost')
  })
})
