// Failures as data (what the history keeps) and as errors (what workflow code catches).

import type { TenutoError } from './errors.ts'
import { limits } from './limits.ts'

/** What the history keeps of an error. The shape of Dapr's failure details, with code, cause and the non-retriable mark. */
export interface FailureDetails {
  readonly errorType: string
  readonly message: string
  readonly code?: string
  readonly stackTrace?: string
  readonly nonRetriable?: boolean
  readonly cause?: FailureDetails
}

/** Throw it in an activity (or set `nonRetriable: true` on any error) and no retry policy tries again. */
export class NonRetriableError extends Error {
  override readonly name: string = 'NonRetriableError'
  readonly nonRetriable = true
}

/** An activity or child workflow that failed for good, as the workflow sees it. */
export class TaskFailedError extends Error {
  override readonly name = 'TaskFailedError'
  /** Name of the activity or child workflow. */
  readonly taskName: string
  /** Sequence number of the call within its generation. */
  readonly taskId: number
  readonly failure: FailureDetails

  constructor(message: string, taskName: string, taskId: number, failure: FailureDetails) {
    super(message)
    this.taskName = taskName
    this.taskId = taskId
    this.failure = failure
  }

  /** Dapr's name for `failure`. */
  get details(): FailureDetails {
    return this.failure
  }
}

const maxCauseDepth = 5

/** The failure that a thrown value stands for. A thrown string or object keeps its text; stack and message are cut to their limits. */
export function toFailureDetails(thrown: unknown, depth = 0): FailureDetails {
  if (!(thrown instanceof Error)) return { errorType: nameOfType(thrown), message: cut(textOf(thrown)) }
  const marked: { nonRetriable?: unknown; code?: unknown } = thrown as never
  const cause = thrown instanceof TaskFailedError ? thrown.failure : undefined
  const nested =
    cause ??
    (thrown.cause === undefined || depth >= maxCauseDepth
      ? undefined
      : toFailureDetails(thrown.cause, depth + 1))
  return {
    errorType: String(thrown.name || 'Error').slice(0, 256),
    message: cut(String(thrown.message)),
    ...(typeof marked.code === 'string' && { code: marked.code.slice(0, 256) }),
    ...(typeof thrown.stack === 'string' && {
      stackTrace: thrown.stack.slice(0, limits.stackTraceCharacters),
    }),
    ...(marked.nonRetriable === true && { nonRetriable: true }),
    ...(nested && { cause: nested }),
  }
}

/** A failure that somebody else has described, cut to the limits. */
export function boundedFailure(given: FailureDetails, depth = 0): FailureDetails {
  const { errorType, message, code, stackTrace, nonRetriable, cause } = given
  return {
    errorType: errorType.slice(0, 256),
    message: cut(message),
    ...(code !== undefined && { code: code.slice(0, 256) }),
    ...(stackTrace !== undefined && { stackTrace: stackTrace.slice(0, limits.stackTraceCharacters) }),
    ...(nonRetriable === true && { nonRetriable }),
    ...(cause && depth < maxCauseDepth && { cause: boundedFailure(cause, depth + 1) }),
  }
}

/** The failure for one of Tenuto's own codes. */
export function failureOf(error: TenutoError): FailureDetails {
  return { errorType: error.name, message: error.message, code: error.code, nonRetriable: true }
}

function cut(text: string): string {
  const limit = limits.failureMessageCharacters
  return text.length <= limit ? text : `${text.slice(0, limit)}… (cut at ${limit} characters)`
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } }
  return typeof constructor?.name === 'string' ? constructor.name.slice(0, 256) : 'Object'
}

function textOf(value: unknown): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- it is no object
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
