// What calls the functions by itself: event source mappings of queues, subscriptions of topics, and rules with a rate.

import { pollQueue } from '../../src/stand-ins/index.ts'
import { concurrencyOf, type Connecting, pollingFor, refuse, type Source } from './connecting.ts'
import { resolveNames } from './names.ts'
import { part, type Properties } from './resources.ts'
import { connectRule } from './rules.ts'
import { connectTopic } from './subscriptions.ts'

/** Of what calls functions on AWS, too. */
const unknownTypes = ['AWS::Scheduler::Schedule', 'AWS::Lambda::Url']

/** Nothing polls when it throws. */
export async function connectSources(stack: Connecting): Promise<readonly Source[]> {
  const { resources, logger } = stack
  for (const type of unknownTypes) {
    for (const [name] of resources.ofType(type)) logger.warn(`${name} is not played here: ${type}`)
  }
  const outcomes = await Promise.allSettled([
    ...resources
      .ofType('AWS::Lambda::EventSourceMapping')
      .filter(([, { Enabled: isEnabled }]) => isEnabled !== false)
      .map(async ([, each]) => connectQueue(stack, each)),
    ...resources
      .ofType('AWS::SNS::Subscription')
      .map(async ([name, each]) => connectTopic(stack, name, each)),
    ...resources
      .ofType('AWS::Events::Rule')
      .filter(([, { State: state }]) => state !== 'DISABLED')
      .map(async ([name, each]) => connectRule(stack, name, each)),
  ])
  const sources = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failure = outcomes.find((each) => each.status === 'rejected')
  if (!failure) return sources
  await Promise.all(sources.map(async (each) => each.stop()))
  throw failure.reason
}

interface Mapping {
  readonly BatchSize?: number
  readonly MaximumBatchingWindowInSeconds?: number
  readonly FunctionResponseTypes?: readonly string[]
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number }
}

async function connectQueue(stack: Connecting, properties: Properties): Promise<Source> {
  refuse(properties, ['FilterCriteria'])
  const target = stack.functionOf(properties['FunctionName'])
  const mapping = properties as Mapping
  const arn = resolveNames(part<string>(properties, 'EventSourceArn'), stack.names)
  return pollQueue({
    ...(await pollingFor(stack, arn, target)),
    handler: async (event) => target.invoke(event),
    maximumConcurrency: concurrencyOf(target, mapping.ScalingConfig?.MaximumConcurrency),
    reportBatchItemFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    batchSize: mapping.BatchSize ?? 10,
    batchWindowSeconds: mapping.MaximumBatchingWindowInSeconds ?? 0,
  })
}
