// `npm run cost`, after `npm run package`: what the packaged stack costs in a month without any work.

import { existsSync, readFileSync } from 'node:fs'
import { helpFlag, helpText, parseCommandLine, UsageError } from '../../src/cli/command-line.ts'
import { idleCost, totalOf, waitingCost, waitingInstances } from './idle-cost.ts'
import type { Template } from './template.ts'

const path = '.serverless/cloudformation-template-update-stack.json'

const commandLine = {
  usage: 'npm run cost --',
  summary:
    'Prints what the stack that npm run package has packaged costs in a month in which nothing happens.',
  flags: helpFlag,
} as const

function main(): void {
  const { flags } = parseCommandLine(commandLine, process.argv.slice(2))
  if (flags.help) {
    console.log(helpText(commandLine))
    return
  }
  if (!existsSync(path)) throw new UsageError('Nothing is packaged yet: npm run package')
  print(JSON.parse(readFileSync(path, 'utf8')) as Template)
}

function print(template: Template): void {
  const lines = idleCost(template)
  console.log('USD a month, idle                     amount      list   after what is free')
  for (const { what, amount, usd, usdAfterFree } of lines) {
    console.log(
      `${what.padEnd(36)}${amount.toLocaleString('en-US', { maximumFractionDigits: 3 }).padStart(10)}${money(usd)}${money(usdAfterFree)}`,
    )
  }
  console.log(`${''.padEnd(46)}${money(totalOf(lines, 'usd'))}${money(totalOf(lines, 'usdAfterFree'))}`)
  console.log(
    `${waitingInstances.toLocaleString('en-US')} instances that wait for days`.padEnd(46) +
      money(waitingCost(template)),
  )
}

function money(usd: number): string {
  return usd.toFixed(2).padStart(10)
}

try {
  main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry: npm run cost -- --help`)
  process.exitCode = 2
}
