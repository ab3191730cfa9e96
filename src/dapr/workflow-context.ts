// What workflow code is handed: the methods of Dapr's WorkflowContext 3.18, and what 3.19 adds to them.

import { type Caller, callFrom } from '../engine/call-site.ts'
import type { CallActivityOptions } from '../workflow/call-options.ts'
import type { WorkflowContext as EngineContext } from '../workflow/context.ts'
import type { Logger } from '../workflow/logger.ts'
import type { Task as EngineTask } from '../workflow/task.ts'
import { nameOf } from './names.ts'
import { type Task, toWhenAllTask, type WhenAllTask } from './task.ts'
import type {
  ActivityOptions,
  ChildWorkflowOptions,
  TInput,
  TOutput,
  TWorkflow,
  TWorkflowActivity,
} from './types.ts'

export class WorkflowContext {
  readonly #inner: EngineContext

  constructor(inner: EngineContext) {
    this.#inner = inner
  }

  getWorkflowInstanceId(): string {
    return this.#inner.getWorkflowInstanceId()
  }

  /** The time of the event that the workflow is handling, the same at every replay. */
  getCurrentUtcDateTime(): Date {
    return this.#inner.getCurrentUtcDateTime()
  }

  isReplaying(): boolean {
    return this.#inner.isReplaying()
  }

  /** A durable timer, to a date or for so many seconds. */
  createTimer(fireAt: Date | number): Task<TOutput> {
    return this.#task('createTimer', () => this.#inner.createTimer(fireAt))
  }

  /** Calls an activity, by name or by the function of that name. It runs at least once; without faults exactly once. */
  callActivity(
    activity: TWorkflowActivity | string,
    input?: TInput,
    options?: ActivityOptions,
  ): Task<TOutput> {
    return this.#task('callActivity', () =>
      this.#inner.callActivity(nameOf('activity', activity), input, retryOf(options)),
    )
  }

  /** Starts a child workflow and waits for its end. Default id: `<parent>:<sequence number as four hex digits>`. */
  callChildWorkflow<Input = TInput, Output = TOutput>(
    workflow: TWorkflow | string,
    input?: Input,
    instanceId?: string,
    options?: ChildWorkflowOptions,
  ): Task<Output> {
    const id = instanceId === undefined ? {} : { instanceId }
    return this.#task('callChildWorkflow', () =>
      this.#inner.callChildWorkflow<Output>(nameOf('workflow', workflow), input, {
        ...id,
        ...retryOf(options),
      }),
    )
  }

  /** Dapr's older name of `callChildWorkflow`. */
  callSubWorkflow<Input = TInput, Output = TOutput>(
    workflow: TWorkflow | string,
    input?: Input,
    instanceId?: string,
  ): Task<Output> {
    return this.#call('callSubWorkflow', () =>
      this.callChildWorkflow<Input, Output>(workflow, input, instanceId),
    )
  }

  /** The next external event of this name. Names compare without case. */
  waitForExternalEvent(name: string): Task<TOutput> {
    return this.#task('waitForExternalEvent', () => this.#inner.waitForExternalEvent(name))
  }

  /**
   * Starts a workflow that goes its own way: nobody waits for it, and its failure is its own. Here, and in Dapr's SDK for Go.
   * @returns the id of the new instance; by default `<caller>-<n>`
   */
  scheduleNewWorkflow(
    workflow: TWorkflow | string,
    input?: TInput,
    instanceId?: string,
    startAt?: Date,
  ): string {
    return this.#call('scheduleNewWorkflow', () =>
      this.#inner.scheduleNewWorkflow(nameOf('workflow', workflow), input, {
        ...(instanceId !== undefined && { instanceId }),
        ...(startAt && { startTime: startAt }),
      }),
    )
  }

  /** Raises an event in another instance (Dapr 3.19). */
  sendEvent(instanceId: string, eventName: string, payload?: TInput): void {
    this.#call('sendEvent', () => this.#inner.sendEvent(instanceId, eventName, payload))
  }

  /** Starts the workflow anew with an empty history. @param saveEvents true: events that nobody has taken yet are kept. Default: false */
  continueAsNew(newInput?: TInput, saveEvents = false): void {
    this.#call('continueAsNew', () => this.#inner.continueAsNew(newInput, saveEvents))
  }

  /** A string is kept as it is, anything else as JSON. */
  setCustomStatus(status: unknown): void {
    this.#call('setCustomStatus', () => this.#inner.setCustomStatus(status))
  }

  /** All results, in the order of the tasks; fails as soon as one fails. */
  whenAll<T>(tasks: Task<T>[]): WhenAllTask<T> {
    return this.#call('whenAll', () => toWhenAllTask(this.#inner.whenAll(tasks) as Task<T[]>, tasks))
  }

  /** The first task that completes, failed or not. */
  whenAny(tasks: Task<TOutput>[]): Task<Task<TOutput>> {
    return this.#call('whenAny', () => this.#inner.whenAny(tasks)) as Task<Task<TOutput>>
  }

  /** A UUID that is the same at every replay and differs between instances and calls (Dapr 3.19). */
  newGuid(): string {
    return this.#inner.newGuid()
  }

  /** Silent while replaying (Dapr 3.19). */
  get logger(): Logger {
    return this.#inner.logger
  }

  /** What fails a task of a program that knows no more than Dapr's calls is a failed activity or child. */
  #task<T>(method: Method, call: () => EngineTask<T>): Task<T> {
    return this.#call(method, call) as Task<T>
  }

  #call<T>(method: Method, call: () => T): T {
    return callFrom(this[method] as Caller, call)
  }
}

type Method = Exclude<keyof WorkflowContext, 'logger'>

function retryOf({ retryPolicy }: ActivityOptions = {}): CallActivityOptions {
  return retryPolicy ? { retry: retryPolicy } : {}
}
