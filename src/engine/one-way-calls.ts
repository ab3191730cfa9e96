// Calls that wait for nothing: an event for another instance, a workflow of its own, a new status, a new generation.

import type { ScheduleNewWorkflowOptions } from '../workflow/call-options.ts'
import { toDueTime } from '../workflow/duration.ts'
import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { assertPayloadSize, encodePayload } from '../workflow/payload.ts'
import { checkTags } from '../workflow/tags.ts'
import { type CallSite, describeSite } from './call-site.ts'
import type { Execution } from './execution.ts'
import { engineFlags } from './flags.ts'
import { rollbackFailed } from './rollbacks.ts'
import { createTask, type TaskState } from './tasks.ts'

export function sendEvent(execution: Execution, instanceId: string, name: string, data: unknown): void {
  checkInstanceId('sendEvent', instanceId)
  const input = encodePayload(data, `The data of event '${name}'`)
  const seq = execution.commands.nextSeq()
  execution.commands.issue({
    kind: 'sendEvent',
    seq,
    instanceId,
    name,
    ...(input !== undefined && { input }),
  })
}

/** @returns the id of the instance that will be */
export function startWorkflow(
  execution: Execution,
  name: string,
  input: unknown,
  { instanceId: given, startTime, tags }: ScheduleNewWorkflowOptions = {},
): string {
  if (given !== undefined) checkInstanceId('scheduleNewWorkflow', given)
  if (tags) checkTags(tags)
  const { now } = execution.scope
  const startAt = startTime === undefined ? now : toDueTime(startTime, now)
  const payload = encodePayload(input, `The input of workflow '${name}'`)
  const instanceId = given ?? detachedId(execution)
  execution.commands.issue({
    kind: 'startWorkflow',
    seq: execution.commands.nextSeq(),
    name,
    instanceId,
    ...(payload !== undefined && { input: payload }),
    ...(startAt > now && { startAt }),
    ...(tags && { tags: { ...tags } }),
  })
  return instanceId
}

/** Dapr's `<caller>-<n>`; later generations put their number in between, so that no two starts of an instance share an id. */
function detachedId(execution: Execution): string {
  const { instanceId, generation } = execution.started
  const number = ++execution.detachedStarts
  return generation === 1 ? `${instanceId}-${number}` : `${instanceId}:g${generation}-${number}`
}

function checkInstanceId(method: string, instanceId: unknown): void {
  const longest = limits.childInstanceIdCharacters
  if (typeof instanceId === 'string' && instanceId !== '' && instanceId.length <= longest) return
  throw new TenutoError('INVALID_ARGUMENT', `${method} expects an instance id of 1 to ${longest} characters.`)
}

/** Undoes what was done so far. */
export function rollback(execution: Execution, site: CallSite | undefined): TaskState {
  const task = createTask(execution, { label: 'rollback()', site })
  execution.rollbacks.begin((failures) => {
    if (failures.length === 0) task.complete(undefined)
    else task.fail(rollbackFailed(failures))
  })
  return task
}

export function setCustomStatus(execution: Execution, status: unknown): void {
  const text = typeof status === 'string' ? status : encodePayload(status, 'The custom status')
  if (text !== undefined) assertPayloadSize(text, 'The custom status')
  execution.customStatus = text
}

export function continueAsNew(execution: Execution, input: unknown, keepEvents: boolean): void {
  const payload = encodePayload(input, 'The input of continueAsNew')
  const { flags } = execution.started
  if (flags.includes(engineFlags.refuseUnawaitedAtContinueAsNew)) refuseUnawaited(execution)
  if (execution.rollbacks.isNeeded) {
    throw new TenutoError(
      'ROLLBACK_PENDING',
      'continueAsNew would forget what is to be undone: the rollbacks of calls that have completed, or are under way.',
    )
  }
  const unread = keepEvents ? execution.events.unread : []
  execution.end({ kind: 'continuedAsNew', input: payload, unread })
}

/** A timer or composite that nobody awaited would vanish here, and the workflow would spin instead of waiting. */
function refuseUnawaited(execution: Execution): void {
  const lost = [...execution.unobserved].filter((task) => task.idle && task.status === 'pending')
  if (lost.length === 0) return
  const names = lost.map((task) => `${task.label}${describeSite(task.site)}`).join('; ')
  throw new TenutoError(
    'TASK_NOT_AWAITED',
    `continueAsNew would lose what was never awaited: ${names}. Is an await or yield missing?`,
  )
}
