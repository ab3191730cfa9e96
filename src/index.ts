// The public surface: what an author of workflows imports.
export { activity, defineApp, type ActivityOptions, type App, type AppDefinition } from './workflow/app.ts'
export type { ActivityContext, WorkflowContext } from './workflow/context.ts'
export type {
  CallActivityOptions,
  InlineOptions,
  CallChildWorkflowOptions,
  CreateTimerOptions,
  Rollback,
  RollbackActivity,
  ScheduleNewWorkflowOptions,
  WaitForExternalEventOptions,
} from './workflow/call-options.ts'
export type { Duration } from './workflow/duration.ts'
export { type ErrorCode, isTenutoError, TenutoError } from './workflow/errors.ts'
export { type FailureDetails, NonRetriableError, TaskFailedError } from './workflow/failure.ts'
export type {
  ActivityFunction,
  InputOf,
  OutputOf,
  TWorkflow,
  WorkflowFunction,
} from './workflow/functions.ts'
export { limits } from './workflow/limits.ts'
export { mapInParallel, type MapOptions, type TolerantMapOptions } from './workflow/map-in-parallel.ts'
export type { LogFields, Logger } from './workflow/logger.ts'
export type { Jsonify } from './workflow/payload.ts'
export type { RetryPolicy } from './workflow/retry-policy.ts'
export type { RuntimeStatus, TerminalStatus } from './workflow/status.ts'
export type { Task, TaskResults } from './workflow/task.ts'
export type {
  Span,
  SpanAttributes,
  SpanContext,
  SpanOptions,
  Tracer,
  TracerContext,
} from './workflow/tracer.ts'
export { versions, type WorkflowVersions } from './workflow/versions.ts'
export { createRuntime, type Runtime } from './runtime/runtime.ts'
