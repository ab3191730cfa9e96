import type { ExecutionStarted } from '../engine/events.ts'
import { currentFlags } from '../engine/flags.ts'
import type { InstanceRow } from './rows.ts'

/** What an instance row tells the first turn. */
export function startOf(row: InstanceRow): ExecutionStarted {
  const { instanceId, incarnation, name, input, parent, tags } = row
  return {
    kind: 'executionStarted',
    instanceId,
    incarnation,
    generation: 1,
    name,
    ...(input !== undefined && { input }),
    ...(parent && { parent }),
    ...(tags && { tags }),
    flags: currentFlags,
  }
}
