// The operations on many instances over HTTP. Each of them may be sent twice.

import { fromWireList, fromWireNumber, optionalText, workflowsPath } from '../http/wire.ts'
import { checkFilter, type InstanceFilter } from '../runtime/instance-filter.ts'
import type { ActOnMany, Management } from '../runtime/management.ts'
import type { Send } from './transport.ts'

/** For so long the server may work at one act on many, or at a count. */
const heldMs = 30_000

export function httpMany(send: Send): Pick<Management, 'list' | 'count' | 'actOnMany'> {
  return {
    async list({ pageSize, pageToken, newestFirst, withPayloads, ...filter }) {
      const query = toQuery(filter)
      if (pageSize !== undefined) query.set('pageSize', String(pageSize))
      if (pageToken !== undefined) query.set('pageToken', pageToken)
      if (newestFirst) query.set('newestFirst', 'true')
      if (withPayloads) query.set('withPayloads', 'true')
      return fromWireList(await send({ method: 'GET', path: `${workflowsPath}?${query.toString()}` }))
    },
    async count(filter) {
      const query = toQuery(filter)
      query.set('count', 'true')
      const answer = await send({ method: 'GET', path: `${workflowsPath}?${query.toString()}`, heldMs })
      const { more } = answer as { more?: unknown }
      return { count: fromWireNumber(answer, 'count'), ...(more === true && { more }) }
    },
    async actOnMany({ act, filter, all = false, pageToken }) {
      const query = toQuery(filter)
      query.set('action', act.kind === 'suspend' ? 'pause' : act.kind)
      if (all) query.set('all', 'true')
      if (pageToken !== undefined) query.set('pageToken', pageToken)
      const path = `${workflowsPath}?${query.toString()}`
      const answer = await send({ method: 'POST', path, body: bodyOf(act), heldMs })
      const { nextPageToken } = answer as { nextPageToken?: unknown }
      return { done: fromWireNumber(answer, 'done'), ...optionalText('nextPageToken', nextPageToken) }
    },
  }
}

function toQuery(filter: InstanceFilter): URLSearchParams {
  checkFilter(filter)
  const { statuses, workflowNames, instanceIdPrefix, parentInstanceId, tags = {} } = filter
  const query = new URLSearchParams()
  for (const status of statuses ?? []) query.append('status', status)
  for (const name of workflowNames ?? []) query.append('workflowName', name)
  for (const name of ['createdFrom', 'createdTo', 'lastUpdatedFrom', 'lastUpdatedTo'] as const) {
    const at = filter[name]
    if (at !== undefined) query.set(name, new Date(at).toISOString())
  }
  if (instanceIdPrefix !== undefined) query.set('instanceIDPrefix', instanceIdPrefix)
  if (parentInstanceId !== undefined) query.set('parentInstanceID', parentInstanceId)
  for (const [name, value] of Object.entries(tags)) query.append('tag', `${name}:${value}`)
  return query
}

function bodyOf(act: ActOnMany): string | undefined {
  if (act.kind === 'purge') return undefined
  if (act.kind === 'terminate') return act.output === undefined ? undefined : `{"output":${act.output}}`
  return act.reason === undefined ? undefined : JSON.stringify({ reason: act.reason })
}
