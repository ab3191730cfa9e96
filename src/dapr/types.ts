// The types that Dapr's JavaScript SDK exports, under its names: a program that is typed against them compiles against these.

import type { LocalBackend } from '../local/index.ts'
import type { Ports } from '../runtime/ports.ts'
import type { WorkflowActivityContext } from './workflow-activity-context.ts'
import type { WorkflowContext } from './workflow-context.ts'

/* oxlint-disable typescript/no-explicit-any -- Dapr's types: they say nothing of inputs and outputs, and programs rely on that */
export type TInput = any
export type TOutput = any
/* oxlint-enable typescript/no-explicit-any */

/** An async generator, a generator, or a plain (async) function; `(ctx, input)`. */
export type TWorkflow = (context: WorkflowContext, input: TInput) => TOutput

export type TWorkflowActivity<Input = TInput, Output = TOutput> = (
  context: WorkflowActivityContext,
  input: Input,
) => Output

/** Dapr 3.19's retry policy. All times are seconds. */
export interface RetryPolicy {
  /** Wait before the second attempt. Greater than zero. */
  readonly firstRetryInterval: number
  /** Attempts in all, the first included. At least 1. */
  readonly maxNumberOfAttempts: number
  /** Each wait is the one before times this. Default 1. */
  readonly backoffCoefficient?: number
  /** No wait is longer than this. Default: no bound. */
  readonly maxRetryInterval?: number
  /** No attempt starts later than this after the first one. Default: no bound. */
  readonly retryTimeout?: number
}

export interface ActivityOptions {
  /** Default: a single attempt. */
  readonly retryPolicy?: RetryPolicy
}

export interface ChildWorkflowOptions {
  /** Each attempt is a new instance. Default: a single attempt. */
  readonly retryPolicy?: RetryPolicy
}

/** What Dapr's constructors take. There is no sidecar to connect to: all but the logger is accepted and has no effect. */
export interface WorkflowClientOptions {
  daprHost: string
  daprPort: string
  daprApiToken?: string
  grpcOptions?: object
  logger?: LoggerOptions
}

export interface LoggerOptions {
  /** A `LogLevel`; what is above it is left out. Default: `LogLevel.Info`. */
  level?: number
  /** Default: the console. */
  service?: LoggerService
}

export interface LoggerService {
  error(message: unknown, ...more: unknown[]): void
  warn(message: unknown, ...more: unknown[]): void
  info(message: unknown, ...more: unknown[]): void
  verbose(message: unknown, ...more: unknown[]): void
  debug(message: unknown, ...more: unknown[]): void
}

export interface WorkflowRuntimeOptions extends Partial<WorkflowClientOptions> {
  /** From `openLocalBackend`; stopped together with the last runtime on it. Default: the embedded backend that this process shares. */
  readonly backend?: LocalBackend
}

export interface DaprWorkflowClientOptions extends Partial<WorkflowClientOptions> {
  /** From `openLocalBackend` or `createAwsBackend`; whoever made it stops it. Default: the embedded backend that this process shares. */
  readonly backend?: { readonly ports: Ports }
}

export interface ListInstanceIdsOptions {
  /** 1 to 1,000. Default: 100. */
  readonly pageSize?: number
  /** From the page before. */
  readonly continuationToken?: string
}

export interface InstanceIds {
  readonly instanceIds: readonly string[]
  /** There may be more. */
  readonly continuationToken?: string
}

export interface RerunWorkflowOptions {
  /** Default: a random UUID. */
  readonly newInstanceId?: string
  /** The id that the child has instead of its own. */
  readonly newChildWorkflowInstanceId?: string
  /** What the activity or child is given instead of its own input. */
  readonly input?: TInput
}
