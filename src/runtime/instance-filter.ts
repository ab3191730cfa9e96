// Which instances are meant: what lists, counts and acts on many take. Every store answers it in its own way; `matches` says what it means.

import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import type { RuntimeStatus } from '../workflow/status.ts'
import { checkTags } from '../workflow/tags.ts'
import { type InstanceRow, shownStatus } from './rows.ts'

/** All of what is given must hold; what is left out does not matter. Times are ms since the epoch, and belong to their range. */
export interface InstanceFilter {
  /** One of these. A stalled instance is found by `STALLED` alone. */
  readonly statuses?: readonly RuntimeStatus[]
  /** One of these. */
  readonly workflowNames?: readonly string[]
  readonly createdFrom?: number
  readonly createdTo?: number
  readonly lastUpdatedFrom?: number
  readonly lastUpdatedTo?: number
  /** What the id begins with, in the same case. */
  readonly instanceIdPrefix?: string
  /** Its children, not theirs. */
  readonly parentInstanceId?: string
  /** All of these, with these values. */
  readonly tags?: Readonly<Record<string, string>>
}

/** Whether the filter says nothing: every instance is meant. */
export function isEveryInstance(filter: InstanceFilter): boolean {
  const { statuses, createdFrom, createdTo, lastUpdatedFrom, lastUpdatedTo, parentInstanceId } = filter
  const { workflowNames, instanceIdPrefix = '', tags = {} } = filter
  const given = [
    statuses,
    workflowNames,
    createdFrom,
    createdTo,
    lastUpdatedFrom,
    lastUpdatedTo,
    parentInstanceId,
  ]
  return (
    given.every((each) => each === undefined) && instanceIdPrefix === '' && Object.keys(tags).length === 0
  )
}

export function matches(row: InstanceRow, filter: InstanceFilter): boolean {
  const { statuses, workflowNames, instanceIdPrefix = '', parentInstanceId, tags = {} } = filter
  const { createdFrom = -Infinity, createdTo = Infinity } = filter
  const { lastUpdatedFrom = -Infinity, lastUpdatedTo = Infinity } = filter
  return (
    row.purgedAt === undefined &&
    (!statuses || statuses.includes(shownStatus(row))) &&
    (!workflowNames || workflowNames.includes(row.name)) &&
    isWithin(row.createdAt, createdFrom, createdTo) &&
    isWithin(row.lastUpdatedAt, lastUpdatedFrom, lastUpdatedTo) &&
    row.instanceId.startsWith(instanceIdPrefix) &&
    (parentInstanceId === undefined || row.parent?.instanceId === parentInstanceId) &&
    Object.entries(tags).every(([name, value]) => row.tags?.[name] === value)
  )
}

/** @throws TenutoError `INVALID_ARGUMENT` */
export function checkFilter(filter: InstanceFilter): void {
  const { statuses, workflowNames, instanceIdPrefix = '', parentInstanceId = '', tags } = filter
  const { createdFrom = 0, createdTo = 0, lastUpdatedFrom = 0, lastUpdatedTo = 0 } = filter
  if (statuses?.length === 0 || workflowNames?.length === 0) {
    refuse('A filter names at least one status and one workflow, or leaves them out.')
  }
  const names = workflowNames ?? []
  if (names.length > limits.filterNames) {
    refuse(`A filter names at most ${limits.filterNames} workflows, got ${names.length}.`)
  }
  if ([createdFrom, createdTo, lastUpdatedFrom, lastUpdatedTo].some((each) => !Number.isFinite(each))) {
    refuse('The times of a filter must be points in time.')
  }
  for (const text of [...names, instanceIdPrefix, parentInstanceId]) {
    if (!text.isWellFormed() || text.length > limits.childInstanceIdCharacters) {
      refuse(
        `A name or id in a filter is whole Unicode of at most ${limits.childInstanceIdCharacters} characters.`,
      )
    }
  }
  if (tags) checkTags(tags)
}

function isWithin(value: number, from: number, to: number): boolean {
  return value >= from && value <= to
}

function refuse(message: string): never {
  throw new TenutoError('INVALID_ARGUMENT', message)
}
