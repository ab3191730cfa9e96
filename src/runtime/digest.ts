import { createHash } from 'node:crypto'
import type { TaskOutcome } from '../engine/events.ts'
import type { Payload } from '../workflow/payload.ts'

/** Digest of what an instance is started with: the same start again gets the same answer. */
export function startDigest(name: string, input: Payload, startAt: number | undefined): string {
  return digestOf(name, input ?? null, startAt ?? null)
}

/** Digest of what a rerun is begun from: the same request again gets the same answer. */
export function rerunDigest(
  incarnation: string,
  eventId: number,
  input: Payload,
  childInstanceId: string | undefined,
): string {
  return digestOf('rerun', incarnation, eventId, input ?? null, childInstanceId ?? null)
}

/** Digest of an external event: the same id with another name or other data is refused. */
export function eventDigest(name: string, data: Payload): string {
  return digestOf(name.toLowerCase(), data ?? null)
}

/** Digest of what became of a task. Where in the code it failed is not part of it: that differs from one report to the next. */
export function outcomeDigest(event: TaskOutcome): string {
  if (!('failure' in event)) return digestOf('done', 'output' in event ? (event.output ?? null) : null)
  const { errorType, message, code = null, nonRetriable = false } = event.failure
  return digestOf('failed', errorType, message, code, String(nonRetriable))
}

function digestOf(...parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}
