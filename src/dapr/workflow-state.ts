// An instance as Dapr's client shows it: payloads are texts, a failure answers by methods.

import type { InstanceView } from '../runtime/management.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import { toNumber, type WorkflowRuntimeStatus } from './runtime-status.ts'

export class WorkflowFailureDetails {
  readonly #failure: FailureDetails

  constructor(failure: FailureDetails) {
    this.#failure = failure
  }

  /** The name of the error's class; Dapr's own names where the engine has failed it. */
  getErrorType(): string {
    const { code = '', errorType } = this.#failure
    return errorTypeOf[code] ?? errorType
  }

  getErrorMessage(): string {
    return this.#failure.message
  }

  getStackTrace(): string | undefined {
    return this.#failure.stackTrace
  }
}

/** What Dapr calls the errors that programs may meet. */
const errorTypeOf: Readonly<Record<string, string>> = {
  WORKFLOW_NOT_REGISTERED: 'OrchestratorNotRegisteredError',
  ACTIVITY_NOT_REGISTERED: 'ActivityNotRegisteredError',
}

export class WorkflowState {
  readonly name: string
  readonly instanceId: string
  readonly runtimeStatus: WorkflowRuntimeStatus
  readonly createdAt: Date
  readonly lastUpdatedAt: Date
  /** JSON; undefined without an input, and where payloads were not asked for. */
  readonly serializedInput: string | undefined
  /** JSON; undefined until the workflow has an output, and where payloads were not asked for. */
  readonly serializedOutput: string | undefined
  /** Of a failed instance, where payloads were asked for. */
  readonly workflowFailureDetails: WorkflowFailureDetails | undefined
  /** Empty when there is none; undefined where payloads were not asked for. */
  readonly customStatus: string | undefined

  constructor(view: InstanceView, withPayloads: boolean) {
    this.name = view.workflowName
    this.instanceId = view.instanceId
    this.runtimeStatus = toNumber(view.status)
    this.createdAt = view.createdAt
    this.lastUpdatedAt = view.lastUpdatedAt
    if (!withPayloads) return
    this.serializedInput = view.input
    this.serializedOutput = view.output
    this.customStatus = view.customStatus ?? ''
    if (view.status === 'FAILED' && view.failure)
      this.workflowFailureDetails = new WorkflowFailureDetails(view.failure)
  }
}
