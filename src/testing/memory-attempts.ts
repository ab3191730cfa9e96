// What runs of activities leave, as a plain map.

import { type AttemptRow, type CallKey, mayReplace } from '../runtime/rows.ts'

export function callName({ generation, firstSeq }: CallKey): string {
  return `${generation}.${firstSeq}`
}

/** @returns the row that is in the way */
export function putAttempt(
  attempts: Map<string, AttemptRow>,
  row: AttemptRow,
  replaces?: string,
): AttemptRow | undefined {
  const present = attempts.get(callName(row))
  if (!mayReplace(present, row, replaces)) return present
  attempts.set(callName(row), row)
  return undefined
}
