// Dapr's status is a number. A TypeScript enum there, an object of the same shape here: names to numbers and numbers to names.

import { TenutoError } from '../workflow/errors.ts'
import type { RuntimeStatus } from '../workflow/status.ts'

const numbers = {
  RUNNING: 0,
  COMPLETED: 1,
  CONTINUED_AS_NEW: 2,
  FAILED: 3,
  TERMINATED: 5,
  PENDING: 6,
  SUSPENDED: 7,
} as const

// oxlint-disable-next-line no-redeclare -- a type and a value of one name, as Dapr's enum is
export type WorkflowRuntimeStatus = (typeof numbers)[keyof typeof numbers]

// oxlint-disable-next-line no-redeclare -- the same name once more
export const WorkflowRuntimeStatus: typeof numbers & { readonly [status: number]: string } = {
  ...numbers,
  0: 'RUNNING',
  1: 'COMPLETED',
  2: 'CONTINUED_AS_NEW',
  3: 'FAILED',
  5: 'TERMINATED',
  6: 'PENDING',
  7: 'SUSPENDED',
}

// oxlint-disable-next-line typescript/no-namespace -- an enum's members are types too
export declare namespace WorkflowRuntimeStatus {
  type RUNNING = typeof numbers.RUNNING
  type COMPLETED = typeof numbers.COMPLETED
  type CONTINUED_AS_NEW = typeof numbers.CONTINUED_AS_NEW
  type FAILED = typeof numbers.FAILED
  type TERMINATED = typeof numbers.TERMINATED
  type PENDING = typeof numbers.PENDING
  type SUSPENDED = typeof numbers.SUSPENDED
}

/** `STALLED` reads `RUNNING`, as over HTTP: it has not ended, and Dapr has no number for it. */
export function toNumber(status: RuntimeStatus): WorkflowRuntimeStatus {
  return numbers[status === 'STALLED' ? 'RUNNING' : status]
}

/** Dapr's conversion between two enums with the same numbers. @throws TenutoError `INVALID_ARGUMENT` for a number that is no status */
export function fromOrchestrationStatus(status: number): WorkflowRuntimeStatus {
  const known = Object.values(numbers).find((each) => each === status)
  if (known !== undefined) return known
  throw new TenutoError('INVALID_ARGUMENT', `${status} is no status of a workflow.`)
}

/** Dapr's conversion between two enums with the same numbers. @throws TenutoError `INVALID_ARGUMENT` for a number that is no status */
export function toOrchestrationStatus(status: number): WorkflowRuntimeStatus {
  return fromOrchestrationStatus(status)
}
