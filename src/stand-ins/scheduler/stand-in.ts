// EventBridge Scheduler in this process, for the real SDK client: one-time schedules that send to the queues of an SQS stand-in.

import type { Clock } from '../../runtime/ports.ts'
import { type ClientConfig, createClientConfig, type Operations } from '../request-handler.ts'
import { notImplemented } from '../service-error.ts'
import type { SqsStandIn } from '../sqs/stand-in.ts'
import type { ScheduleInput } from './check-schedule.ts'
import { invalidInput } from './errors.ts'
import type { SchedulerFaults } from './faults.ts'
import { type Group, Groups } from './groups.ts'
import { schedulerProtocol } from './protocol.ts'
import { type Schedule, Schedules } from './schedules.ts'

export interface SchedulerStandInOptions {
  readonly clock: Clock
  /** Where the targets are. */
  readonly sqs: SqsStandIn
  /** Default: none. It may be changed while the stand-in runs. */
  readonly faults?: SchedulerFaults
}

export interface SchedulerStandIn {
  /** For `new SchedulerClient(…)`; any number of clients may share it. */
  readonly clientConfig: ClientConfig
  /** The schedules that exist now. */
  readonly schedules: readonly Schedule[]
}

interface NameInput {
  readonly Name?: string
  readonly GroupName?: string
}

interface ListInput {
  readonly GroupName?: string
  readonly NamePrefix?: string
  readonly MaxResults?: string
  readonly NextToken?: string
}

export function createSchedulerStandIn(options: SchedulerStandInOptions): SchedulerStandIn {
  const { clock, sqs, faults = {} } = options
  const groups = new Groups(clock)
  const schedules = new Schedules({ clock, sqs, faults, groups })
  const operations = {
    ...scheduleOperations(schedules, groups),
    ...groupOperations(schedules, groups, `arn:aws:scheduler:${sqs.region}:${sqs.accountId}`),
  }
  return {
    clientConfig: createClientConfig(sqs.region, schedulerProtocol, operations, faults),
    get schedules() {
      return schedules.list()
    },
  }
}

function scheduleOperations(schedules: Schedules, groups: Groups): Operations {
  return {
    CreateSchedule: (input: ScheduleInput) => ({ ScheduleArn: schedules.create(input).arn }),
    GetSchedule: ({ Name = '', GroupName }: NameInput) => describe(schedules.get(Name, GroupName)),
    UpdateSchedule() {
      throw notImplemented('UpdateSchedule')
    },
    DeleteSchedule: ({ Name = '', GroupName }: NameInput) => schedules.delete(schedules.get(Name, GroupName)),
    ListSchedules({ GroupName, NamePrefix, ...page }: ListInput) {
      if (GroupName !== undefined) groups.get(GroupName)
      const found = schedules.list(GroupName, NamePrefix).map((schedule) => {
        const { Arn, Name, GroupName: group, State, CreationDate, LastModificationDate } = describe(schedule)
        const target = { Arn: schedule.input.Target?.Arn }
        return { Arn, Name, GroupName: group, State, CreationDate, LastModificationDate, Target: target }
      })
      return paginate('Schedules', found, page)
    },
  }
}

function groupOperations(schedules: Schedules, groups: Groups, arnStem: string): Operations {
  const toArn = ({ name }: Group): string => `${arnStem}:schedule-group/${name}`
  const describeGroup = (group: Group) => ({
    Arn: toArn(group),
    Name: group.name,
    State: 'ACTIVE',
    CreationDate: group.createdAt / 1000,
    LastModificationDate: group.createdAt / 1000,
  })
  return {
    CreateScheduleGroup: ({ Name = '' }: NameInput) => ({ ScheduleGroupArn: toArn(groups.create(Name)) }),
    GetScheduleGroup: ({ Name = '' }: NameInput) => describeGroup(groups.get(Name)),
    /** With all its schedules. */
    DeleteScheduleGroup({ Name = '' }: NameInput) {
      groups.delete(Name)
      for (const schedule of schedules.list(Name)) schedules.delete(schedule)
    },
    ListScheduleGroups: ({ NamePrefix, ...page }: ListInput) =>
      paginate('ScheduleGroups', groups.list(NamePrefix).map(describeGroup), page),
  }
}

function describe({ arn, name, groupName, createdAt, input }: Schedule) {
  return {
    Arn: arn,
    GroupName: groupName,
    Name: name,
    ScheduleExpression: input.ScheduleExpression,
    ScheduleExpressionTimezone: input.ScheduleExpressionTimezone ?? 'UTC',
    State: input.State ?? 'ENABLED',
    Description: input.Description,
    CreationDate: createdAt / 1000,
    LastModificationDate: createdAt / 1000,
    Target: {
      ...input.Target,
      RetryPolicy: {
        MaximumEventAgeInSeconds: 86_400,
        MaximumRetryAttempts: 185,
        ...input.Target?.RetryPolicy,
      },
    },
    FlexibleTimeWindow: input.FlexibleTimeWindow,
    ActionAfterCompletion: input.ActionAfterCompletion ?? 'NONE',
  }
}

/** The token is the place of the next item. */
function paginate(
  name: string,
  items: readonly object[],
  { MaxResults: most = '100', NextToken: token = '0' }: ListInput,
) {
  const size = Number(most)
  if (!Number.isInteger(size) || size < 1 || size > 100)
    throw invalidInput('MaxResults must be between 1 and 100')
  if (!/^\d+$/.test(token)) throw invalidInput('NextToken is not valid.')
  const end = Number(token) + size
  return { [name]: items.slice(Number(token), end), ...(end < items.length && { NextToken: String(end) }) }
}
