// One act on all instances that a filter means, page by page. Every single act is the one that exists for a single instance, and may be
// done twice: so a call that failed on the way is made again as it was.

import { TenutoError } from '../workflow/errors.ts'
import { isTerminal, type RuntimeStatus } from '../workflow/status.ts'
import { checkPayload } from './checks.ts'
import { accept, because } from './external-facts.ts'
import { checkFilter, isEveryInstance } from './instance-filter.ts'
import { viewOf } from './instance-view.ts'
import type { ActOnMany, ManyRequest, ManyReport } from './management.ts'
import { eachInParallel } from './parallel.ts'
import type { Ports } from './ports.ts'
import { purge } from './purge.ts'
import type { InstanceRow } from './rows.ts'

const instancesPerPage = 100
const instancesAtOnce = 20
/** Ms after which a call says how far it has come: API Gateway waits for 30 seconds. */
const callMs = 20_000

/** Whom an act has an effect on. */
const affected: Readonly<Record<ActOnMany['kind'], readonly RuntimeStatus[]>> = {
  suspend: ['PENDING', 'RUNNING', 'STALLED'],
  resume: ['SUSPENDED'],
  terminate: ['PENDING', 'RUNNING', 'SUSPENDED', 'STALLED'],
  purge: ['COMPLETED', 'FAILED', 'TERMINATED'],
}

export async function actOnMany(ports: Ports, request: ManyRequest): Promise<ManyReport> {
  const { act, filter, all = false } = request
  checkFilter(filter)
  if (isEveryInstance(filter) && !all) {
    throw new TenutoError('INVALID_ARGUMENT', 'An empty filter means every instance: say so with all.')
  }
  if (act.kind === 'terminate') checkPayload(act.output, 'The output')
  const { statuses: wanted = affected[act.kind] } = filter
  const statuses = affected[act.kind].filter((status) => wanted.includes(status))
  const once = actOf(ports, act)
  const deadline = ports.clock.now() + callMs
  let done = 0
  async function toOne({ instanceId, incarnation }: InstanceRow): Promise<void> {
    // The list may be behind; and the id may have begun another life, which nobody meant.
    const row = await ports.store.getInstance(instanceId)
    if (row?.incarnation !== incarnation || row.purgedAt !== undefined) return
    if (statuses.includes(viewOf(row).status) && (await once(row))) done += 1
  }
  let { pageToken } = request
  do {
    const more = pageToken === undefined ? {} : { pageToken }
    const page = await ports.store.list({ ...filter, statuses, limit: instancesPerPage, ...more })
    await eachInParallel(page.instances, instancesAtOnce, toOne)
    pageToken = page.pageToken
  } while (pageToken !== undefined && ports.clock.now() < deadline)
  return { done, ...(pageToken !== undefined && { nextPageToken: pageToken }) }
}

/** @returns what does it to one instance, and tells whether it was done */
function actOf(ports: Ports, act: ActOnMany): (row: InstanceRow) => Promise<boolean> {
  if (act.kind === 'purge') return async (row) => purge(ports, row, { recursive: true, force: false })
  const fact = factOf(act)
  return async (row) => {
    if (isTerminal(row.status)) return false
    await accept(ports, row, { ...fact, id: `c:${ports.newId()}` })
    return true
  }
}

function factOf(act: Exclude<ActOnMany, { kind: 'purge' }>) {
  if (act.kind === 'terminate') {
    return { kind: 'executionTerminated', ...(act.output !== undefined && { output: act.output }) } as const
  }
  const kind = act.kind === 'suspend' ? 'executionSuspended' : 'executionResumed'
  return { kind, ...because(act.reason) } as const
}
