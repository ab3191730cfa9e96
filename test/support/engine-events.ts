// Facts as tests feed them to the engine: short, with payloads given as values.

import type { EventRaised, HistoryEvent } from '../../src/engine/events.ts'
import type { FailureDetails } from '../../src/workflow/failure.ts'

const generation = 1

/** JSON text of a value, as a field that is absent for undefined. */
function payload<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: JSON.stringify(value) } as { [P in K]?: string })
}

function failure(given: string | Partial<FailureDetails>): FailureDetails {
  return {
    errorType: 'Error',
    message: 'failed',
    ...(typeof given === 'string' ? { message: given } : given),
  }
}

export function completed(seq: number, output?: unknown): HistoryEvent {
  return { kind: 'taskCompleted', generation, seq, ...payload('output', output) }
}

export function failed(seq: number, given: string | Partial<FailureDetails> = 'failed'): HistoryEvent {
  return { kind: 'taskFailed', generation, seq, failure: failure(given) }
}

export function fired(seq: number): HistoryEvent {
  return { kind: 'timerFired', generation, seq }
}

export function childCompleted(seq: number, output?: unknown): HistoryEvent {
  return { kind: 'childWorkflowCompleted', generation, seq, ...payload('output', output) }
}

export function childFailed(seq: number, given: string | Partial<FailureDetails> = 'failed'): HistoryEvent {
  return { kind: 'childWorkflowFailed', generation, seq, failure: failure(given) }
}

export function raised(name: string, data?: unknown, id: string = crypto.randomUUID()): EventRaised {
  return { kind: 'eventRaised', id, name, ...payload('input', data) }
}

export function suspended(reason?: string): HistoryEvent {
  return { kind: 'executionSuspended', id: crypto.randomUUID(), ...(reason !== undefined && { reason }) }
}

export function resumed(): HistoryEvent {
  return { kind: 'executionResumed', id: crypto.randomUUID() }
}

export function terminated(output?: unknown): HistoryEvent {
  return { kind: 'executionTerminated', id: crypto.randomUUID(), ...payload('output', output) }
}

export function nudged(): HistoryEvent {
  return { kind: 'nudged', id: crypto.randomUUID() }
}
