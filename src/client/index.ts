// The clients: one interface, over a backend in this process or over HTTP.
export { createClient } from './backend-client.ts'
export { createHttpClient, type HttpClientOptions } from './http-client.ts'
export type {
  IdReusePolicy,
  InstanceCount,
  PurgeOptions,
  Recursion,
  WorkflowHistory,
} from '../runtime/management.ts'
export type {
  InstanceId,
  InstanceIdOf,
  OutputOfId,
  RaiseEventOptions,
  ScheduleArguments,
  ScheduleOptions,
  WaitOptions,
  WorkflowClient,
  WorkflowState,
} from './workflow-client.ts'
export type { AgainOptions, RerunOptions, RestartOptions, WorkflowsAgain } from './workflow-again.ts'
export type {
  ListOptions,
  ManyOptions,
  ManyWorkflows,
  WorkflowFilter,
  WorkflowPage,
} from './workflow-list.ts'
