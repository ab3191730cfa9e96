import type { ExecutionStarted } from '../engine/events.ts'
import { currentFlags } from '../engine/flags.ts'
import type { InstanceRow } from './rows.ts'

/** What an instance row tells the first turn. @param version the one that the instance is to run on, unless its past says */
export function startOf(row: InstanceRow, version?: string): ExecutionStarted {
  const { instanceId, incarnation, name, input, parent, tags, trace, past } = row
  const start = {
    kind: 'executionStarted',
    instanceId,
    incarnation,
    generation: 1,
    name,
    ...(input !== undefined && { input }),
    ...(parent && { parent }),
    ...(tags && { tags }),
    ...(trace !== undefined && { trace }),
    ...(version !== undefined && { version }),
    flags: currentFlags,
  } as const
  if (!past) return start
  const { version: _version, input: _input, ...same } = start
  return { ...same, generation: past.link.generation, ...past.started, past: past.link }
}
