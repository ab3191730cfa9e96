// Several versions of one workflow: new instances take the latest, running ones stay on theirs.

import { TenutoError } from './errors.ts'
import type { WorkflowFunction } from './functions.ts'
import { limits } from './limits.ts'

/** A workflow in several versions, for `defineApp`. */
export class WorkflowVersions {
  readonly byName: ReadonlyMap<string, WorkflowFunction>
  readonly latest: string

  constructor(byName: ReadonlyMap<string, WorkflowFunction>, latest: string) {
    this.byName = byName
    this.latest = latest
  }
}

/**
 * Versions of one workflow, oldest first: `versions({ v1: first, v2: second })`. A new instance takes the latest and stays on it, also when
 * it continues as new; one whose version is not here is `STALLED` (`VERSION_NOT_AVAILABLE`) until it is.
 * @param latest the version of new instances; default: the last one
 * @throws TenutoError `INVALID_ARGUMENT`
 */
export function versions(
  functions: Readonly<Record<string, WorkflowFunction>>,
  latest?: string,
): WorkflowVersions {
  const names = Object.keys(functions)
  // Objects put such keys first, whatever order they were written in.
  const wrong = names.find((name) => name === '' || name.length > limits.nameCharacters || /^\d+$/.test(name))
  if (wrong !== undefined || names.length === 0) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `A version needs a name of 1 to ${limits.nameCharacters} characters that is no number, as in versions({ v1, v2 }), got '${wrong ?? ''}'.`,
    )
  }
  const newest = latest ?? names.at(-1) ?? ''
  if (!names.includes(newest))
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `The latest version '${newest}' is none of ${names.join(', ')}.`,
    )
  return new WorkflowVersions(new Map(Object.entries(functions)), newest)
}
