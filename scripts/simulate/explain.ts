// A failure, told so that somebody can work on it: how to repeat it, the least that still fails, and the end of what happened.

import type { Launch } from '../../test/simulation/clients.ts'
import { modes } from '../../test/simulation/modes.ts'
import { shrink } from '../../test/simulation/shrink.ts'
import { keepLines } from '../../test/simulation/trace.ts'
import { type Level, simulate, type WorldOptions } from '../../test/simulation/world.ts'
import type { Failure } from './campaign.ts'

const traceLines = 120

export async function explain({ seed, mode, violations }: Failure, level: Level): Promise<readonly string[]> {
  const options: WorldOptions = { ...modes[mode], level }
  const fails = async (launches: readonly Launch[]): Promise<boolean> =>
    (await simulate(seed, { ...options, launches })).violations.length > 0
  const { launches } = await simulate(seed, options)
  const least = (await fails(launches)) ? await shrink(launches, fails) : undefined
  let lines: readonly string[] = []
  const last = await simulate(seed, {
    ...options,
    ...(least && { launches: least }),
    trace(now) {
      const kept = keepLines(now, traceLines)
      lines = kept.lines
      return kept.trace
    },
  })
  return [
    '',
    `Seed ${seed} failed:`,
    ...violations.map((text) => `  ${text}`),
    `Once more: npm run simulate --${level === 'aws' ? ' --level aws' : ''} --mode ${mode} --from ${seed} --seeds 1`,
    '',
    least ? 'The least that still fails:' : 'What ran:',
    ...(least ?? launches).map((launch) => `  ${JSON.stringify(launch)}`),
    ...last.violations.map((text) => `  ${text}`),
    '',
    `The last ${lines.length} lines of its trace:`,
    ...lines,
  ]
}
