// Lists of instances, page by page, ordered by age.

import type { InstancePage, ListFilter } from '../runtime/ports.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { InstanceTable, PageEnd } from './instance-table.ts'

const beginning: PageEnd = { createdAt: Number.NEGATIVE_INFINITY, instanceId: '' }

export function listInstances(instances: InstanceTable, filter: ListFilter): InstancePage {
  const { statuses, limit, pageToken } = filter
  const after = pageToken === undefined ? beginning : parsePageToken(pageToken)
  // One more than asked for tells whether there is a next page.
  const rows = statuses
    ? [...new Set(statuses)].flatMap((status) => instances.page(after, limit + 1, status))
    : instances.page(after, limit + 1)
  rows.sort((a, b) => a.createdAt - b.createdAt || (a.instanceId < b.instanceId ? -1 : 1))
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { instances: page, ...(last && rows.length > limit && { pageToken: toPageToken(last) }) }
}

function toPageToken({ createdAt, instanceId }: PageEnd): string {
  return Buffer.from(JSON.stringify([createdAt, instanceId])).toString('base64url')
}

function parsePageToken(token: string): PageEnd {
  try {
    const [createdAt, instanceId] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    if (typeof createdAt === 'number' && typeof instanceId === 'string') return { createdAt, instanceId }
  } catch {
    // Said below.
  }
  throw new TenutoError('INVALID_ARGUMENT', `'${token.slice(0, 80)}' is no page token.`)
}
