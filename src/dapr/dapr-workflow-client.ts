// Dapr's DaprWorkflowClient, over the operations of a backend.

import { hasReached } from '../client/reached.ts'
import { createManagement } from '../runtime/manage.ts'
import type { InstanceView, Management, WorkflowHistory } from '../runtime/management.ts'
import { isTenutoError, TenutoError } from '../workflow/errors.ts'
import { encodePayload } from '../workflow/payload.ts'
import { sharedHost } from './host.ts'
import { listIds, payload, rerun } from './later-operations.ts'
import { toLogger } from './logger.ts'
import { nameOf } from './names.ts'
import type {
  DaprWorkflowClientOptions,
  InstanceIds,
  ListInstanceIdsOptions,
  RerunWorkflowOptions,
  TInput,
  TOutput,
  TWorkflow,
} from './types.ts'
import { WorkflowState } from './workflow-state.ts'

/** A wait was over before what was waited for; its cause says more. Dapr's error has this text and no other. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'

  constructor(options?: ErrorOptions) {
    super('TimeoutError', options)
  }
}

/** Every call may throw TenutoError; `ERR_INSTANCE_ID_NOT_FOUND` for an unknown or purged instance where nothing else is said. */
export class DaprWorkflowClient {
  readonly #management: () => Promise<Management>
  readonly #release: () => Promise<void>
  readonly #isShared: boolean
  #stops = 0

  constructor({ backend, logger: loggerOptions }: DaprWorkflowClientOptions = {}) {
    this.#isShared = !backend
    if (backend) {
      const management = createManagement(backend.ports)
      this.#management = async () => management
      this.#release = async () => {}
    } else {
      const host = sharedHost()
      const logger = toLogger(loggerOptions)
      this.#management = async () => host.managementFor(this, logger)
      this.#release = async () => host.release(this)
    }
  }

  /**
   * Starts a workflow. @returns its id: the given one, or a random UUID
   * @throws TenutoError `ERR_START_WORKFLOW` when a live instance with this id was started with something else
   */
  async scheduleNewWorkflow(
    workflow: TWorkflow | string,
    input?: TInput,
    instanceId?: string,
    startAt?: Date,
  ): Promise<string> {
    const management = await this.#management()
    const started = await management.start({
      workflowName: nameOf('workflow', workflow),
      ...(instanceId !== undefined && { instanceId }),
      ...(startAt && { startAt: startAt.getTime() }),
      ...payload('input', input),
    })
    return started.instanceId
  }

  /** @param getInputsAndOutputs false: without payloads @returns undefined for an unknown instance */
  async getWorkflowState(
    workflowInstanceId: string,
    getInputsAndOutputs = true,
  ): Promise<WorkflowState | undefined> {
    const view = await (await this.#management()).get(workflowInstanceId)
    return view && new WorkflowState(view, getInputsAndOutputs)
  }

  /** Waits until the instance is no longer pending. @returns undefined for an unknown one @throws TimeoutError */
  async waitForWorkflowStart(
    workflowInstanceId: string,
    fetchPayloads = true,
    timeoutInSeconds = 60,
  ): Promise<WorkflowState | undefined> {
    return this.#wait(workflowInstanceId, 'start', fetchPayloads, timeoutInSeconds)
  }

  /** Waits until the instance has ended, well or not. @returns undefined for an unknown one @throws TimeoutError */
  async waitForWorkflowCompletion(
    workflowInstanceId: string,
    fetchPayloads = true,
    timeoutInSeconds = 60,
  ): Promise<WorkflowState | undefined> {
    return this.#wait(workflowInstanceId, 'completion', fetchPayloads, timeoutInSeconds)
  }

  /** Without a payload the event's data is null, as in Dapr. @throws TenutoError `ERR_RAISE_EVENT_WORKFLOW` (has ended) */
  async raiseEvent(
    workflowInstanceId: string,
    eventName: string,
    eventPayload: TInput = null,
  ): Promise<void> {
    const management = await this.#management()
    const data = payload('data', eventPayload)
    await management.raiseEvent({ instanceId: workflowInstanceId, eventName, ...data })
  }

  /** Without an output it is null, as in Dapr. */
  async terminateWorkflow(workflowInstanceId: string, output: TOutput = null): Promise<void> {
    await (await this.#management()).terminate(workflowInstanceId, encodePayload(output, 'output'))
  }

  /** @throws TenutoError `ERR_PAUSE_WORKFLOW` (has ended) */
  async suspendWorkflow(workflowInstanceId: string): Promise<void> {
    await (await this.#management()).suspend(workflowInstanceId)
  }

  /** @throws TenutoError `ERR_RESUME_WORKFLOW` (has ended) */
  async resumeWorkflow(workflowInstanceId: string): Promise<void> {
    await (await this.#management()).resume(workflowInstanceId)
  }

  /** @returns false for an unknown instance @throws TenutoError `ERR_PURGE_WORKFLOW` (has not ended) */
  async purgeWorkflow(workflowInstanceId: string): Promise<boolean> {
    try {
      await (await this.#management()).purge(workflowInstanceId)
      return true
    } catch (error) {
      if (isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND')) return false
      throw error
    }
  }

  /** Ids of all instances, the oldest first, page by page: `continuationToken` is there when there may be more. */
  async listInstanceIds(options: ListInstanceIdsOptions = {}): Promise<InstanceIds> {
    return listIds(await this.#management(), options)
  }

  /** What the instance went through, in Tenuto's words: episodes with events and commands. */
  async getInstanceHistory(workflowInstanceId: string): Promise<WorkflowHistory> {
    return (await this.#management()).history(workflowInstanceId)
  }

  /**
   * Begins a new instance with the past of one that has ended, up to the command whose `seq` is the event id. @returns its id
   * @throws TenutoError as `rerunWorkflowFromEvent` of Tenuto's own client
   */
  async rerunWorkflowFromEvent(
    sourceInstanceId: string,
    eventId: number,
    options: RerunWorkflowOptions = {},
  ): Promise<string> {
    return rerun(await this.#management(), sourceInstanceId, eventId, options)
  }

  /** Lets go of the shared backend, which closes when nobody uses it any more. */
  async stop(): Promise<void> {
    this.#stops++
    await this.#release()
  }

  async #wait(
    instanceId: string,
    until: 'start' | 'completion',
    withPayloads: boolean,
    timeoutInSeconds: number,
  ): Promise<WorkflowState | undefined> {
    if (!(timeoutInSeconds >= 0)) {
      const message = `timeoutInSeconds must be a number of at least 0, got ${String(timeoutInSeconds)}.`
      throw new TenutoError('INVALID_ARGUMENT', message)
    }
    const view = await this.#waitFor(instanceId, until, timeoutInSeconds * 1_000)
    if (!view) return undefined
    if (hasReached(view, until)) return new WorkflowState(view, withPayloads)
    const message = `Waited ${timeoutInSeconds} s for the ${until} of '${instanceId}', which is ${view.status}.`
    throw new TimeoutError({ cause: new TenutoError('WAIT_TIMEOUT', message) })
  }

  /** Goes on when the last runtime stops meanwhile: the shared backend is opened anew for those who still wait. */
  async #waitFor(
    instanceId: string,
    until: 'start' | 'completion',
    timeoutMs: number,
  ): Promise<InstanceView | undefined> {
    const end = performance.now() + timeoutMs
    const stops = this.#stops
    for (;;) {
      const leftMs = Math.max(0, end - performance.now())
      try {
        return await (await this.#management()).waitFor(instanceId, until, leftMs)
      } catch (error) {
        const isReopened = this.#isShared && this.#stops === stops && leftMs > 0
        if (!isReopened || !isTenutoError(error, 'UNAVAILABLE')) throw error
      }
    }
  }
}
