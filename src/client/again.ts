// How a client runs instances again.

import type { Management } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import { encodePayload } from '../workflow/payload.ts'
import { optional } from './values.ts'
import type { WorkflowsAgain } from './workflow-again.ts'

export function workflowsAgain(management: Management): WorkflowsAgain {
  return {
    async restartWorkflow(instanceId, { newInstanceId, idempotencyKey } = {}) {
      const restarted = await management.restart({
        instanceId,
        ...optional('newInstanceId', newInstanceId === true ? crypto.randomUUID() : newInstanceId),
        ...optional('idempotencyKey', idempotencyKey),
      })
      return restarted.instanceId
    },
    async rerunWorkflowFromEvent(instanceId, eventId, { input, ...options } = {}) {
      if (!Number.isSafeInteger(eventId))
        throw new TenutoError('INVALID_ARGUMENT', `eventId must be a whole number, got ${String(eventId)}.`)
      const rerun = await management.rerun({
        ...options,
        instanceId,
        eventId,
        ...optional('input', encodePayload(input, 'input')),
      })
      return rerun.instanceId
    },
    async rewindWorkflow(instanceId, options = {}) {
      await management.rewind({ ...options, instanceId })
    },
  }
}
