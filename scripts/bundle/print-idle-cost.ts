// `npm run cost`, after `npm run package`: what the packaged stack costs in a month without any work.

import { readFileSync } from 'node:fs'
import { idleCost, totalOf, waitingCost, waitingInstances } from './idle-cost.ts'
import type { Template } from './template.ts'

const path = '.serverless/cloudformation-template-update-stack.json'
const template = JSON.parse(readFileSync(path, 'utf8')) as Template
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

function money(usd: number): string {
  return usd.toFixed(2).padStart(10)
}
