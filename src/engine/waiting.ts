// Durable timers and external events: calls that wait for something that is nobody's work.

import { type Duration, toDueTime } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import { decodePayload } from '../workflow/payload.ts'
import type { CallSite } from './call-site.ts'
import type { TimerOrigin } from './commands.ts'
import type { Execution } from './execution.ts'
import { createTask, type TaskState } from './tasks.ts'

export function createTimer(
  execution: Execution,
  fireAt: Date | Duration,
  { label, site, name }: { label: string; site: CallSite | undefined; name: string | undefined },
): TaskState {
  const dueAt = toDueTime(fireAt, execution.scope.now)
  const task = createTask(execution, { label, site, idle: true, onCancel: () => cancelTimer(execution, seq) })
  const what = name === undefined ? {} : { name }
  const seq = startTimer(execution, dueAt, label, () => task.complete(undefined), what)
  return task
}

/** @param timeoutMs below zero: no timeout */
export function waitForEvent(
  execution: Execution,
  name: string,
  timeoutMs: number,
  site: CallSite | undefined,
): TaskState {
  let giveUp = (): void => {}
  const label = `waitForExternalEvent('${name}')`
  const task = createTask(execution, { label, site, onCancel: () => giveUp() })
  const unread = execution.events.takeUnread(name)
  if (unread) {
    task.complete(decodePayload(unread.input))
    return task
  }
  if (timeoutMs === 0) {
    task.fail(eventTimeout(name, timeoutMs))
    return task
  }
  let cancelTimeout = (): void => {}
  const stopWaiting = execution.events.wait(name, (event) => {
    cancelTimeout()
    task.complete(decodePayload(event.input))
  })
  giveUp = () => {
    stopWaiting()
    cancelTimeout()
  }
  if (timeoutMs > 0) {
    const expire = (): void => {
      stopWaiting()
      task.fail(eventTimeout(name, timeoutMs))
    }
    const origin = { kind: 'externalEvent', name } as const
    const dueAt = execution.scope.now + timeoutMs
    const seq = startTimer(execution, dueAt, `the timeout of ${label}`, expire, { origin })
    cancelTimeout = () => cancelTimer(execution, seq)
  }
  return task
}

/** Asks for a timer. @returns its sequence number */
export function startTimer(
  execution: Execution,
  dueAt: number,
  label: string,
  onFired: () => void,
  what: { readonly origin?: TimerOrigin; readonly name?: string },
): number {
  const { commands, pending } = execution
  const seq = commands.nextSeq()
  const timer = commands.issue({ kind: 'createTimer', seq, dueAt, ...what })
  pending.set(seq, { label, onCompleted: onFired, onFailed: () => {}, dueAt: timer.dueAt })
  return seq
}

export function cancelTimer(execution: Execution, seq: number): void {
  const dueAt = execution.pending.get(seq)?.dueAt
  // Whoever cancels after the end (a finally block, say) cancels nothing that still runs.
  if (execution.outcome || dueAt === undefined) return
  execution.pending.delete(seq)
  execution.commands.issue({ kind: 'cancelTimer', seq, dueAt })
}

function eventTimeout(name: string, timeoutMs: number): TenutoError {
  return new TenutoError('EVENT_TIMEOUT', `No event '${name}' came within ${timeoutMs / 1000} s.`)
}
