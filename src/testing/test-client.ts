// The client of a test environment: production's, on a process that does not crash, by the clock of the environment.

import { createClient } from '../client/backend-client.ts'
import { hasReached } from '../client/reached.ts'
import type { WorkflowClient } from '../client/workflow-client.ts'
import { createManagement } from '../runtime/manage.ts'
import type { Management } from '../runtime/management.ts'
import type { Clock, Ports } from '../runtime/ports.ts'
import type { App } from '../workflow/app.ts'
import type { Timekeeper } from './timekeeper.ts'
import { describeWaiting } from './waiting-for.ts'

interface TestClientOptions {
  readonly app: App
  readonly ports: Ports
  readonly clock: Clock
  readonly time: Timekeeper
}

/** The longest wait that a client takes; here it stands for: as long as anything can happen. */
const unlimitedMs = 2 ** 31 - 1

export function createTestClient(options: TestClientOptions): WorkflowClient {
  const client = createClient(options.app, managementOf(options))
  return {
    ...client,
    waitForWorkflowStart: async (id, given) =>
      client.waitForWorkflowStart(id, { timeoutMs: unlimitedMs, ...given }),
    waitForWorkflowCompletion: async (id, given) =>
      client.waitForWorkflowCompletion(id, { timeoutMs: unlimitedMs, ...given }),
  }
}

/** When a call comes back, all is done that can be done without time passing. */
function managementOf({ app, ports, clock, time }: TestClientOptions): Management {
  const management = createManagement(ports)
  const settled = async <R>(operation: () => Promise<R>): Promise<R> => {
    time.assertOpen()
    const result = await operation()
    await time.rest()
    return result
  }
  return {
    ...management,
    start: async (request) => settled(async () => management.start(request)),
    raiseEvent: async (request) => settled(async () => management.raiseEvent(request)),
    suspend: async (id, reason) => settled(async () => management.suspend(id, reason)),
    resume: async (id, reason) => settled(async () => management.resume(id, reason)),
    terminate: async (id, output, options) => settled(async () => management.terminate(id, output, options)),
    restart: async (request) => settled(async () => management.restart(request)),
    rerun: async (request) => settled(async () => management.rerun(request)),
    rewind: async (request) => settled(async () => management.rewind(request)),
    purge: async (id, options) => settled(async () => management.purge(id, options)),
    async get(instanceId) {
      await time.rest()
      return management.get(instanceId)
    },
    async history(instanceId) {
      await time.rest()
      return management.history(instanceId)
    },
    async waitFor(instanceId, until, timeoutMs) {
      const holds = async (): Promise<boolean> => {
        const view = await management.get(instanceId)
        return !view || hasReached(view, until)
      }
      const limit = timeoutMs === unlimitedMs ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs
      await time.passUntil(holds, limit, async () => describeWaiting(app, ports.store, instanceId))
      return management.get(instanceId)
    },
  }
}
