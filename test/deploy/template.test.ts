// The template of the deployment: what a live stack would be made from.

import { beforeAll, describe, expect, test } from 'vitest'
import { openFunctionUrls, openRoutes, type Resource, type Template } from '../../scripts/bundle/template.ts'
import { createTableInput, ttlAttribute } from '../../src/aws/dynamodb/schema.ts'
import { knownProperties } from './known-properties.ts'
import { packagedService } from './packaged.ts'

let template: Template
let resources: Template['Resources']

beforeAll(async () => {
  ;({ template } = await packagedService())
  resources = template.Resources
}, 60_000)

function ofType(type: string): Readonly<Record<string, Record<string, never>>> {
  return Object.fromEntries(
    Object.entries(resources)
      .filter(([, { Type }]) => Type === type)
      .map(([name, { Properties = {} }]) => [name, Properties as Record<string, never>]),
  )
}

/** Every object inside a value, the value included. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)]
}

/** Logical names that a value refers to, by Ref, GetAtt or Sub. */
function referencesIn(value: unknown): readonly string[] {
  return objectsIn(value).flatMap((each) => {
    const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = each
    const substituted =
      typeof text === 'string' ? [...text.matchAll(/\$\{([^}!]+)\}/g)].map(([, name]) => name) : []
    const names = [ref, Array.isArray(attribute) ? attribute[0] : undefined, ...substituted]
    return names.flatMap((name) => (typeof name === 'string' ? [name.split('.')[0] ?? ''] : []))
  })
}

const pseudo = ['AWS::AccountId', 'AWS::Partition', 'AWS::Region', 'AWS::StackName', 'AWS::URLSuffix']

describe('the template', () => {
  test('refers to nothing that is not in it', () => {
    const names = new Set([...Object.keys(resources), ...pseudo])
    expect(referencesIn([resources, template.Outputs]).filter((name) => !names.has(name))).toEqual([])
    const awaited = Object.values(resources).flatMap(({ DependsOn = [] }) => DependsOn)
    expect(awaited.filter((name) => !names.has(name))).toEqual([])
  })

  test('uses no function of CloudFormation but those that are checked here', () => {
    const used = objectsIn(template).flatMap((each) =>
      Object.keys(each).filter((key) => key.startsWith('Fn::')),
    )
    expect(new Set(used)).toEqual(new Set(['Fn::GetAtt', 'Fn::Sub', 'Fn::Join']))
  })

  test('has no leftovers of the variables that it was made with', () => {
    expect(JSON.stringify(template)).not.toMatch(/\$\{(?:self|opt|param|sls|file):/)
    expect(JSON.stringify(template)).not.toMatch(/"(?:undefined|null|\[object Object\])"/)
  })

  test('can be built: nothing waits for itself', () => {
    const done = new Set<string>()
    const visit = (name: string, path: readonly string[]): void => {
      if (done.has(name)) return
      expect(path, [...path, name].join(' → ')).not.toContain(name)
      const resource = resources[name]
      const next = [...referencesIn(resource?.Properties), ...[resource?.DependsOn ?? []].flat()]
      for (const each of next) if (Object.hasOwn(resources, each)) visit(each, [...path, name])
      done.add(name)
    }
    for (const name of Object.keys(resources)) visit(name, [])
    expect(done.size).toBe(Object.keys(resources).length)
  })

  test('names only properties that its types have', () => {
    const unknown = Object.entries(resources).flatMap(([name, { Type, Properties = {} }]) => {
      const known = knownProperties[Type]
      if (!known) return [`${name} is of type ${Type}, which is not in the list`]
      return Object.keys(Properties)
        .filter((property) => !known.includes(property))
        .map((property) => `${name}.${property}`)
    })
    expect(unknown).toEqual([])
  })

  test('asks only for attributes that its types have', () => {
    const attributes: Readonly<Record<string, RegExp>> = {
      'AWS::SQS::Queue': /^(?:Arn|QueueName|QueueUrl)$/,
      'AWS::DynamoDB::Table': /^(?:Arn|StreamArn)$/,
    }
    const asked = objectsIn([resources, template.Outputs]).flatMap((each) => {
      const { 'Fn::GetAtt': attribute, 'Fn::Sub': text } = each
      const substituted = typeof text === 'string' ? [...text.matchAll(/\$\{(\w+)\.(\w+)\}/g)] : []
      return [
        ...(Array.isArray(attribute) ? [attribute as [string, string]] : []),
        ...substituted.map(([, name = '', of = '']): [string, string] => [name, of]),
      ]
    })
    const wrong = asked.filter(([name, of]) => {
      const type = resources[name]?.Type ?? ''
      return !(attributes[type] ?? /^Arn$/).test(of)
    })
    expect(asked.length).toBeGreaterThan(50)
    expect(wrong).toEqual([])
  })

  test('stays below the limits of CloudFormation', () => {
    expect(Object.keys(resources).length).toBeLessThan(500)
    expect(JSON.stringify(template).length).toBeLessThan(1_000_000)
    for (const name of Object.keys(resources)) expect(name).toMatch(/^[a-zA-Z0-9]{1,255}$/)
  })
})

describe('the table', () => {
  test('is the one that the adapter is tested with', () => {
    const { Table: table } = ofType('AWS::DynamoDB::Table')
    const { TableName: _, ...schema } = createTableInput('any')
    expect(table).toMatchObject(schema)
    expect(table).toMatchObject({ TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true } })
  })

  test('is encrypted, can be restored to any second, and outlives the stack', () => {
    expect(resources['Table']).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    })
  })

  test('has no name of its own, so that it can be replaced', () => {
    expect(resources['Table']?.Properties).not.toHaveProperty('TableName')
  })
})

/** The function and the queue of every event source mapping. */
function mappings() {
  return Object.values(ofType('AWS::Lambda::EventSourceMapping')).map((mapping) => {
    const nameOf = (value: unknown) => referencesIn(value)[0] ?? ''
    const functionName = nameOf(mapping['FunctionName'])
    const queueName = nameOf(mapping['EventSourceArn'])
    const properties = (name: string) => (resources[name]?.Properties ?? {}) as Record<string, never>
    return { mapping, functionName, queueName, code: properties(functionName), queue: properties(queueName) }
  })
}

describe('queues and functions', () => {
  test('every queue of ours that functions read has a mapping', () => {
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
      expect(
        (mapping['ScalingConfig'] as { MaximumConcurrency: number }).MaximumConcurrency,
      ).toBeGreaterThanOrEqual(2)
      expect(mapping).not.toHaveProperty('FilterCriteria')
      expect(mapping['BatchSize']).toBeLessThanOrEqual(10)
    }
  })

  test('a message stays invisible for at least six times as long as its function may run', () => {
    for (const { queueName, queue, code } of mappings()) {
      expect(queue['VisibilityTimeout'], queueName).toBeGreaterThanOrEqual(6 * Number(code['Timeout']))
    }
  })

  test('every queue is encrypted, and every one that is read hands its dead letters to one that keeps them longer', () => {
    for (const [name, queue] of Object.entries(ofType('AWS::SQS::Queue'))) {
      expect(queue['SqsManagedSseEnabled'], name).toBe(true)
      expect(queue, name).not.toHaveProperty('QueueName')
    }
    for (const { queueName, queue } of mappings()) {
      const redrive = queue['RedrivePolicy'] as { maxReceiveCount: number; deadLetterTargetArn: unknown }
      const [target = ''] = referencesIn(redrive.deadLetterTargetArn)
      const retention = (each: string) => Number(resources[each]?.Properties?.['MessageRetentionPeriod'])
      const isLast = target === 'QuarantineQueue'
      if (isLast) expect(retention(target)).toBe(retention(queueName))
      else expect(retention(target), target).toBeGreaterThan(retention(queueName))
    }
  })

  test('the engine queues give up after ten deliveries, as the functions believe', () => {
    for (const name of ['WorkflowQueue', 'ActivityQueue']) {
      expect(resources[name]?.Properties?.['RedrivePolicy']).toMatchObject({ maxReceiveCount: 10 })
    }
  })

  test('a queue that is replaced is kept', () => {
    for (const [name, { Type, UpdateReplacePolicy }] of Object.entries(resources)) {
      if (Type === 'AWS::SQS::Queue') expect(UpdateReplacePolicy, name).toBe('Retain')
    }
  })
})

describe('functions', () => {
  const functions = () => Object.entries(ofType('AWS::Lambda::Function'))

  test('run on Node 24, on arm64, with JSON logs, and with a role of their own', () => {
    const roles = functions().map(([name, code]) => {
      expect(code, name).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON' },
      })
      return referencesIn(code['Role'])[0]
    })
    expect(functions()).toHaveLength(7)
    expect(new Set(roles).size).toBe(roles.length)
  })

  test('of the loop may loop; the others may not', () => {
    const allowed = functions().filter(([, code]) => code['RecursiveLoop'] === 'Allow')
    expect(allowed.map(([name]) => name.replace('LambdaFunction', ''))).toEqual([
      'Orchestrator',
      'Activity',
      'DeadLetter',
      'Approvals',
      'Orders',
    ])
  })

  test('end before those who wait for them give up', () => {
    const timeouts = Object.fromEntries(functions().map(([name, code]) => [name, Number(code['Timeout'])]))
    expect(timeouts['ApiLambdaFunction']).toBeLessThan(30)
    expect(timeouts['OrchestratorLambdaFunction']).toBeLessThanOrEqual(60)
    expect(timeouts['SweeperLambdaFunction']).toBeLessThan(900)
  })

  test('keep their logs for a month, in groups that the stack owns', () => {
    const groups = Object.values(ofType('AWS::Logs::LogGroup')).map(({ LogGroupName, RetentionInDays }) => [
      LogGroupName,
      RetentionInDays,
    ])
    expect(groups).toEqual(
      functions().map(([, { FunctionName }]) => [`/aws/lambda/${String(FunctionName)}`, 30]),
    )
  })

  test('have all of the environment that they read, well below its limit', () => {
    for (const [name, code] of functions()) {
      const { Variables: variables } = code['Environment'] as { Variables: Record<string, unknown> }
      expect(Object.keys(variables), name).toEqual(
        expect.arrayContaining([
          'TENUTO_SERVICE',
          'TENUTO_TABLE_NAME',
          'TENUTO_WORKFLOW_QUEUE_URL',
          'TENUTO_WORKFLOW_QUEUE_ARN',
          'TENUTO_ACTIVITY_QUEUE_URL',
          'TENUTO_SCHEDULE_GROUP',
          'TENUTO_SCHEDULE_ROLE_ARN',
          'TENUTO_SCHEDULE_DEAD_LETTER_ARN',
        ]),
      )
      expect(JSON.stringify(variables).length).toBeLessThan(2_000)
    }
  })

  test('the sweeper is called as often as it believes', () => {
    const [rule] = Object.values(ofType('AWS::Events::Rule'))
    const { Environment } = resources['SweeperLambdaFunction']?.Properties as {
      Environment: { Variables: Record<string, unknown> }
    }
    expect(rule).toMatchObject({ ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' })
    expect(Environment.Variables['TENUTO_SWEEP_MINUTES']).toBe('15')
  })
})

describe('the API', () => {
  test('is on the stage $default, has one route, and takes only so much', () => {
    const [stage] = Object.values(ofType('AWS::ApiGatewayV2::Stage'))
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    })
    const routes = Object.values(ofType('AWS::ApiGatewayV2::Route'))
    expect(routes.map(({ RouteKey }) => RouteKey)).toEqual(['$default'])
    const [integration] = Object.values(ofType('AWS::ApiGatewayV2::Integration'))
    expect(integration).toMatchObject({ PayloadFormatVersion: '2.0' })
  })

  test('wants signed requests unless said otherwise', () => {
    const routes = Object.values(ofType('AWS::ApiGatewayV2::Route'))
    expect(routes.map(({ AuthorizationType }) => AuthorizationType)).toEqual(['AWS_IAM'])
    expect([...openRoutes(template), ...openFunctionUrls(template)]).toEqual([])
  })

  test('wants tokens when it is told of an issuer', async () => {
    const options = [
      '--param=auth=jwt',
      '--param=jwtIssuer=https://issuer.example',
      '--param=jwtAudience=tenuto',
    ]
    const jwt = await packagedService(...options)
    const routes = Object.values(jwt.template.Resources).filter(
      ({ Type }) => Type === 'AWS::ApiGatewayV2::Route',
    )
    expect(routes.map(({ Properties }) => Properties?.['AuthorizationType'])).toEqual(['JWT'])
    const [authorizer] = Object.values(jwt.template.Resources).filter(
      ({ Type }) => Type === 'AWS::ApiGatewayV2::Authorizer',
    )
    expect(authorizer?.Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example', Audience: ['tenuto'] },
    })
    expect(openRoutes(jwt.template)).toEqual([])
  }, 60_000)

  test.each([
    ['without the issuer of its tokens', ['--param=auth=jwt', '--param=jwtAudience=tenuto']],
    ['with an authorizer that there is none of', ['--param=auth=none']],
  ])(
    'is not packaged %s',
    async (_, options) => {
      await expect(packagedService(...options)).rejects.toThrow(/osls/)
    },
    60_000,
  )

  test('a door that is open is seen', () => {
    const route = (properties: Resource['Properties']) => ({
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: properties,
    })
    const open: Template = {
      Outputs: {},
      Resources: {
        a: route({ RouteKey: 'GET /a' }),
        b: route({ RouteKey: 'GET /b', AuthorizationType: 'NONE' }),
        c: route({ RouteKey: 'GET /c', AuthorizationType: 'JWT' }),
        d: { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'NONE' } },
        e: { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'AWS_IAM' } },
      },
    }
    expect([...openRoutes(open), ...openFunctionUrls(open)]).toEqual(['GET /a', 'GET /b', 'd'])
  })
})

describe('alarms and dashboard', () => {
  const metricsOf = (alarm: Record<string, unknown>) =>
    objectsIn(alarm).flatMap(({ Namespace, MetricName }) =>
      typeof MetricName === 'string' ? [`${String(Namespace)} ${MetricName}`] : [],
    )

  test('every alarm tells the topic, and says what it means', () => {
    for (const [name, alarm] of Object.entries(ofType('AWS::CloudWatch::Alarm'))) {
      expect(alarm['AlarmActions'], name).toEqual([{ Ref: 'AlarmTopic' }])
      expect(String(alarm['AlarmDescription']).length, name).toBeGreaterThan(20)
      expect(alarm['TreatMissingData'], name).toBeDefined()
    }
  })

  test('there is one for each thing that needs a person', () => {
    const watched = new Set(Object.values(ofType('AWS::CloudWatch::Alarm')).flatMap(metricsOf))
    expect(watched).toEqual(
      new Set([
        'Tenuto DeadLetters',
        'Tenuto StalledInstances',
        'AWS/SQS ApproximateNumberOfMessagesVisible',
        'AWS/SQS ApproximateAgeOfOldestMessage',
        'AWS/SQS NumberOfMessagesSent',
        'AWS/Lambda Errors',
        'AWS/Lambda RecursiveInvocationsDropped',
        'AWS/ApiGateway 5xx',
      ]),
    )
  })

  test('our own metrics have the dimension that the functions give them', () => {
    const alarms = Object.values(ofType('AWS::CloudWatch::Alarm')).filter(
      ({ Namespace }) => Namespace === 'Tenuto',
    )
    const service = resources['ApiLambdaFunction']?.Properties?.['Environment'] as {
      Variables: Record<string, unknown>
    }
    for (const { Dimensions } of alarms) {
      expect(Dimensions).toEqual([{ Name: 'service', Value: service.Variables['TENUTO_SERVICE'] }])
    }
    expect(alarms).toHaveLength(2)
  })

  test('the dashboard is JSON, its widgets do not overlap, and each shows something', () => {
    const [dashboard] = Object.values(ofType('AWS::CloudWatch::Dashboard'))
    const { 'Fn::Sub': text } = dashboard?.['DashboardBody'] as { 'Fn::Sub': string }
    const { widgets } = JSON.parse(text.replaceAll(/\$\{[^}]+\}/g, 'x')) as {
      widgets: { x: number; y: number; width: number; height: number; properties: { metrics: unknown[][] } }[]
    }
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { x, width, properties } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24)
      expect(properties.metrics.length).toBeGreaterThan(0)
      for (const metric of properties.metrics)
        expect(metric.filter((part) => typeof part === 'string')).toHaveLength(4)
    }
  })
})
