// An instance as the CLI shows it.

import type { WorkflowState } from '../client/workflow-client.ts'
import { printable, table } from './terminal.ts'

export function describeState(state: WorkflowState): string {
  const { instanceId, workflowName, runtimeStatus, createdAt, lastUpdatedAt, failure, tags = {} } = state
  const { rerunOf, retryOf } = state
  const rows: (readonly [string, unknown])[] = [
    ['instance', instanceId],
    ['workflow', workflowName],
    ['status', runtimeStatus],
    ['custom status', state.customStatus],
    ['parent', state.parentInstanceId],
    ['retry of', retryOf && `${retryOf.instanceId}, attempt ${retryOf.attempt}`],
    ['rerun of', rerunOf && `${rerunOf.instanceId}, from #${rerunOf.eventId}`],
    ...Object.entries(tags).map(([name, value]) => [`tag ${name}`, value] as const),
    ['created', createdAt.toISOString()],
    ['updated', lastUpdatedAt.toISOString()],
    ['ended', state.endedAt?.toISOString()],
    ['input', asJson(state.input)],
    ['output', asJson(state.output)],
    ['failure', failure && `${failure.errorType}: ${failure.message}`],
  ]
  const shown = rows.filter(([, value]) => value !== undefined)
  return table(
    shown.map(([name, value]) => [name, printable(typeof value === 'string' ? value : asJson(value))]),
  )
}

/** One line of JSON that is safe to print. */
export function stateToJson(value: unknown): string {
  return printable(asJson(value))
}

function asJson(value: unknown): string {
  return JSON.stringify(value)
}
