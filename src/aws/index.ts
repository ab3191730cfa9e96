// The backend on DynamoDB, SQS and EventBridge Scheduler, and the Lambda functions over it. That of the HTTP API is in `tenuto/http/lambda`.
export type { BlobStore } from './blobs.ts'
export type { BlobOptions, Retention } from './dynamodb/index.ts'
export {
  type AwsBackend,
  type AwsBackendOptions,
  type AwsClients,
  type AwsRequest,
  createAwsBackend,
} from './lambda/backend.ts'
export type { BusinessMessage } from './lambda/business-message.ts'
export type { HandlerOptions, Middleware, MiddlewareRequest } from './lambda/compose.ts'
export { deadLetterHandler, type DeadLetterOptions } from './lambda/dead-letter-handler.ts'
export type { LambdaContext, LambdaHandler, SnsEvent, SqsBatchResponse, SqsEvent } from './lambda/events.ts'
export { type EventTarget, listener, type ListenerMap, type StartTarget } from './lambda/listener.ts'
export type { MetricName, Metrics } from './lambda/metrics.ts'
export { activityHandler, orchestratorHandler } from './lambda/queue-handlers.ts'
export { sweeperHandler, type SweeperOptions } from './lambda/sweeper-handler.ts'
