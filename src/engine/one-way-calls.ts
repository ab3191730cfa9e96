// Calls that wait for nothing: an event for another instance, a new status, a new generation.

import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { assertPayloadSize, encodePayload } from '../workflow/payload.ts'
import { describeSite } from './call-site.ts'
import type { Execution } from './execution.ts'
import { engineFlags } from './flags.ts'

export function sendEvent(execution: Execution, instanceId: string, name: string, data: unknown): void {
  const longest = limits.childInstanceIdCharacters
  if (typeof instanceId !== 'string' || instanceId === '' || instanceId.length > longest) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `sendEvent expects an instance id of 1 to ${longest} characters.`,
    )
  }
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

export function setCustomStatus(execution: Execution, status: unknown): void {
  const text = typeof status === 'string' ? status : encodePayload(status, 'The custom status')
  if (text !== undefined) assertPayloadSize(text, 'The custom status')
  execution.customStatus = text
}

export function continueAsNew(execution: Execution, input: unknown, keepEvents: boolean): void {
  const payload = encodePayload(input, 'The input of continueAsNew')
  const { flags } = execution.started
  if (flags.includes(engineFlags.refuseUnawaitedAtContinueAsNew)) refuseUnawaited(execution)
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
