// What a person is told of a deployment, unasked and asked.

import { beforeAll, expect, test } from 'vitest'
import { objectsIn, part, type Properties, Resources } from '../../scripts/stack/resources.ts'
import { packagedService } from './packaged.ts'

let resources: Resources

beforeAll(async () => {
  resources = new Resources((await packagedService()).template)
})

const alarms = () => resources.ofType('AWS::CloudWatch::Alarm')

test('every alarm tells the topic, says what it means, and knows what silence means', () => {
  expect(alarms().length).toBeGreaterThan(10)
  for (const [, alarm] of alarms()) {
    expect(alarm['AlarmActions']).toEqual([{ Ref: 'AlarmTopic' }])
    expect(part<string>(alarm, 'AlarmDescription').length).toBeGreaterThan(20)
    expect(alarm['TreatMissingData']).toMatch(/^(?:notB|b)reaching$/)
  }
})

test('there is one for each thing that needs a person', () => {
  const watched = alarms().flatMap(([, alarm]) =>
    objectsIn(alarm).flatMap(({ Namespace, MetricName }) =>
      typeof MetricName === 'string' ? [`${String(Namespace)} ${MetricName}`] : [],
    ),
  )
  expect(new Set(watched)).toEqual(
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

test('each is on from a number on that a person must hear of, over a time in which it is sure', () => {
  const settings = alarms().map(([name, alarm]) => {
    const threshold = Number(alarm['Threshold'])
    // One that adds up the metrics of several queues or functions names their period inside.
    const [period] = objectsIn(alarm).flatMap(({ Period }) => (Period === undefined ? [] : [Number(Period)]))
    return [name, `${String(alarm['ComparisonOperator'])} ${threshold}`, period, alarm['EvaluationPeriods']]
  })
  const atLeast = (n: number) => `GreaterThanOrEqualToThreshold ${n}`
  expect(settings.toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
    ['ActivityErrorsAlarm', atLeast(1), 300, 1],
    // Longer than any delay on a queue, which is 15 minutes, and far from the retention, which is days.
    ['ActivityQueueAgeAlarm', 'GreaterThanThreshold 1500', 300, 2],
    ['ApiErrorsAlarm', atLeast(5), 300, 1],
    ['DeadLetterErrorsAlarm', atLeast(1), 300, 1],
    ['DeadLettersAlarm', atLeast(1), 300, 1],
    ['ListenerDeadLettersAlarm', atLeast(1), 300, 1],
    ['OrchestratorErrorsAlarm', atLeast(1), 300, 1],
    ['QuarantineAlarm', atLeast(1), 300, 1],
    ['RecursionAlarm', atLeast(1), 300, 1],
    ['RunawayAlarm', 'GreaterThanThreshold 1000000', 300, 1],
    ['StalledInstancesAlarm', atLeast(1), 1800, 1],
    ['SweeperErrorsAlarm', atLeast(1), 300, 2],
    ['WorkflowQueueAgeAlarm', 'GreaterThanThreshold 1500', 300, 2],
  ])
})

test('our own metrics have the dimension that the functions give them', () => {
  const service = resources.variables('SweeperLambdaFunction')['TENUTO_SERVICE']
  const own = alarms().filter(([, { Namespace }]) => Namespace === 'Tenuto')
  const dimensions = own.map(([, { Dimensions }]) => Dimensions)
  expect(dimensions).toEqual([[{ Name: 'service', Value: service }], [{ Name: 'service', Value: service }]])
})

interface Widget {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly properties: { readonly metrics: readonly (readonly unknown[])[] }
}

function widgets(): readonly Widget[] {
  const { 'Fn::Sub': text } = part<{ 'Fn::Sub': string }>(resources.properties('Dashboard'), 'DashboardBody')
  return (JSON.parse(text.replaceAll(/\$\{[^}]+\}/g, 'x')) as { readonly widgets: readonly Widget[] }).widgets
}

test('the widgets of the dashboard fit and do not overlap', () => {
  const cells = widgets().flatMap(({ x, y, width, height }) =>
    Array.from({ length: width * height }, (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(Math.max(...widgets().map(({ x, width }) => x + width))).toBeLessThanOrEqual(24)
})

test('every metric of the dashboard has a namespace, a name and one dimension', () => {
  const metrics = widgets().flatMap(({ properties }) => properties.metrics)
  expect(metrics.length).toBeGreaterThan(20)
  for (const metric of metrics) expect(metric.filter((each) => typeof each === 'string')).toHaveLength(4)
})

test('the dashboard costs nothing in an account that has no other: at most fifty metrics', () => {
  const metrics: readonly Properties[] = widgets().flatMap(({ properties }) => properties.metrics as never)
  expect(metrics.length).toBeLessThanOrEqual(50)
})
