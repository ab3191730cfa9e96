// Dapr's WorkflowRuntime: it registers workflows and activities, and runs them.

import type { App } from '../workflow/app.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { Logger } from '../workflow/logger.ts'
import { hostOf, sharedHost } from './host.ts'
import { toLogger } from './logger.ts'
import { nameOf } from './names.ts'
import { Registry } from './registry.ts'
import type { TWorkflow, TWorkflowActivity, WorkflowRuntimeOptions } from './types.ts'

/** Every method that registers throws TenutoError `INVALID_ARGUMENT` for a name that is taken or missing, and while the runtime runs. */
export class WorkflowRuntime {
  readonly #options: WorkflowRuntimeOptions
  readonly #logger: Logger
  readonly #registry = new Registry()
  #stop: (() => Promise<void>) | undefined

  constructor(options: WorkflowRuntimeOptions = {}) {
    this.#options = options
    this.#logger = toLogger(options.logger)
  }

  registerWorkflow(workflow: TWorkflow): this {
    return this.registerWorkflowWithName(nameOf('workflow', workflow), workflow)
  }

  registerWorkflowWithName(name: string, workflow: TWorkflow): this {
    this.#assertStopped()
    this.#registry.addWorkflow(nameOf('workflow', name), workflow)
    return this
  }

  registerActivity(activity: TWorkflowActivity): this {
    return this.registerActivityWithName(nameOf('activity', activity), activity)
  }

  registerActivityWithName(name: string, activity: TWorkflowActivity): this {
    this.#assertStopped()
    this.#registry.addActivity(nameOf('activity', name), activity)
    return this
  }

  /** Not Dapr's. What has been registered, for `orchestratorHandler` and its like. */
  toApp(): App {
    return this.#registry.toApp()
  }

  /**
   * Runs what has been registered, and goes on with what is unfinished.
   * @throws TenutoError `INVALID_ARGUMENT` when it runs already, `STORAGE_LOCKED` when another process has the folder
   */
  async start(): Promise<void> {
    this.#assertStopped()
    const { backend } = this.#options
    const host = backend ? hostOf(backend) : sharedHost()
    const app = this.toApp()
    this.#stop = async () => host.stop(app)
    try {
      await host.start(app, this.#logger)
    } catch (error) {
      this.#stop = undefined
      throw error
    }
  }

  /** Waits up to 30 seconds for what is running; the rest goes on at the next start. @throws TenutoError `INVALID_ARGUMENT` when it does not run */
  async stop(): Promise<void> {
    const stop = this.#stop
    if (!stop) throw new TenutoError('INVALID_ARGUMENT', 'The workflow runtime is not running.')
    await stop()
    this.#stop = undefined
  }

  #assertStopped(): void {
    if (this.#stop) throw new TenutoError('INVALID_ARGUMENT', 'The workflow runtime is running already.')
  }
}
