// `npm run bench`: what the engine costs, beside what the same work costs without one. See docs/benchmarks.md.

import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { measureLatency, measureThroughput } from './chain.ts'
import { measureFanOut } from './fan-out.ts'
import { type Check, type Figure, type Findings, type Letter, letters } from './figures.ts'
import { measureLongChain } from './long-chain.ts'
import { measureReplay } from './replay.ts'
import { checkLine, figureLine, headLines, noteLines, reportOf, tableHead } from './report.ts'
import { fullSizes, quickSizes, type Sizes } from './sizes.ts'
import type { Stage } from './stage.ts'
import { measureWaiting } from './waiting.ts'

const commandLine = {
  usage: 'npm run bench --',
  summary: 'Measures the engine on memory and on SQLite, beside bare loops that are as durable.',
  flags: {
    only: { type: 'string', value: 'letters', description: 'only these, such as a,c; left out: all' },
    quick: { type: 'boolean', description: 'small sizes: seconds instead of minutes, and rough figures' },
    json: { type: 'boolean', description: 'one JSON document instead of a table' },
    ...helpFlag,
  },
  notes: [
    'a  latency of a chain of 10 activities',
    'b  steps per second with 64 chains in flight',
    'c  a fan-out of 10,000',
    'd  a chain of 10,000: does a step grow dearer as the history grows?',
    'e  replay of 10,000 and of 100,000 events',
    'f  bytes of an instance that waits',
    'g  commits per step in a and b',
    '',
    'Exit code 1: a result is wrong, or a step of (d) costs more than 1.2 times as much in the last tenth as in the first.',
  ],
} as const

interface Measurement {
  readonly gives: readonly [Letter, ...Letter[]]
  /** What is compared with what it must be, each time; a wrong one ends the measurement. */
  readonly results: string
  readonly measure: (stage: Stage) => Promise<Findings>
}

const onBackends: readonly Measurement[] = [
  { gives: ['a', 'g'], results: 'the output of every chain', measure: measureLatency },
  { gives: ['b', 'g'], results: 'the output of every chain', measure: measureThroughput },
  { gives: ['c'], results: 'the sum of every fan-out', measure: measureFanOut },
  { gives: ['d'], results: 'the output of every chain', measure: measureLongChain },
  { gives: ['f'], results: 'the output of what had waited', measure: measureWaiting },
]

/** Everything that is wanted, one after the other. */
async function measureAll(
  wanted: ReadonlySet<Letter>,
  sizes: Sizes,
  show: (part: Findings) => void,
): Promise<Findings> {
  const figures: Figure[] = []
  const checks: Check[] = []
  const take = (part: Findings) => {
    const mine = { ...part, figures: part.figures.filter(({ letter }) => wanted.has(letter)) }
    figures.push(...mine.figures)
    checks.push(...mine.checks)
    show(mine)
  }
  if (wanted.has('e')) {
    const subject = { letter: 'e', place: 'engine', property: 'the output of every replay' } as const
    take(await checked(subject, async () => measureReplay(sizes)))
  }
  for (const { gives, results, measure } of onBackends) {
    if (!gives.some((letter) => wanted.has(letter))) continue
    for (const place of ['memory', 'sqlite'] as const) {
      const subject = { letter: gives[0], place, property: results }
      const work = async () => inFolders(async (newFolder) => measure({ place, sizes, newFolder }))
      take(await checked(subject, work))
    }
  }
  return { figures, checks }
}

/** Adds the check that every result was right. */
async function checked(
  subject: Pick<Check, 'letter' | 'place' | 'property'>,
  work: () => Promise<Findings>,
): Promise<Findings> {
  try {
    const { figures, checks } = await work()
    return { figures, checks: [{ ...subject, required: 'right', actual: 'right', holds: true }, ...checks] }
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error)
    return { figures: [], checks: [{ ...subject, required: 'right', actual, holds: false }] }
  }
}

/** Folders on the disk for the time of some work, whatever ends it. */
async function inFolders<T>(work: (newFolder: () => string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(onDisk(), 'tenuto-bench-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  const onSignal = (signal: NodeJS.Signals) => {
    remove()
    process.kill(process.pid, signal)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, onSignal)
  try {
    return await work(() => mkdtempSync(join(root, 'data-')))
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
    remove()
  }
}

/** The folder for temporary files, unless it is in memory: then the current one. */
function onDisk(): string {
  const tmpfs = 0x01_02_19_94
  return statfsSync(tmpdir()).type === tmpfs ? process.cwd() : tmpdir()
}

function toLetters(text: string | undefined): ReadonlySet<Letter> {
  if (text === undefined) return new Set(letters)
  const wanted = text.split(',').map((each) => each.trim())
  const known = letters.filter((letter) => wanted.includes(letter))
  const unknown = wanted.find((each) => !letters.some((letter) => letter === each))
  if (unknown === undefined) return new Set(known)
  throw new UsageError(`--only takes some of ${letters.join(',')}, got '${unknown}'.`)
}

async function main(): Promise<number> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  const sizes = flags.quick ? quickSizes : fullSizes
  const wanted = toLetters(flags.only)
  const print = flags.json ? () => {} : console.log
  print([...headLines(), ...noteLines(), '', tableHead].join('\n'))
  const findings = await measureAll(wanted, sizes, ({ figures }) => {
    for (const figure of figures) print(figureLine(figure))
  })
  const report = reportOf(sizes, findings)
  print(['', ...report.checks.map(checkLine)].join('\n'))
  if (flags.json) console.log(JSON.stringify(report, undefined, 2))
  return report.holds ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run bench -- --help`)
  process.exitCode = 2
}
