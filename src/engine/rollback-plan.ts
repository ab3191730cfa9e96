// What undoes a call, as the code says it at the call; and what there is to undo once the call has completed.

import type { Rollback } from '../workflow/call-options.ts'
import { TenutoError } from '../workflow/errors.ts'
import { encodePayload, type Payload } from '../workflow/payload.ts'
import { toRetrySchedule } from '../workflow/retry-policy.ts'
import { activityOptions } from './activity-options.ts'
import type { ActivityCall } from './activity-plan.ts'
import type { Execution } from './execution.ts'

export interface RollbackPlan extends Omit<ActivityCall, 'payload' | 'rollbackOf'> {
  /** Absent: the output of the call is the input. */
  readonly input?: { readonly payload: Payload }
}

/**
 * @throws TenutoError `INVALID_ARGUMENT`, `ACTIVITY_NOT_REGISTERED`, `INVALID_RETRY_POLICY`, `INVALID_DURATION`,
 *   `PAYLOAD_NOT_SERIALIZABLE`, `PAYLOAD_TOO_LARGE`
 */
export function toRollback(execution: Execution, given: Rollback | undefined): RollbackPlan | undefined {
  if (given === undefined) return undefined
  const options = typeof given === 'object' && given !== null ? given : { activity: given }
  const { activity } = options
  if (typeof activity !== 'function' && (typeof activity !== 'string' || activity === '')) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      'rollback must be an activity, by function or by name, or { activity, input?, retry?, timeout? }.',
    )
  }
  const name = execution.app.nameOfActivity(activity)
  const defaults = execution.app.activity(name)?.options
  const policy = options.retry ?? defaults?.retry
  if (policy) toRetrySchedule(policy)
  return {
    name,
    policy,
    recorded: activityOptions(
      name,
      options.timeout === undefined ? {} : { timeout: options.timeout },
      defaults,
    ),
    ...('input' in options && {
      input: { payload: encodePayload(options.input, `The input of rollback '${name}'`) },
    }),
  }
}

/** The call that undoes. @param output of the call that is undone */
export function undoing(plan: RollbackPlan, output: unknown, rollbackOf: number): ActivityCall {
  const payload = plan.input
    ? plan.input.payload
    : encodePayload(output, `The input of rollback '${plan.name}'`)
  const { name, policy, recorded } = plan
  return { name, policy, recorded, payload, rollbackOf }
}
