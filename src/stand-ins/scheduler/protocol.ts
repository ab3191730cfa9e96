// Scheduler speaks REST with JSON: the operation is in method and path, names are in the path, errors have their type in a header.

import type { Protocol } from '../request-handler.ts'
import { schedulerError } from './errors.ts'

const operations: Readonly<Record<string, string>> = {
  'POST schedules': 'CreateSchedule',
  'GET schedules': 'GetSchedule',
  'PUT schedules': 'UpdateSchedule',
  'DELETE schedules': 'DeleteSchedule',
  'POST schedule-groups': 'CreateScheduleGroup',
  'GET schedule-groups': 'GetScheduleGroup',
  'DELETE schedule-groups': 'DeleteScheduleGroup',
}

const lists: Readonly<Record<string, string>> = {
  schedules: 'ListSchedules',
  'schedule-groups': 'ListScheduleGroups',
}

/** Names in the query that differ from those of the input. */
const queryNames: Readonly<Record<string, string>> = {
  groupName: 'GroupName',
  clientToken: 'ClientToken',
  ScheduleGroup: 'GroupName',
}

export const schedulerProtocol: Protocol = {
  parse({ method, path, query, body }) {
    const [, kind = '', name] = path.split('/')
    const operation = name === undefined ? lists[kind] : operations[`${method} ${kind}`]
    const fromQuery = Object.entries(query).map(([key, value]) => [queryNames[key] ?? key, value])
    const input = {
      ...(JSON.parse(body || '{}') as object),
      ...(Object.fromEntries(fromQuery) as object),
      ...(name !== undefined && { Name: decodeURIComponent(name) }),
    }
    return { service: 'scheduler', operation: operation ?? `${method} ${path}`, input }
  },

  answer: (_, output) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(output ?? {}),
  }),

  refuse: ({ code, message, status }) => ({
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ Message: message }),
  }),

  throttling: schedulerError('ThrottlingException', 'Rate exceeded'),
}
