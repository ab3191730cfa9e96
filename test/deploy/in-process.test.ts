// What the stack in one process takes for granted about the deployment.

import { beforeAll, expect, test } from 'vitest'
import { deployedMappings, deployedQueues, functionTimeouts } from '../../scripts/stack/deployed-settings.ts'
import { part, type Properties, referencesIn, Resources } from '../../scripts/stack/resources.ts'
import { packagedService } from './packaged.ts'

let resources: Resources

beforeAll(async () => {
  resources = new Resources((await packagedService()).template)
})

const logicalName = (functionName: string): string =>
  `${functionName.charAt(0).toUpperCase()}${functionName.slice(1)}LambdaFunction`

test.each(Object.entries(functionTimeouts))('%s ends after %i seconds', (name, seconds) => {
  expect(part(resources.properties(logicalName(name)), 'Timeout')).toBe(seconds)
})

test.each(Object.entries(deployedQueues))('%s', (name, settings) => {
  const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = resources.properties(name)
  const redrive = (RedrivePolicy ?? {}) as Properties
  const [to] = referencesIn(redrive)
  expect(settings).toEqual({
    retentionSeconds: MessageRetentionPeriod,
    ...(VisibilityTimeout !== undefined && { visibilitySeconds: VisibilityTimeout }),
    ...(to !== undefined && { redrive: { to, maxReceiveCount: redrive['maxReceiveCount'] } }),
  })
})

test('each function that is here listens to its queues, and to no other', () => {
  const all = resources.ofType('AWS::Lambda::EventSourceMapping').map(([, mapping]) => ({
    queue: referencesIn(mapping['EventSourceArn'])[0],
    functionName: referencesIn(mapping['FunctionName'])[0],
    batchSize: mapping['BatchSize'],
    windowSeconds: mapping['MaximumBatchingWindowInSeconds'] ?? 0,
    maximumConcurrency: part<Properties>(mapping, 'ScalingConfig')['MaximumConcurrency'],
  }))
  const here = deployedMappings.map((mapping) => ({
    ...mapping,
    functionName: logicalName(mapping.functionName),
  }))
  const names = new Set(Object.keys(functionTimeouts).map(logicalName))
  const theirs = all.filter(({ functionName = '' }) => names.has(functionName))
  expect(theirs).toHaveLength(here.length)
  expect(theirs).toEqual(expect.arrayContaining(here))
})
