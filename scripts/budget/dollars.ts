// Counts times prices.

import { type Priced, prices } from '../bundle/prices.ts'
import type { Counts } from './counts.ts'

/** What a step is paid for. */
export const services = ['SQS', 'writes', 'reads', 'Lambda', 'Scheduler', 'API Gateway'] as const

type Service = (typeof services)[number]

export type Dollars = Readonly<Record<Service, number>>

const billed: Readonly<Partial<Record<keyof Counts, readonly [Service, Priced]>>> = {
  sqsRequests: ['SQS', 'sqsRequest'],
  writeUnits: ['writes', 'dynamoWriteUnit'],
  readUnits: ['reads', 'dynamoReadUnit'],
  invocations: ['Lambda', 'lambdaRequest'],
  gbSeconds: ['Lambda', 'lambdaGbSecond'],
  schedulerInvocations: ['Scheduler', 'schedulerInvocation'],
  apiRequests: ['API Gateway', 'httpApiRequest'],
}

/** At list price: what an account has free each month is not taken off. */
export function dollarsOf(counts: Counts): Dollars {
  const dollars = Object.fromEntries(services.map((service) => [service, 0])) as Record<Service, number>
  for (const [name, [service, priced]] of Object.entries(billed)) {
    dollars[service] += counts[name as keyof Counts] * prices[priced].usd
  }
  return dollars
}

export function totalOf(dollars: Dollars): number {
  return Object.values(dollars).reduce((sum, each) => sum + each, 0)
}

/** For a month. */
export function storageOf(bytes: number): number {
  return (bytes / 1e9) * prices.dynamoGbMonth.usd
}
