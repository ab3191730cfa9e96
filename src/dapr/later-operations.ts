// What Dapr's client can do since 3.19: lists of ids, and reruns.

import type { Management } from '../runtime/management.ts'
import { encodePayload, type Payload } from '../workflow/payload.ts'
import type { InstanceIds, ListInstanceIdsOptions, RerunWorkflowOptions } from './types.ts'

export async function listIds(
  management: Management,
  { pageSize, continuationToken }: ListInstanceIdsOptions,
): Promise<InstanceIds> {
  const page = await management.list({
    ...(pageSize !== undefined && { pageSize }),
    ...(continuationToken !== undefined && { pageToken: continuationToken }),
  })
  const instanceIds = page.instances.map(({ instanceId }) => instanceId)
  return { instanceIds, ...(page.nextPageToken !== undefined && { continuationToken: page.nextPageToken }) }
}

export async function rerun(
  management: Management,
  instanceId: string,
  eventId: number,
  { newInstanceId, newChildWorkflowInstanceId, input }: RerunWorkflowOptions,
): Promise<string> {
  const started = await management.rerun({
    instanceId,
    eventId,
    ...(newInstanceId !== undefined && { newInstanceId }),
    ...(newChildWorkflowInstanceId !== undefined && { newChildInstanceId: newChildWorkflowInstanceId }),
    ...payload('input', input),
  })
  return started.instanceId
}

export function payload<K extends string>(
  name: K,
  value: unknown,
): { readonly [P in K]?: NonNullable<Payload> } {
  const text = encodePayload(value, name)
  return text === undefined ? {} : ({ [name]: text } as { readonly [P in K]: string })
}
