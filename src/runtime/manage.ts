// The management operations on the ports: facts go to the table first, then a doorbell rings; only then is anything accepted (R14).

import { isTerminal } from '../workflow/status.ts'
import { actOnMany } from './act-on-many.ts'
import { checkPayload } from './checks.ts'
import { completeActivity, failActivity } from './complete-activity.ts'
import { accept, because, control, existing, raiseEvent } from './external-facts.ts'
import { viewOf } from './instance-view.ts'
import type { InstanceView, Management, WaitUntil } from './management.ts'
import type { Ports } from './ports.ts'
import { purgeInstance } from './purge.ts'
import { countInstances, listInstances } from './query-instances.ts'
import { rerunInstance } from './rerun.ts'
import { restartInstance } from './restart.ts'
import { rewindInstance } from './rewind.ts'
import { startInstance } from './start-instance.ts'
import { waitForInstance } from './wait.ts'

export function createManagement(ports: Ports): Management {
  return {
    start: (request) => startInstance(ports, request),
    get: (instanceId) => get(ports, instanceId),
    async history(instanceId) {
      const row = await existing(ports, instanceId)
      return { instanceId, workflowName: row.name, episodes: await ports.store.readHistory(row) }
    },
    list: (request) => listInstances(ports, request),
    count: (filter) => countInstances(ports, filter),
    actOnMany: (request) => actOnMany(ports, request),
    waitFor: (instanceId, until: WaitUntil, timeoutMs, signal) =>
      waitForInstance(ports, () => get(ports, instanceId), {
        instanceId,
        until,
        timeoutMs,
        ...(signal && { signal }),
      }),
    raiseEvent: (request) => raiseEvent(ports, request),
    completeActivity: (request) => completeActivity(ports, request),
    failActivity: (request) => failActivity(ports, request),
    suspend: (instanceId, reason) =>
      control(ports, instanceId, 'ERR_PAUSE_WORKFLOW', (id) => ({
        kind: 'executionSuspended',
        id,
        ...because(reason),
      })),
    resume: (instanceId, reason) =>
      control(ports, instanceId, 'ERR_RESUME_WORKFLOW', (id) => ({
        kind: 'executionResumed',
        id,
        ...because(reason),
      })),
    async terminate(instanceId, output, { recursive = true } = {}) {
      checkPayload(output, 'The output')
      const row = await existing(ports, instanceId)
      if (isTerminal(row.status)) return
      await accept(ports, row, {
        kind: 'executionTerminated',
        id: `c:${ports.newId()}`,
        ...(output !== undefined && { output }),
        ...(!recursive && { recursive }),
      })
    },
    restart: (request) => restartInstance(ports, request),
    rerun: (request) => rerunInstance(ports, request),
    rewind: (request) => rewindInstance(ports, request),
    purge: (instanceId, options = {}) => purgeInstance(ports, instanceId, options),
  }
}

async function get(ports: Ports, instanceId: string): Promise<InstanceView | undefined> {
  const row = await ports.store.getInstance(instanceId)
  return row && row.purgedAt === undefined ? viewOf(row) : undefined
}
