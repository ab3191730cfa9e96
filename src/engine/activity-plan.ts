// What an activity call asks for, attempt by attempt: one that workflow code makes, or one that undoes another.

import type { CallActivityOptions } from '../workflow/call-options.ts'
import { type Duration, toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import { toInline } from '../workflow/inline.ts'
import type { Payload } from '../workflow/payload.ts'
import type { RetryPolicy } from '../workflow/retry-policy.ts'
import type { Plan } from './attempts.ts'
import type { Execution } from './execution.ts'

/** @throws TenutoError `INVALID_ARGUMENT`, `INVALID_DURATION` */
export function timeoutOf(name: string, timeout: Duration | undefined): number | undefined {
  const ms = timeout === undefined ? undefined : toMilliseconds(timeout)
  if (ms === undefined || ms > 0) return ms
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `timeout of activity '${name}' must be greater than zero, got ${String(timeout)}.`,
  )
}

export interface ActivityCall {
  readonly name: string
  readonly payload: Payload
  readonly inline: CallActivityOptions['inline']
  readonly policy: RetryPolicy | undefined
  readonly timeoutMs: number | undefined
  readonly rollbackOf?: number
}

export function activityPlan(execution: Execution, call: ActivityCall): Plan {
  const { name, payload, policy, timeoutMs, rollbackOf } = call
  const inline = toInline(call.inline)
  return {
    name,
    label: `callActivity('${name}')`,
    policy,
    command: (seq, retry) => ({
      kind: 'scheduleTask',
      seq,
      name,
      ...withInput(payload),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...inline,
      ...(retry && { retry }),
      ...(rollbackOf !== undefined && { rollbackOf }),
    }),
    failureMessage: (seq, failure) =>
      `${execution.started.instanceId}: Activity task #${seq} failed: ${failure.message}`,
  }
}

export function withInput(input: Payload): { input?: string } {
  return input === undefined ? {} : { input }
}
