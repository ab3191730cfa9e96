// Activity and child calls with their retries: every attempt and every wait between two attempts is a command of its own.

import type { CallActivityOptions, CallChildWorkflowOptions } from '../workflow/call-options.ts'
import { toMilliseconds } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import { type FailureDetails, TaskFailedError } from '../workflow/failure.ts'
import { toInline } from '../workflow/inline.ts'
import { limits } from '../workflow/limits.ts'
import { encodePayload, type Payload } from '../workflow/payload.ts'
import { isRetriable, nextRetryDelayMs, type RetryPolicy, toRetrySchedule } from '../workflow/retry-policy.ts'
import type { CallSite } from './call-site.ts'
import type { Command, RetryAttempt } from './commands.ts'
import type { Execution } from './execution.ts'
import { createTask, type TaskState } from './tasks.ts'
import { cancelTimer, startTimer } from './waiting.ts'

interface Call {
  readonly execution: Execution
  readonly name: string
  readonly label: string
  readonly policy: RetryPolicy | undefined
  /** The command of one attempt. */
  readonly command: (
    seq: number,
    retry: RetryAttempt | undefined,
  ) => Extract<Command, { retry?: RetryAttempt }>
  readonly failureMessage: (seq: number, failure: FailureDetails) => string
  readonly task: TaskState
  /** Sequence number that is pending now: the attempt's or its back-off timer's. */
  waitingFor: number
  timerPending: boolean
}

export function callActivity(
  execution: Execution,
  name: string,
  input: unknown,
  options: CallActivityOptions | undefined,
  site: CallSite | undefined,
): TaskState {
  const defaults = execution.app.activity(name)?.options
  const timeout = options?.timeout ?? defaults?.timeout
  const timeoutMs = timeout === undefined ? undefined : toMilliseconds(timeout)
  if (timeoutMs !== undefined && timeoutMs <= 0) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `timeout of activity '${name}' must be greater than zero, got ${String(timeout)}.`,
    )
  }
  const inline = toInline(options?.inline ?? defaults?.inline)
  const payload = encodePayload(input, `The input of activity '${name}'`)
  return begin(execution, {
    name,
    label: `callActivity('${name}')`,
    site,
    policy: options?.retry ?? defaults?.retry,
    command: (seq, retry) => ({
      kind: 'scheduleTask',
      seq,
      name,
      ...withInput(payload),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...inline,
      ...(retry && { retry }),
    }),
    failureMessage: (seq, failure) =>
      `${execution.started.instanceId}: Activity task #${seq} failed: ${failure.message}`,
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
  const payload = encodePayload(input, `The input of child workflow '${name}'`)
  return begin(execution, {
    name,
    label: `callChildWorkflow('${name}')`,
    site,
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

type Plan = Pick<Call, 'name' | 'label' | 'policy' | 'command' | 'failureMessage'> & {
  readonly site: CallSite | undefined
}

function begin(execution: Execution, plan: Plan): TaskState {
  const schedule = plan.policy && toRetrySchedule(plan.policy)
  const task = createTask(execution, { label: plan.label, site: plan.site, onCancel: () => abandon(call) })
  const call: Call = { ...plan, execution, task, waitingFor: 0, timerPending: false }
  const seq = execution.commands.nextSeq()
  attempt(call, seq, schedule && { attempt: 1, firstSeq: seq, firstAt: execution.scope.now, schedule })
  return task
}

function attempt(call: Call, seq: number, wanted: RetryAttempt | undefined): void {
  const { execution } = call
  // While replaying, the recorded numbers of the policy hold.
  const { retry } = execution.commands.issue(call.command(seq, wanted))
  call.waitingFor = seq
  execution.pending.set(seq, {
    label: call.label,
    onCompleted: (value) => call.task.complete(value),
    onFailed: (failure) => onFailed(call, seq, retry, failure),
  })
}

function onFailed(call: Call, seq: number, retry: RetryAttempt | undefined, failure: FailureDetails): void {
  const { execution } = call
  const now = execution.scope.now
  let delay: number | undefined
  try {
    if (retry && isRetriable(call.policy, failure))
      delay = nextRetryDelayMs(retry.schedule, retry.attempt, now - retry.firstAt)
  } catch (error) {
    // The author's predicate threw: that is the failure of this call now.
    return call.task.fail(error instanceof Error ? error : new Error(String(error)))
  }
  if (delay === undefined || !retry) {
    return call.task.fail(new TaskFailedError(call.failureMessage(seq, failure), call.name, seq, failure))
  }
  const label = `the back-off of ${call.label}`
  const again = (): void => {
    call.timerPending = false
    attempt(call, execution.commands.nextSeq(), { ...retry, attempt: retry.attempt + 1 })
  }
  const origin = { kind: 'retry', firstSeq: retry.firstSeq } as const
  call.waitingFor = startTimer(execution, now + delay, label, again, origin)
  call.timerPending = true
}

/** The workflow has cancelled the call: a late answer is nobody's, and a back-off timer is deleted. */
function abandon(call: Call): void {
  const { execution } = call
  if (call.timerPending) cancelTimer(execution, call.waitingFor)
  else execution.pending.delete(call.waitingFor)
}

/** Dapr's `<parent>:%04x`; later generations put their number in between, so that no two children of an instance share an id. */
function childId(execution: Execution, seq: number): string {
  const { instanceId, generation } = execution.started
  const number = seq.toString(16).padStart(4, '0')
  return generation === 1 ? `${instanceId}:${number}` : `${instanceId}:${generation}:${number}`
}

function withInput(input: Payload): { input?: string } {
  return input === undefined ? {} : { input }
}
