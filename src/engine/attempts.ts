// A call and its attempts: every attempt and every wait between two attempts is a command of its own.

import { type FailureDetails, TaskFailedError } from '../workflow/failure.ts'
import {
  isRetriable,
  nextRetryDelayMs,
  type RetryPolicy,
  type RetrySchedule,
  toRetrySchedule,
} from '../workflow/retry-policy.ts'
import type { Command, RetryAttempt } from './commands.ts'
import type { Execution } from './execution.ts'
import { engineFlags } from './flags.ts'
import { startTimer } from './waiting.ts'

type AttemptCommand = Extract<Command, { retry?: RetryAttempt }>

export interface Call {
  readonly execution: Execution
  readonly name: string
  readonly label: string
  readonly policy: RetryPolicy | undefined
  /** The command of one attempt. */
  readonly command: (seq: number, retry: RetryAttempt | undefined) => AttemptCommand
  readonly failureMessage: (seq: number, failure: FailureDetails) => string
  readonly onSettled: Settle
  /** Sequence number that is pending now: the attempt's or its back-off timer's. */
  waitingFor: number
  timerPending: boolean
}

/** Where the outcome of a call goes. */
export interface Settle {
  readonly complete: (value: unknown) => void
  readonly fail: (error: Error) => void
}

export type Plan = Pick<Call, 'name' | 'label' | 'policy' | 'command' | 'failureMessage'>

/** Makes the first attempt. @throws TenutoError `INVALID_RETRY_POLICY` */
export function place(
  execution: Execution,
  plan: Plan,
  onSettled: Settle,
  schedule: RetrySchedule | undefined = plan.policy && toRetrySchedule(plan.policy),
): Call {
  const call: Call = { ...plan, execution, onSettled, waitingFor: 0, timerPending: false }
  const seq = execution.commands.nextSeq()
  attempt(call, seq, schedule && { attempt: 1, firstSeq: seq, firstAt: execution.scope.now, schedule })
  return call
}

function attempt(call: Call, seq: number, wanted: RetryAttempt | undefined): void {
  const { execution } = call
  // While replaying, the recorded numbers of the policy hold.
  const command = execution.commands.issue(call.command(seq, wanted))
  call.waitingFor = seq
  execution.pending.set(seq, {
    label: call.label,
    onCompleted: (value) => call.onSettled.complete(value),
    onFailed: (failure) => onFailed(call, command, failure),
    isQueued: command.kind === 'scheduleTask' && !command.inline,
  })
}

function onFailed(call: Call, command: AttemptCommand, failure: FailureDetails): void {
  const { execution } = call
  const { seq, retry } = command
  const now = execution.scope.now
  const takesPromises = !execution.started.flags.includes(engineFlags.refusePromiseOfHandle)
  let delay: number | undefined
  try {
    if (retry && !execution.rollbacks.isLost(call) && isRetriable(call.policy, failure, takesPromises))
      delay = nextRetryDelayMs(retry.schedule, retry.attempt, now - retry.firstAt)
  } catch (error) {
    // The author's predicate threw, or answered with a promise: that is the failure of this call now.
    return call.onSettled.fail(error instanceof Error ? error : new Error(String(error)))
  }
  if (delay === undefined || !retry) {
    return call.onSettled.fail(
      new TaskFailedError(call.failureMessage(seq, failure), call.name, seq, failure),
    )
  }
  const label = `the back-off of ${call.label}`
  const again = (): void => {
    call.timerPending = false
    attempt(call, execution.commands.nextSeq(), nextAttempt(command, retry))
  }
  const origin = { kind: 'retry', firstSeq: retry.firstSeq } as const
  call.waitingFor = startTimer(execution, now + delay, label, again, { origin })
  call.timerPending = true
}

/** All attempts of a child are known by the instance of the first one. */
function nextAttempt(command: AttemptCommand, retry: RetryAttempt): RetryAttempt {
  const isFirstChild = command.kind === 'createChild' && retry.attempt === 1
  const first = isFirstChild ? { firstInstanceId: command.instanceId } : {}
  return { ...retry, attempt: retry.attempt + 1, ...first }
}
