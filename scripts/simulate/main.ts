// `npm run simulate`: random programs on the production engine and runtime while everything fails that may. See docs/reliability.md.

import { availableParallelism } from 'node:os'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { type Mode, modes } from '../../test/simulation/modes.ts'
import { mutants } from '../../test/simulation/mutants.ts'
import { type Campaign, runCampaign } from './campaign.ts'
import { explain } from './explain.ts'
import { hunt } from './hunt.ts'
import { runKeptCampaign } from './kept.ts'
import { keepPage } from './page.ts'
import { progressLine } from './progress.ts'
import { isFailed, tables } from './report.ts'

const commandLine = {
  usage: 'npm run simulate --',
  summary: 'Runs worlds in which everything fails that may, and checks what must hold all the same.',
  flags: {
    seeds: { type: 'string', value: 'count', description: 'how many worlds; default 1000' },
    from: { type: 'string', value: 'seed', description: 'the first of them; default 1' },
    sweeper: {
      type: 'string',
      value: 'on|off',
      description: 'whether somebody rings for what is lost; default off',
    },
    mode: { type: 'string', value: 'name', description: 'one kind of world; left out, the seed says which' },
    level: {
      type: 'string',
      value: 'ports|aws',
      description: 'where faults strike: at our ports, or below the adapters of AWS; default ports',
    },
    mutant: { type: 'string', value: 'name', description: 'a defect that must be found, or `all` of them' },
    workers: { type: 'string', value: 'count', description: 'threads; default: as many as there are cores' },
    keep: {
      type: 'string',
      value: 'file',
      description: 'where a long campaign keeps what it has come to, and goes on from when it is begun again',
    },
    json: { type: 'boolean', description: 'one JSON document instead of tables' },
    write: { type: 'boolean', description: 'writes the tables into docs/reliability.md' },
    ...helpFlag,
  },
  notes: [
    `modes: ${Object.keys(modes).join(' ')}`,
    '',
    'Exit code 1: a world failed, a probe stayed at zero, or a defect was not found.',
  ],
} as const

function toCount(text: string | undefined, byDefault: number, flag: string): number {
  if (text === undefined) return byDefault
  if (/^\d{1,12}$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`${flag} takes a whole number above 0, got '${text}'.`)
}

function toChoice<T extends string>(text: string, choices: readonly T[], flag: string): T {
  const choice = choices.find((each) => each === text)
  if (choice !== undefined) return choice
  throw new UsageError(`${flag} takes one of: ${choices.join(', ')}; got '${text}'.`)
}

type Flags = ReturnType<typeof parse>['flags']

function parse(args: readonly string[]) {
  return parseCommandLine(commandLine, args)
}

function toCampaign(flags: Flags): Campaign {
  return {
    from: toCount(flags.from, 1, '--from'),
    seeds: toCount(flags.seeds, 1_000, '--seeds'),
    sweeper: toChoice(flags.sweeper ?? 'off', ['on', 'off'], '--sweeper') === 'on',
    level: toChoice(flags.level ?? 'ports', ['ports', 'aws'], '--level'),
    workers: toCount(flags.workers, availableParallelism(), '--workers'),
    ...(flags.mode !== undefined && { mode: toChoice(flags.mode, Object.keys(modes) as Mode[], '--mode') }),
  }
}

async function simulateAll(flags: Flags): Promise<boolean> {
  const campaign = toCampaign(flags)
  const onProgress = flags.json ? () => {} : progressLine(campaign.seeds)
  const result = await (flags.keep === undefined
    ? runCampaign(campaign, onProgress)
    : runKeptCampaign(flags.keep, campaign, onProgress))
  if (flags.json) console.log(JSON.stringify(result, undefined, 2))
  else console.log(tables(result).join('\n'))
  for (const failure of result.failures.slice(0, 3))
    console.error((await explain(failure, campaign.level)).join('\n'))
  if (flags.write) keepPage(result)
  return !isFailed(result)
}

async function findDefects(name: string, flags: Flags): Promise<boolean> {
  const names = Object.keys(mutants)
  const wanted = name === 'all' ? names : [toChoice(name, names, '--mutant')]
  return hunt(wanted, toCampaign({ ...flags, seeds: flags.seeds ?? '20000' }), {
    print: console.log,
    mayWrite: (flags.write ?? false) && name === 'all',
  })
}

async function main(): Promise<number> {
  const { flags } = parse(process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  const { mutant } = flags
  return (await (mutant === undefined ? simulateAll(flags) : findDefects(mutant, flags))) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run simulate -- --help`)
  process.exitCode = 2
}
