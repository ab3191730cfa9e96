// DynamoDB, SQS, SNS, EventBridge Scheduler and Lambda's event source mapping in one process, on a clock that a test can turn. The real clients of
// the AWS SDK talk to them: `new SQSClient(standIn.clientConfig)`.
export { createDynamoStandIn, type DynamoStandIn } from './dynamodb/stand-in.ts'
export type { DynamoFaults } from './dynamodb/faults.ts'
export {
  type PolledQueue,
  pollQueue,
  type Polling,
  type PollOptions,
  type SqsHandler,
} from './event-source/poll-queue.ts'
export type { SqsEvent, SqsRecord } from './event-source/sqs-event.ts'
export type { RequestFault } from './request-handler.ts'
export type { SchedulerFaults } from './scheduler/faults.ts'
export { createSchedulerStandIn, type SchedulerStandIn } from './scheduler/stand-in.ts'
export { createSnsStandIn, type SnsStandIn } from './sns/stand-in.ts'
export type { SqsFaults } from './sqs/faults.ts'
export { createSqsStandIn, type SqsStandIn } from './sqs/stand-in.ts'
