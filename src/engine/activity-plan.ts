// What an activity call asks for, attempt by attempt: one that workflow code makes, or one that undoes another.

import type { Payload } from '../workflow/payload.ts'
import type { RetryPolicy } from '../workflow/retry-policy.ts'
import type { RecordedOptions } from './activity-options.ts'
import type { Plan } from './attempts.ts'
import type { Execution } from './execution.ts'

export interface ActivityCall {
  readonly name: string
  readonly payload: Payload
  readonly policy: RetryPolicy | undefined
  readonly recorded: RecordedOptions
  readonly rollbackOf?: number
}

export function activityPlan(execution: Execution, call: ActivityCall): Plan {
  const { name, payload, policy, recorded, rollbackOf } = call
  return {
    name,
    label: `callActivity('${name}')`,
    policy,
    command: (seq, retry) => ({
      kind: 'scheduleTask',
      seq,
      name,
      ...withInput(payload),
      ...recorded,
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
