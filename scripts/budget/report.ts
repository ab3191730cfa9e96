// What is printed.

import { assumptions } from './assumptions.ts'
import type { Counts } from './counts.ts'
import { services } from './dollars.ts'
import type { Check, Result } from './result.ts'

export const headLines: readonly string[] = [
  'What AWS counts and bills for one step: list prices of us-east-1, nothing taken off that an account has free.',
  'Counted on DynamoDB, SQS and Scheduler of this machine, never on a live account.',
  '',
  ...assumptions.map((each) => `- ${each}`),
]

/** Column, width and value. */
const countColumns: readonly (readonly [head: string, of: (counts: Counts) => number])[] = [
  ['messages', ({ messages }) => messages],
  ['requests', ({ sqsRequests }) => sqsRequests],
  ['put', ({ puts }) => puts],
  ['query', ({ queries }) => queries],
  ['get', ({ gets, batchGets }) => gets + batchGets],
  ['update', ({ updates }) => updates],
  ['batch', ({ batchWrites }) => batchWrites],
  ['WCU', ({ writeUnits }) => writeUnits],
  ['RCU', ({ readUnits }) => readUnits],
  ['Lambda', ({ invocations }) => invocations],
  ['schedules', ({ schedulerInvocations }) => schedulerInvocations],
]
const countWidth = 10
const nameWidth = 64

export const countHead = [
  `${''.padEnd(nameWidth)}${'SQS'.padStart(countWidth)}${''.padEnd(countWidth)}${'DynamoDB'.padStart(countWidth)}`,
  `${'one step'.padEnd(nameWidth)}${countColumns.map(([head]) => head.padStart(countWidth)).join('')}`,
].join('\n')

export function countLines({ scenario, counts, cold, episodes, containers }: Result): readonly string[] {
  const lines = [countLine(scenario.step, counts)]
  if (cold) lines.push(countLine('  the step after the loss', cold))
  if (scenario.per === 'run') lines.push(`  in all: ${episodes} episodes, ${containers} containers`)
  return lines
}

function countLine(name: string, counts: Counts): string {
  const cells = countColumns.map(([, of]) => numberText(of(counts)).padStart(countWidth))
  return `${name.padEnd(nameWidth)}${cells.join('')}`
}

export function dollarTable(results: readonly Result[]): readonly string[] {
  const heads = [...services, 'total', 'storage']
  return [
    `${'USD for a million steps'.padEnd(nameWidth)}${heads.map((head) => head.padStart(12)).join('')}`,
    ...results.map(({ scenario, dollars, total, storage }) => {
      const amounts = [...services.map((service) => dollars[service]), total, storage]
      return `${scenario.step.padEnd(nameWidth)}${amounts.map((usd) => money(usd).padStart(12)).join('')}`
    }),
  ]
}

/** A line for each scenario, and one for each budget that is broken. */
export function checkLines(results: readonly Result[]): readonly string[] {
  return results.flatMap(({ scenario, checks }) => {
    const broken = checks.filter(({ holds }) => !holds)
    if (checks.length === 0) return [`counted  ${scenario.id}: it has no budget`]
    // Where nothing is allowed and nothing was counted there is nothing to say.
    const told = checks.filter(({ limit }) => limit > 0)
    if (broken.length === 0) return [`holds    ${scenario.id}: ${told.map(checkText).join(', ')}`]
    return broken.map(({ property, actual, limit }) => {
      return `BROKEN   ${scenario.id}: ${property} ${numberText(actual)}, at most ${numberText(limit)}`
    })
  })
}

function checkText({ property, limit, actual }: Check): string {
  return `${property} ${numberText(actual)} ≤ ${numberText(limit)}`
}

export function money(usd: number): string {
  return usd.toFixed(2)
}

/** At most three digits behind the point, and none that say nothing. */
export function numberText(value: number): string {
  return String(Number(value.toFixed(3)))
}
