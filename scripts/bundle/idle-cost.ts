// What a deployed stack costs in a month in which nothing is done with it: what its template holds, times how often AWS asks or is asked.

import { listShards } from '../../src/aws/dynamodb/schema.ts'
import { quietSweeps } from '../../src/runtime/sweeper.ts'
import { type Priced, prices } from './prices.ts'
import type { Resource, Template } from './template.ts'

export interface CostLine {
  readonly what: string
  readonly amount: number
  readonly price: Priced
  readonly usd: number
  /** As long as nothing else in the account uses up what is free. */
  readonly usdAfterFree: number
}

const minutesOfMonth = 30 * 24 * 60
/** A mapping with a maximum concurrency never has fewer; each asks its queue for 20 seconds at a time. */
const pollers = 5
const pollsPerMinute = 3
/** How long one call of the sweeper takes, and what it writes to the log. */
const sweepSeconds = 0.5
const sweepLogBytes = 400
/** Statuses that a sweep lists, and the one that it counts. */
const listedStatuses = 4 + 1
/** The zips of the five newest deploys, which osls keeps. */
const deployedGb = 5 * 0.002

export function idleCost(template: Template): readonly CostLine[] {
  const all = Object.values(template.Resources)
  const ofType = (type: string) => all.filter(({ Type }) => Type === type)
  const sweeps = minutesOfMonth / sweepMinutes(ofType('AWS::Events::Rule'))
  const { MemorySize = 0 } = (template.Resources['SweeperLambdaFunction']?.Properties ?? {}) as Sized
  const polls = ofType('AWS::Lambda::EventSourceMapping').length * pollers * pollsPerMinute * minutesOfMonth
  const metrics = new Set(all.filter(isAlarm).flatMap(customMetricsOf))
  return [
    line('Lambda asks the queues for messages', polls, 'sqsRequest'),
    line('the dashboard', ofType('AWS::CloudWatch::Dashboard').length, 'dashboard'),
    line('metrics that alarms look at', all.filter(isAlarm).flatMap(metricsOf).length, 'alarmMetric'),
    line('metrics of our own', metrics.size, 'customMetric'),
    line('the sweeper is called', sweeps, 'lambdaRequest'),
    line('and runs', sweeps * sweepSeconds * (MemorySize / 1024), 'lambdaGbSecond'),
    line('and lists instances', sweeps * listedStatuses * listShards, 'dynamoReadUnit'),
    line('and writes a line', (sweeps * sweepLogBytes) / 1e9, 'logGb'),
    line('the table asks for its key', sweeps, 'kmsRequest'),
    line('the zips of the last deploys', deployedGb, 's3GbMonth'),
  ]
}

/** Bytes of an instance in the index, and instances that are counted. */
const listedBytes = 400
export const waitingInstances = 100_000

/** What it costs a month that so many instances wait for days: sweeps list all of them, and read some. */
export function waitingCost(template: Template): number {
  const rules = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Events::Rule')
  const sweeps = minutesOfMonth / sweepMinutes(rules)
  const listUnits = (waitingInstances * listedBytes) / 4096 / 2
  const readUnits = waitingInstances / quietSweeps
  return sweeps * (listUnits + readUnits) * prices.dynamoReadUnit.usd
}

export function totalOf(lines: readonly CostLine[], of: 'usd' | 'usdAfterFree'): number {
  return lines.reduce((sum, each) => sum + each[of], 0)
}

interface Sized {
  readonly MemorySize?: number
}

interface Alarm {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Metrics?: readonly { readonly MetricStat?: unknown }[]
}

function line(what: string, amount: number, price: Priced): CostLine {
  const { usd, free } = prices[price]
  return { what, amount, price, usd: amount * usd, usdAfterFree: Math.max(0, amount - free) * usd }
}

function isAlarm({ Type }: Resource): boolean {
  return Type === 'AWS::CloudWatch::Alarm'
}

/** An alarm on an expression pays for every metric in it. */
function metricsOf({ Properties = {} }: Resource): readonly unknown[] {
  const { Metrics: metrics } = Properties as Alarm
  return metrics?.filter(({ MetricStat }) => MetricStat !== undefined) ?? [Properties]
}

function customMetricsOf({ Properties = {} }: Resource): readonly string[] {
  const { Namespace = '', MetricName = '' } = Properties as Alarm
  return Namespace !== '' && !Namespace.startsWith('AWS/') ? [MetricName] : []
}

function sweepMinutes(rules: readonly Resource[]): number {
  const minutes = rules.map(({ Properties = {} }) =>
    /rate\((\d+) minutes\)/.exec(String(Properties['ScheduleExpression'])),
  )
  return Number(minutes[0]?.[1] ?? Number.POSITIVE_INFINITY)
}
