import { isTerminal } from '../workflow/status.ts'
import type { InstanceView } from './management.ts'
import type { InstanceRow } from './rows.ts'

/** An instance row as the outside sees it. */
export function viewOf(row: InstanceRow): InstanceView {
  const { instanceId, name, input, output, customStatus, parent, tags, rerunOf, retryOf } = row
  const { mark: _, ...reason } = row.stalled ?? {}
  const isStalled = 'message' in reason && !isTerminal(row.status)
  const failure = row.failure ?? (isStalled ? reason : undefined)
  const started = row.status === 'PENDING' && row.episode > 0 ? 'RUNNING' : row.status
  return {
    instanceId,
    workflowName: name,
    status: isStalled ? 'STALLED' : started,
    createdAt: new Date(row.createdAt),
    lastUpdatedAt: new Date(row.lastUpdatedAt),
    ...(isTerminal(row.status) && { endedAt: new Date(row.lastUpdatedAt) }),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(customStatus !== undefined && { customStatus }),
    ...(failure && { failure }),
    ...(parent && { parentInstanceId: parent.instanceId }),
    ...(tags && { tags }),
    ...(rerunOf && { rerunOf }),
    ...(retryOf && { retryOf }),
  }
}
