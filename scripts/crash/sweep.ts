// `npm run crash -- --singles` and `-- --pairs`: all failures and all pairs of failures, on the twelve workflows of test/crash.

import { tryAws } from '../../test/crash/aws-world.ts'
import { tryLocal } from '../../test/crash/local-world.ts'
import { pairs, singles, sweep, type TryOut } from '../../test/crash/sweep.ts'
import { workflows } from '../../test/crash/workflows.ts'
import { Rng } from '../../test/simulation/rng.ts'
import { startDynoxide } from '../stack/dynoxide.ts'
import type { TargetName } from './targets.ts'

const plans = { singles, pairs } as const

/** @returns whether every run came to its one right end */
export async function sweepAll(target: TargetName, plan: keyof typeof plans, seed: number): Promise<boolean> {
  const startedAt = performance.now()
  const { tryOut, close } = await openWorlds(target)
  const total = { calls: 0, runs: 0, wrong: 0 }
  try {
    for (const [name, workflow] of Object.entries(workflows)) {
      const { calls, runs, failed } = await sweep(tryOut, workflow, plans[plan], new Rng(seed))
      console.log(`  ${name.padEnd(40)} ${calls} calls, ${runs} runs, ${failed.length} wrong`)
      for (const each of failed) console.log(`    ${each}`)
      total.calls += calls
      total.runs += runs
      total.wrong += failed.length
    }
  } finally {
    await close()
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(
    `  ${'all'.padEnd(40)} ${total.calls} calls, ${total.runs} runs, ${total.wrong} wrong; ${seconds} s`,
  )
  return total.wrong === 0
}

interface Worlds {
  readonly tryOut: TryOut
  readonly close: () => Promise<void>
}

async function openWorlds(target: TargetName): Promise<Worlds> {
  if (target === 'local') return { tryOut: tryLocal, close: async () => {} }
  const dynoxide = await startDynoxide()
  return { tryOut: tryAws(dynoxide), close: async () => dynoxide.close() }
}
