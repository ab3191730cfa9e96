// Who may do what. A new permission is a new line here, and needs a reason.

import { beforeAll, expect, test } from 'vitest'
import type { Template } from '../../scripts/bundle/template.ts'
import { referencesIn } from '../../scripts/stack/resources.ts'
import { packagedService } from './packaged.ts'
import { permissionsIn, trustIn } from './permissions.ts'

let template: Template

beforeAll(async () => {
  ;({ template } = await packagedService())
})

/** What each function does to what. */
const log = ['logs:CreateLogStream', 'logs:PutLogEvents']
const receive = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']
const engine = {
  Table: [
    'dynamodb:BatchGetItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
  ],
  'ScheduleGroup/*': ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
  ScheduleRole: ['iam:PassRole'],
}

const allowed: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  // Takes turns; the wait of a message that it gives back it shortens.
  Orchestrator: {
    ...engine,
    OrchestratorLogGroup: log,
    WorkflowQueue: ['sqs:ChangeMessageVisibility', ...receive, 'sqs:SendMessage'],
    ActivityQueue: ['sqs:SendMessage'],
  },
  // Runs activities and takes the turn that follows.
  Activity: {
    ...engine,
    ActivityLogGroup: log,
    ActivityQueue: ['sqs:ChangeMessageVisibility', ...receive, 'sqs:SendMessage'],
    WorkflowQueue: ['sqs:SendMessage'],
  },
  // Fails dead activities, which is a turn too.
  DeadLetter: {
    ...engine,
    DeadLetterLogGroup: log,
    WorkflowDeadLetterQueue: receive,
    ActivityDeadLetterQueue: receive,
    ActivityQueue: ['sqs:SendMessage'],
    WorkflowQueue: ['sqs:SendMessage'],
  },
  // Reads everything, writes nothing, rings.
  Sweeper: {
    SweeperLogGroup: log,
    Table: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
    'Table/index/list': ['dynamodb:Query'],
    WorkflowQueue: ['sqs:SendMessage'],
  },
  // Takes facts, shows rows and lists of them, purges, and starts at a later time.
  Api: {
    ApiLogGroup: log,
    Table: engine.Table,
    'Table/index/list': ['dynamodb:Query'],
    WorkflowQueue: ['sqs:SendMessage'],
    'ScheduleGroup/*': ['scheduler:CreateSchedule'],
    ScheduleRole: ['iam:PassRole'],
  },
  // Takes facts.
  Approvals: {
    ApprovalsLogGroup: log,
    Table: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    WorkflowQueue: ['sqs:SendMessage'],
    // What it could not deal with: SNS has no queue of its own to keep it in.
    ListenerDeadLetterQueue: ['sqs:SendMessage'],
  },
  Orders: {
    OrdersLogGroup: log,
    Table: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    OrdersQueue: receive,
    WorkflowQueue: ['sqs:SendMessage'],
  },
  // Scheduler itself: fires timers, and leaves what it cannot deliver where dead letters are dealt with.
  Schedule: {
    WorkflowQueue: ['sqs:SendMessage'],
    WorkflowDeadLetterQueue: ['sqs:SendMessage'],
  },
}

test('every role may do what it is for, and nothing else', () => {
  const expected = Object.entries(allowed).flatMap(([who, resources]) =>
    Object.entries(resources).flatMap(([resource, actions]) =>
      actions.map((action) => `${who} ${action} ${resource}`),
    ),
  )
  const actual = permissionsIn(template).map(({ who, action, resource }) => `${who} ${action} ${resource}`)
  expect(actual.toSorted()).toEqual(expected.toSorted())
})

test('no permission is about everything, and none is a pattern of actions', () => {
  const broad = permissionsIn(template).filter(
    ({ action, resource }) => action.includes('*') || resource === '*' || resource.startsWith('arn:'),
  )
  expect(broad).toEqual([])
})

test('a role is handed to Scheduler alone', () => {
  const passed = permissionsIn(template).filter(({ action }) => action === 'iam:PassRole')
  expect(passed.length).toBeGreaterThan(0)
  for (const { condition } of passed) {
    expect(condition).toEqual({ StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } })
  }
})

test('roles of functions are for functions, and that of Scheduler for the schedules of this stack', () => {
  const { Schedule: schedule, ...functions } = trustIn(template)
  const trusted = (service: string, more: object = {}) => [
    { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', ...more },
  ]
  for (const trust of Object.values(functions)) expect(trust).toEqual(trusted('lambda.amazonaws.com'))
  const Condition = {
    StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['ScheduleGroup', 'Arn'] } },
  }
  expect(schedule).toEqual(trusted('scheduler.amazonaws.com', { Condition }))
})

test('nobody but the services that must may call a function, each for one resource', () => {
  const callers = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Permission')
    .map(({ Properties = {} }) => {
      const { FunctionName, Principal, SourceArn } = Properties
      return `${String(Principal)} → ${referencesIn(FunctionName).join()} for ${referencesIn(SourceArn).at(-1)}`
    })
  expect(callers.toSorted()).toEqual([
    'apigateway.amazonaws.com → ApiLambdaFunction for HttpApi',
    'events.amazonaws.com → SweeperLambdaFunction for SweeperEventsRuleSchedule1',
    'sns.amazonaws.com → ApprovalsLambdaFunction for ApprovalsTopic',
  ])
})

test('a queue takes messages of a service only from the resource that sends them', () => {
  const policies = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::SQS::QueuePolicy')
    .map(({ Properties = {} }) => Properties['PolicyDocument'])
  expect(policies).toEqual([
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'sns.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: { 'Fn::GetAtt': ['ListenerDeadLetterQueue', 'Arn'] },
          Condition: { ArnEquals: { 'aws:SourceArn': { Ref: 'ApprovalsTopic' } } },
        },
      ],
    },
  ])
})
