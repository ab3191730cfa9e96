import { isTerminal } from '../workflow/status.ts'
import type { InstanceView } from './management.ts'
import type { InstanceRow } from './ports.ts'

/** An instance row as the outside sees it. */
export function viewOf(row: InstanceRow): InstanceView {
  const { instanceId, name, input, output, customStatus } = row
  const failure = row.failure ?? (isTerminal(row.status) ? undefined : row.stalled)
  const started = row.status === 'PENDING' && row.episode > 0 ? 'RUNNING' : row.status
  return {
    instanceId,
    workflowName: name,
    status: row.stalled && !isTerminal(row.status) ? 'STALLED' : started,
    createdAt: new Date(row.createdAt),
    lastUpdatedAt: new Date(row.lastUpdatedAt),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(customStatus !== undefined && { customStatus }),
    ...(failure && { failure }),
  }
}
