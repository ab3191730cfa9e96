// Lists of the store in memory.

import { matches } from '../runtime/instance-filter.ts'
import { type PageEnd, parsePageToken, toPageToken } from '../runtime/page-token.ts'
import type { InstancePage, ListFilter } from '../runtime/ports.ts'
import { type InstanceRow, withoutPayloads } from '../runtime/rows.ts'

export function pageOf(all: readonly InstanceRow[], filter: ListFilter): InstancePage {
  const { limit, pageToken, newestFirst = false } = filter
  const after = pageToken === undefined ? undefined : parsePageToken(pageToken)
  const order = newestFirst ? -1 : 1
  const rows = all
    .filter((row) => matches(row, filter) && (!after || byAge(row, after) * order > 0))
    .toSorted((a, b) => byAge(a, b) * order)
  const instances = rows.slice(0, limit)
  const last = instances.at(-1)
  return {
    instances: instances.map(withoutPayloads),
    ...(last && instances.length < rows.length && { pageToken: toPageToken(last) }),
  }
}

/** By age, then by id. */
function byAge(a: PageEnd, b: PageEnd): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt
  if (a.instanceId === b.instanceId) return 0
  return a.instanceId < b.instanceId ? -1 : 1
}
