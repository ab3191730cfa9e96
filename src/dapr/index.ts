// Dapr's JavaScript SDK for workflows, by its names: a program written for `@dapr/dapr` imports this instead, and runs.
export { DaprWorkflowClient, TimeoutError } from './dapr-workflow-client.ts'
export { ConsoleLoggerService, LogLevel } from './logger.ts'
export { fromOrchestrationStatus, toOrchestrationStatus, WorkflowRuntimeStatus } from './runtime-status.ts'
export { Task, type WhenAllTask } from './task.ts'
export type {
  ActivityOptions,
  ChildWorkflowOptions,
  DaprWorkflowClientOptions,
  InstanceIds,
  ListInstanceIdsOptions,
  LoggerOptions,
  LoggerService,
  RerunWorkflowOptions,
  RetryPolicy,
  TWorkflow,
  TWorkflowActivity,
  WorkflowClientOptions,
  WorkflowRuntimeOptions,
} from './types.ts'
export { WorkflowActivityContext } from './workflow-activity-context.ts'
export { WorkflowContext } from './workflow-context.ts'
export { WorkflowRuntime } from './workflow-runtime.ts'
export { WorkflowFailureDetails, WorkflowState } from './workflow-state.ts'
