// The clients: one interface, over a backend in this process or over HTTP.
export { createClient } from './backend-client.ts'
export { createHttpClient, type HttpClientOptions } from './http-client.ts'
export type { Recursion, WorkflowHistory } from '../runtime/management.ts'
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
