// `npm run crash`: processes are killed at random moments while clients work; or every single failure, and every pair of failures, is
// tried on whole workflows. See docs/reliability.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { Rng } from '../../test/simulation/rng.ts'
import { noDynoxide } from '../stack/dynoxide.ts'
import { runRound, type RoundResult } from './round.ts'
import { sweepAll } from './sweep.ts'
import { openTarget, type TargetName, targetNames } from './targets.ts'

const commandLine = {
  usage: 'npm run crash --',
  summary:
    'Kills processes at random moments under load, and checks from the outside that nothing was lost or done twice.',
  flags: {
    singles: { type: 'boolean', description: 'no kills: every failure of an input or output, in every way' },
    pairs: { type: 'boolean', description: 'no kills: every pair of failures, in ways that the dice choose' },
    kills: { type: 'string', value: 'count', description: 'of each target (default 20)' },
    target: { type: 'string', value: 'name', description: `${targetNames.join(' or ')}; left out: both` },
    seed: { type: 'string', value: 'number', description: 'of the dice (default: another one each time)' },
    ...helpFlag,
  },
  notes: ['Exit code 1: something was lost, done twice, or went back.'],
} as const

const killsPerRound = 10

async function main(): Promise<number> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  const kills = toCount(flags.kills ?? '20')
  const seed = toCount(flags.seed ?? String(Date.now() % 1_000_000))
  const wanted = (['singles', 'pairs'] as const).filter((plan) => flags[plan])
  const found: boolean[] = []
  for (const name of toTargets(flags.target)) {
    for (const plan of wanted) {
      console.log(`${name}: ${plan}, seed ${seed}`)
      found.push(await sweepAll(name, plan, seed))
    }
    if (wanted.length > 0) continue
    console.log(`${name}: ${kills} kills, seed ${seed}`)
    found.push(await crash(name, kills, new Rng(seed)))
  }
  return found.every(Boolean) ? 0 : 1
}

/** @returns whether nothing was found */
async function crash(name: TargetName, kills: number, rng: Rng): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'tenuto-crash-'))
  const startedAt = performance.now()
  const results: RoundResult[] = []
  const target = await openTarget[name](folder)
  try {
    for (let left = kills; left > 0; left -= killsPerRound) {
      const round = `r${results.length + 1}`
      const options = { target, folder, name: round, kills: Math.min(left, killsPerRound) }
      const result = await runRound({ ...options, rng })
      results.push(result)
      console.log(`  ${round.padEnd(4)} ${lineOf(result)}`)
      for (const problem of result.problems) console.log(`    ${problem}`)
    }
  } finally {
    await target.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const total = results.reduce(added)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  const killed = [...total.killed].map(([what, count]) => `${count} of ${what}`).join(', ')
  console.log(`  all  ${lineOf(total)}\n  killed: ${killed}; ${seconds} s`)
  return total.problems.length === 0
}

function lineOf({ killed, problems, ...counts }: RoundResult): string {
  const kills = [...killed.values()].reduce((sum, count) => sum + count, 0)
  const { instances, entries, effects, repeated, abandoned, retries } = counts
  return [
    `${kills} kills`,
    `${instances} instances`,
    `${entries} events`,
    `${effects} effects (${repeated} repeated)`,
    `${abandoned} starts given up halfway`,
    `${retries} requests made again`,
    `${problems.length} violations`,
  ].join(', ')
}

function added(one: RoundResult, other: RoundResult): RoundResult {
  const killed = new Map(one.killed)
  for (const [what, count] of other.killed) killed.set(what, (killed.get(what) ?? 0) + count)
  return {
    killed,
    instances: one.instances + other.instances,
    entries: one.entries + other.entries,
    effects: one.effects + other.effects,
    repeated: one.repeated + other.repeated,
    abandoned: one.abandoned + other.abandoned,
    retries: one.retries + other.retries,
    problems: [...one.problems, ...other.problems],
  }
}

function toCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`Expected a whole number, got '${text}'.`)
}

function toTargets(text: string | undefined): readonly TargetName[] {
  const wanted = targetNames.filter((name) => text === undefined || text === name)
  if (wanted.length === 0) throw new UsageError(`A target is ${targetNames.join(' or ')}, got '${text}'.`)
  if (noDynoxide && text === 'aws') throw new UsageError(`Nothing can be run here: ${noDynoxide}.`)
  return wanted.filter((name) => name !== 'aws' || !noDynoxide)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run crash -- --help`)
  process.exitCode = 2
}
