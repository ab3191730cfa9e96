// The client over whatever offers the operations of Management: it names workflows, writes and reads payloads, and waits.

import type { Management } from '../runtime/management.ts'
import type { App } from '../workflow/app.ts'
import { isTenutoError, TenutoError } from '../workflow/errors.ts'
import type { WorkflowFunction } from '../workflow/functions.ts'
import { encodePayload } from '../workflow/payload.ts'
import { activityCompletions } from './activities.ts'
import { workflowsAgain } from './again.ts'
import { manyWorkflows } from './many-workflows.ts'
import { hasReached } from './reached.ts'
import { optional, toEpochMs, toState } from './values.ts'
import type { ScheduleOptions, WaitOptions, WorkflowClient, WorkflowState } from './workflow-client.ts'

/** The longest time that a timer of JavaScript can take. */
const longestWaitMs = 2 ** 31 - 1

/** A client of a backend in this process. */
export function createClient(app: Pick<App, 'nameOfWorkflow'>, management: Management): WorkflowClient {
  const client: Untyped = {
    ...manyWorkflows(management),
    ...workflowsAgain(management),
    ...activityCompletions(management),
    async scheduleNewWorkflow(workflow, input, options = {}) {
      const { instanceId, startTime, idempotencyKey, tags, idReusePolicy } = options
      const started = await management.start({
        workflowName: app.nameOfWorkflow(workflow),
        ...optional('input', encodePayload(input, 'input')),
        ...optional('instanceId', instanceId),
        ...optional('startAt', startTime && toEpochMs(startTime, 'startTime')),
        ...optional('idempotencyKey', idempotencyKey),
        ...optional('tags', tags),
        ...optional('idReusePolicy', idReusePolicy),
      })
      return started.instanceId
    },
    async getWorkflowState(instanceId) {
      const view = await management.get(instanceId)
      return view && toState(view)
    },
    async getWorkflowHistory(instanceId) {
      try {
        return await management.history(instanceId)
      } catch (error) {
        if (isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND')) return undefined
        throw error
      }
    },
    waitForWorkflowStart: async (instanceId, options) => wait(management, instanceId, 'start', options),
    waitForWorkflowCompletion: async (instanceId, options) =>
      wait(management, instanceId, 'completion', options),
    async raiseEvent(instanceId, eventName, data, { eventId } = {}) {
      const payload = encodePayload(data, `data of event '${eventName}'`)
      await management.raiseEvent({
        instanceId,
        eventName,
        ...optional('data', payload),
        ...optional('eventId', eventId),
      })
    },
    async terminateWorkflow(instanceId, output, options) {
      await management.terminate(instanceId, encodePayload(output, 'output'), options)
    },
    suspendWorkflow: async (instanceId, reason) => management.suspend(instanceId, reason),
    resumeWorkflow: async (instanceId, reason) => management.resume(instanceId, reason),
    async purgeWorkflow(instanceId, options) {
      try {
        await management.purge(instanceId, options)
        return true
      } catch (error) {
        if (isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND')) return false
        throw error
      }
    },
  }
  return client as WorkflowClient
}

/** The client without the types that relate workflow, input, id and output. */
interface Untyped extends Omit<
  WorkflowClient,
  'scheduleNewWorkflow' | 'getWorkflowState' | 'waitForWorkflowStart' | 'waitForWorkflowCompletion'
> {
  scheduleNewWorkflow(
    workflow: WorkflowFunction | string,
    input?: unknown,
    options?: ScheduleOptions,
  ): Promise<string>
  getWorkflowState(instanceId: string): Promise<WorkflowState | undefined>
  waitForWorkflowStart(instanceId: string, options?: WaitOptions): Promise<WorkflowState | undefined>
  waitForWorkflowCompletion(instanceId: string, options?: WaitOptions): Promise<WorkflowState | undefined>
}

async function wait(
  management: Management,
  instanceId: string,
  until: 'start' | 'completion',
  { timeoutMs = 60_000 }: WaitOptions = {},
): Promise<WorkflowState | undefined> {
  if (!(timeoutMs >= 0 && timeoutMs <= longestWaitMs)) {
    throw new TenutoError('INVALID_ARGUMENT', `timeoutMs must be 0 to ${longestWaitMs}, got ${timeoutMs}.`)
  }
  const view = await management.waitFor(instanceId, until, timeoutMs)
  if (!view || hasReached(view, until)) return view && toState(view)
  const reason = view.failure ? `: ${view.failure.message}` : ''
  throw new TenutoError(
    'WAIT_TIMEOUT',
    `Waited ${timeoutMs} ms for the ${until} of '${instanceId}', which is ${view.status}${reason}.`,
  )
}
