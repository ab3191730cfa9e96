// The settings on which the protocol, its users' data and their bill rest.

import { beforeAll, describe, expect, test } from 'vitest'
import { part, referencesIn, Resources } from '../../scripts/stack/resources.ts'
import { createTableInput, ttlAttribute } from '../../src/aws/dynamodb/index.ts'
import { type Environment, readSettings } from '../../src/aws/lambda/settings.ts'
import { packagedService } from './packaged.ts'

let resources: Resources

beforeAll(async () => {
  resources = new Resources((await packagedService()).template)
})

describe('the table', () => {
  test('is the one that the adapter is tested with', () => {
    const { TableName: _, ...schema } = createTableInput('any')
    expect(resources.properties('Table')).toMatchObject(schema)
    expect(resources.properties('Table')).toMatchObject({
      TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true },
    })
  })

  test('is encrypted, can be restored to any second, and outlives the stack', () => {
    expect(resources.all['Table']).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    })
  })

  test('has no name of its own, so that it can be replaced', () => {
    expect(resources.properties('Table')).not.toHaveProperty('TableName')
  })
})

describe('queues and functions', () => {
  /** Function and queue of every event source mapping. */
  const mappings = () =>
    resources.ofType('AWS::Lambda::EventSourceMapping').map(([, mapping]) => {
      const [functionName = ''] = referencesIn(mapping['FunctionName'])
      const [queueName = ''] = referencesIn(mapping['EventSourceArn'])
      const { Timeout: timeout } = resources.properties(functionName)
      return { mapping, functionName, queueName, timeout: Number(timeout) }
    })
  const seconds = (queueName: string, property: string) =>
    Number(part<number>(resources.properties(queueName), property))
  const redriveOf = (queueName: string) => {
    const redrive = part<{ deadLetterTargetArn: unknown; maxReceiveCount: number }>(
      resources.properties(queueName),
      'RedrivePolicy',
    )
    const [target = ''] = referencesIn(redrive.deadLetterTargetArn)
    return { target, maxReceiveCount: redrive.maxReceiveCount }
  }

  test('every queue that functions read has its mapping', () => {
    expect(mappings().map(({ functionName, queueName }) => [functionName, queueName])).toEqual([
      ['OrchestratorLambdaFunction', 'WorkflowQueue'],
      ['ActivityLambdaFunction', 'ActivityQueue'],
      ['DeadLetterLambdaFunction', 'WorkflowDeadLetterQueue'],
      ['DeadLetterLambdaFunction', 'ActivityDeadLetterQueue'],
      ['OrdersLambdaFunction', 'OrdersQueue'],
    ])
  })

  test('every mapping reports failures one by one, is bounded, and drops nothing by a filter', () => {
    for (const { mapping } of mappings()) {
      expect(mapping['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures'])
      const { MaximumConcurrency: most } = part<{ MaximumConcurrency: number }>(mapping, 'ScalingConfig')
      expect(most).toBeGreaterThanOrEqual(2)
      expect(mapping).not.toHaveProperty('FilterCriteria')
      expect(mapping['BatchSize']).toBeLessThanOrEqual(10)
    }
  })

  test('a message stays invisible for at least six times as long as its function may run', () => {
    for (const { queueName, timeout } of mappings()) {
      expect(seconds(queueName, 'VisibilityTimeout')).toBeGreaterThanOrEqual(6 * timeout)
    }
  })

  test('dead letters are kept longer than messages, whose age they keep', () => {
    for (const queueName of ['WorkflowQueue', 'ActivityQueue', 'OrdersQueue']) {
      const { target } = redriveOf(queueName)
      const property = 'MessageRetentionPeriod'
      expect(seconds(target, property)).toBeGreaterThan(seconds(queueName, property))
      // The longest that there is.
      expect(seconds(target, property)).toBe(14 * 24 * 3600)
    }
  })

  test('the engine queues give up after ten deliveries, as the functions believe, each to a queue of its own', () => {
    expect(redriveOf('WorkflowQueue')).toEqual({ target: 'WorkflowDeadLetterQueue', maxReceiveCount: 10 })
    expect(redriveOf('ActivityQueue')).toEqual({ target: 'ActivityDeadLetterQueue', maxReceiveCount: 10 })
  })

  test('what cannot be dealt with as a dead letter ends in quarantine', () => {
    expect(redriveOf('WorkflowDeadLetterQueue').target).toBe('QuarantineQueue')
    expect(redriveOf('ActivityDeadLetterQueue').target).toBe('QuarantineQueue')
  })

  test('every queue is encrypted, has no name of its own, and is kept when it is replaced', () => {
    const queues = resources.ofType('AWS::SQS::Queue')
    expect(queues.filter(([, { SqsManagedSseEnabled }]) => SqsManagedSseEnabled !== true)).toEqual([])
    expect(queues.filter(([, { QueueName }]) => QueueName !== undefined)).toEqual([])
    expect(new Set(queues.map(([name]) => resources.all[name]?.UpdateReplacePolicy))).toEqual(
      new Set(['Retain']),
    )
  })
})

describe('functions', () => {
  const functions = () => resources.ofType('AWS::Lambda::Function')

  test('run on Node 24, on arm64, with JSON logs, and with a role of their own', () => {
    for (const [, properties] of functions()) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON' },
      })
    }
    const roles = functions().map(([, { Role }]) => referencesIn(Role)[0])
    expect(functions()).toHaveLength(7)
    expect(new Set(roles).size).toBe(7)
  })

  test('of the loop may loop; the others may not', () => {
    const allowed = functions().filter(([, { RecursiveLoop }]) => RecursiveLoop === 'Allow')
    expect(allowed.map(([name]) => name.replace('LambdaFunction', ''))).toEqual([
      'Orchestrator',
      'Activity',
      'DeadLetter',
      'Approvals',
      'Orders',
    ])
  })

  test('end before those who wait for them give up', () => {
    const timeout = (name: string) => Number(resources.properties(`${name}LambdaFunction`)['Timeout'])
    expect(timeout('Api')).toBeLessThan(30)
    expect(timeout('Orchestrator')).toBeLessThanOrEqual(60)
    expect(timeout('Sweeper')).toBeLessThan(15 * 60)
  })

  test('keep their logs for a month, in groups that the stack owns', () => {
    const groups = resources.ofType('AWS::Logs::LogGroup').map(([, properties]) => properties)
    expect(groups).toEqual(
      functions().map(([, { FunctionName }]) => ({
        LogGroupName: `/aws/lambda/${String(FunctionName)}`,
        RetentionInDays: 30,
      })),
    )
  })

  test('find all that they read in their environment, well below its limit', () => {
    for (const [name] of functions()) {
      const variables = resources.variables(name)
      expect(() => readSettings(variables as Environment)).not.toThrow()
      expect(variables).toHaveProperty('TENUTO_SCHEDULE_DEAD_LETTER_ARN')
      expect(JSON.stringify(variables).length).toBeLessThan(2_000)
    }
  })

  test('the sweeper is called as often as it believes', () => {
    const [rule] = resources.ofType('AWS::Events::Rule')
    expect(rule?.[1]).toMatchObject({ ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' })
    expect(resources.variables('SweeperLambdaFunction')['TENUTO_SWEEP_MINUTES']).toBe('15')
  })
})
