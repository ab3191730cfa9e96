// Lists and counts of instances for the outside.

import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { checkFilter, type InstanceFilter } from './instance-filter.ts'
import { viewOf } from './instance-view.ts'
import type { InstanceCount, InstanceList, ListRequest } from './management.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import type { InstanceRow } from './rows.ts'

const usualPageSize = 100
/** Rows that are read at once for their payloads. */
const readsAtOnce = 20
/** Ms after which a count says what it has: API Gateway waits for 30 seconds. */
const countMs = 20_000

export async function listInstances(ports: Ports, request: ListRequest): Promise<InstanceList> {
  const { pageSize = usualPageSize, withPayloads = false, ...filter } = request
  checkFilter(filter)
  if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= limits.pageInstances)) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `A page has 1 to ${limits.pageInstances} instances, got ${pageSize}.`,
    )
  }
  const { instances, pageToken } = await ports.store.list({ ...filter, limit: pageSize })
  const rows = withPayloads ? await wholeRows(ports, instances) : instances
  return { instances: rows.map(viewOf), ...(pageToken !== undefined && { nextPageToken: pageToken }) }
}

export async function countInstances(ports: Ports, filter: InstanceFilter): Promise<InstanceCount> {
  checkFilter(filter)
  const deadline = ports.clock.now() + countMs
  let count = 0
  let pageToken: string | undefined
  do {
    const limit = Math.min(limits.pageInstances, limits.countedInstances - count)
    const page = await ports.store.list({ ...filter, limit, ...(pageToken !== undefined && { pageToken }) })
    count += page.instances.length
    pageToken = page.pageToken
    if (count >= limits.countedInstances || ports.clock.now() >= deadline) break
  } while (pageToken !== undefined)
  return { count, ...(pageToken !== undefined && { more: true }) }
}

/** The rows as they are now; those that are gone meanwhile, or live another life, are left out. */
async function wholeRows(ports: Ports, listed: readonly InstanceRow[]): Promise<readonly InstanceRow[]> {
  const found = new Map<string, InstanceRow>()
  await eachInParallel(listed, readsAtOnce, async ({ instanceId, incarnation }) => {
    const row = await ports.store.getInstance(instanceId)
    if (row?.incarnation === incarnation && row.purgedAt === undefined) found.set(instanceId, row)
  })
  return listed.flatMap(({ instanceId }) => found.get(instanceId) ?? [])
}
