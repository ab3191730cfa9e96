// Requests to AWS in the words of a policy.

import type { Service, WireRequest } from '../../scripts/stack/wire.ts'

export interface Deed {
  /** The key that the request is signed with: here, the name of the function. */
  readonly who: string
  readonly action: string
  /** As `permissionsIn` names it; queues and the table have the logical names of the template. */
  readonly resource: string
}

interface DynamoInput {
  readonly TableName?: string
  readonly RequestItems?: object
  readonly IndexName?: string
}

/** @param stackName which the names of all resources begin with */
export function deedsOf(request: WireRequest, service: Service, stackName: string): readonly Deed[] {
  const { method, path, query, headers, body } = request
  const [, who = 'nobody'] = /Credential=([^/]+)\//.exec(headers['authorization'] ?? '') ?? []
  const operation = headers['x-amz-target']?.split('.')[1] ?? ''
  const logical = (name: string): string => name.replace(`${stackName}-`, '')
  if (service === 'sns') {
    const form = new URLSearchParams(body)
    const topic = form.get('TopicArn')?.split(':').at(-1) ?? ''
    return [{ who, action: `sns:${form.get('Action') ?? ''}`, resource: logical(topic) }]
  }
  const input = JSON.parse(body || '{}') as Readonly<Record<string, unknown>>
  if (service === 'dynamodb') {
    // A batch has its tables as keys.
    const { TableName: table, RequestItems: items = {}, IndexName: index } = input as DynamoInput
    const names = table === undefined ? Object.keys(items) : [table]
    const end = index === undefined ? '' : `/index/${index}`
    return names.map((name) => ({ who, action: `dynamodb:${operation}`, resource: `${logical(name)}${end}` }))
  }
  if (service === 'sqs') {
    const queue = String(input['QueueUrl']).split('/').at(-1) ?? ''
    // One permission covers a request for one message and one for ten.
    return [{ who, action: `sqs:${operation.replace(/Batch$/, '')}`, resource: logical(queue) }]
  }
  const { GroupName = query['groupName'] ?? '' } = input as { readonly GroupName?: string }
  const action = { POST: 'CreateSchedule', DELETE: 'DeleteSchedule' }[method] ?? `${method} ${path}`
  const deed = { who, action: `scheduler:${action}`, resource: `${logical(GroupName)}/*` }
  const { RoleArn: role } = (input['Target'] ?? {}) as { readonly RoleArn?: string }
  return role === undefined
    ? [deed]
    : [deed, { who, action: 'iam:PassRole', resource: logical(role.split('/').at(-1) ?? '') }]
}
