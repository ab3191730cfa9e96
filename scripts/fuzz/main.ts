// `npm run fuzz`: requests that nobody would write, to a server in this process, over real sockets. See docs/reliability.md.

import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { recordingLogger } from '../../test/support/recording-logger.ts'
import { type FuzzResult, runFuzz } from './run.ts'
import { startFuzzServer } from './server.ts'

const commandLine = {
  usage: 'npm run fuzz --',
  summary:
    'Sends structured and raw requests, and looks that no answer is a 5xx or shows the inside, that nothing is stuck, and that memory stays flat.',
  flags: {
    requests: { type: 'string', value: 'count', description: 'to send (default 100000)' },
    seed: { type: 'string', value: 'number', description: 'of the dice (default 1)' },
    ...helpFlag,
  },
  notes: ['Exit code 1: something was found. A request comes again with its number and the seed.'],
} as const

/** By which the heap may be larger in the end than after the first third. */
const growthBytes = 8 * 1024 * 1024
const shown = 20

async function main(): Promise<number> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return 0
  }
  const [requests, seed] = [toCount(flags.requests ?? '100000'), toCount(flags.seed ?? '1')]
  const logger = recordingLogger()
  const server = await startFuzzServer(logger)
  const startedAt = performance.now()
  const onCheckUp = (sent: number, heapBytes: number): void =>
    console.log(`  ${String(sent).padStart(8)} sent, heap ${(heapBytes / 1024 / 1024).toFixed(1)} MB`)
  console.log(`${requests} requests, seed ${seed}`)
  const result = await runFuzz(server, { requests, seed, onCheckUp })
  await server.close()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  const problems = [
    ...result.problems,
    ...growthOf(result),
    ...logger.lines.map((line) => JSON.stringify(line)),
  ]
  print(result, seconds)
  for (const problem of problems.slice(0, shown)) console.log(`  ${problem}`)
  console.log(`  ${problems.length} problems`)
  return problems.length === 0 ? 0 : 1
}

function print({ sent, answers, ended }: FuzzResult, seconds: string): void {
  const counted = (pairs: Iterable<readonly [string, number]>): string =>
    [...pairs].map(([what, count]) => `${count} ${what}`).join(', ')
  console.log(`  sent: ${counted(Object.entries(sent))}; ${seconds} s`)
  console.log(`  answers: ${counted([...answers].toSorted(([a], [b]) => a.localeCompare(b)))}`)
  console.log(`  ${ended} instances were ended and purged`)
}

/** From the end of the first third to the end. */
function growthOf({ heapBytes }: FuzzResult): readonly string[] {
  const before = heapBytes[Math.floor(heapBytes.length / 3) - 1] ?? 0
  const growth = (heapBytes.at(-1) ?? 0) - before
  return growth > growthBytes ? [`the heap has grown by ${growth} bytes after the first third`] : []
}

function toCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`Expected a whole number, got '${text}'.`)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run fuzz -- --help`)
  process.exitCode = 2
}
