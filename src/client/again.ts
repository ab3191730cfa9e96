// How a client runs instances again.

import type { Management } from '../runtime/management.ts'
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
  }
}
