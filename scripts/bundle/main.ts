// `npm run bundle`: builds the functions, and prints what each weighs and what it costs to load.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { type Bundle, buildBundles } from './build.ts'
import { exampleEnvironment } from './environment.ts'
import { importCost } from './import-cost.ts'

const commandLine = {
  usage: 'npm run bundle --',
  summary: 'Builds the functions in bundles, and prints what each weighs and what it costs to load.',
  flags: {
    parts: { type: 'boolean', description: 'what the weight is made of, too' },
    ...helpFlag,
  },
} as const

async function main(): Promise<void> {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return
  }
  const bundles = await buildBundles('bundles')
  console.log('function        KB   gzip  CPU ms to import')
  for (const bundle of bundles) console.log(line(bundle, flags.parts ?? false))
}

function line({ name, path, bytes, parts }: Bundle, withParts: boolean): string {
  const gzip = gzipSync(readFileSync(path)).byteLength
  const { cpuMs } = importCost(path, exampleEnvironment)
  const row = `${name.padEnd(13)}${kb(bytes)}${kb(gzip)}${cpuMs.toFixed(0).padStart(7)}`
  if (!withParts) return row
  const largest = [...parts].toSorted(([, a], [, b]) => b - a).filter(([, size]) => size >= 1024)
  return [row, ...largest.map(([part, size]) => `  ${part.padEnd(36)}${kb(size)}`)].join('\n')
}

function kb(bytes: number): string {
  return (bytes / 1024).toFixed(0).padStart(6)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run bundle -- --help`)
  process.exitCode = 2
}
