// Activity and child calls, as workflow code makes them; and the calls that undo others.

import type { CallActivityOptions, CallChildWorkflowOptions } from '../workflow/call-options.ts'
import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { encodePayload } from '../workflow/payload.ts'
import { toRetrySchedule } from '../workflow/retry-policy.ts'
import { activityOptions } from './activity-options.ts'
import { activityPlan, withInput } from './activity-plan.ts'
import { type Call, place, type Plan } from './attempts.ts'
import type { CallSite } from './call-site.ts'
import type { Execution } from './execution.ts'
import { engineFlags } from './flags.ts'
import { type RollbackPlan, toRollback } from './rollback-plan.ts'
import { createTask, type TaskState } from './tasks.ts'
import { cancelTimer } from './waiting.ts'

export function callActivity(
  execution: Execution,
  name: string,
  input: unknown,
  options: CallActivityOptions | undefined,
  site: CallSite | undefined,
): TaskState {
  const defaults = execution.app.activity(name)?.options
  const recorded = activityOptions(name, options, defaults)
  const rollback = toRollback(execution, options?.rollback)
  return begin(execution, {
    ...activityPlan(execution, {
      name,
      payload: encodePayload(input, `The input of activity '${name}'`),
      policy: options?.retry ?? defaults?.retry,
      recorded,
    }),
    site,
    rollback,
  })
}

export function callChildWorkflow(
  execution: Execution,
  name: string,
  input: unknown,
  options: CallChildWorkflowOptions | undefined,
  site: CallSite | undefined,
): TaskState {
  const given = options?.instanceId
  if (
    given !== undefined &&
    (typeof given !== 'string' || given === '' || given.length > limits.childInstanceIdCharacters)
  ) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `instanceId of a child must have 1 to ${limits.childInstanceIdCharacters} characters.`,
    )
  }
  const rollback = toRollback(execution, options?.rollback)
  const payload = encodePayload(input, `The input of child workflow '${name}'`)
  return begin(execution, {
    name,
    label: `callChildWorkflow('${name}')`,
    site,
    rollback,
    policy: options?.retry,
    command: (seq, retry) => ({
      kind: 'createChild',
      seq,
      name,
      instanceId: given ?? childId(execution, seq),
      ...withInput(payload),
      ...(retry && { retry }),
    }),
    failureMessage: (seq, failure) =>
      `${execution.started.instanceId}: Sub-orchestration task #${seq} failed: ${failure.message}`,
  })
}

interface WorkflowCall extends Plan {
  readonly site: CallSite | undefined
  readonly rollback: RollbackPlan | undefined
}

function begin(execution: Execution, { site, rollback, ...plan }: WorkflowCall): TaskState {
  const schedule = plan.policy && toRetrySchedule(plan.policy)
  const task = createTask(execution, { label: plan.label, site, onCancel: () => abandon(call, rollback) })
  const watched = rollback && execution.rollbacks.watch(rollback, task)
  const call = place(execution, plan, watched?.settle ?? task, schedule)
  watched?.begun(call)
  return task
}

/**
 * The workflow has cancelled the call: a late answer is nobody's, a back-off timer is deleted, and an activity hears of it. What is to be
 * undone is heard of nevertheless, so nobody tells it to stop half-way.
 */
function abandon(call: Call, rollback: RollbackPlan | undefined): void {
  const { execution } = call
  if (call.timerPending) {
    cancelTimer(execution, call.waitingFor)
    execution.rollbacks.lose(call)
  } else if (!rollback) cancelAttempt(execution, call.waitingFor)
}

function cancelAttempt({ pending, commands, outcome, started }: Execution, seq: number): void {
  const isQueued = pending.get(seq)?.isQueued ?? false
  pending.delete(seq)
  // Whoever cancels after the end (a finally block, say) cancels nothing.
  if (!isQueued || outcome || !started.flags.includes(engineFlags.recordCancelledTasks)) return
  commands.issue({ kind: 'cancelTask', seq })
}

/** Dapr's `<parent>:%04x`; later generations put their number in between, so that no two children of an instance share an id. */
function childId(execution: Execution, seq: number): string {
  const { instanceId, generation } = execution.started
  const number = seq.toString(16).padStart(4, '0')
  return generation === 1 ? `${instanceId}:${number}` : `${instanceId}:${generation}:${number}`
}
