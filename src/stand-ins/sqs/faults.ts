// What a queue may do beside what one hopes for. All of it is allowed by SQS; nothing of it happens unless asked for. The object may be
// changed while the stand-in runs.

import type { RequestFaults } from '../request-handler.ts'

export interface EntryCall {
  readonly operation: 'SendMessageBatch' | 'DeleteMessageBatch' | 'ChangeMessageVisibilityBatch'
  readonly queueName: string
  readonly id: string
}

export interface SqsFaults extends RequestFaults {
  /** Ms until a message that was sent can be received, beside its delay. */
  latencyMs?: () => number
  /** Ms after which a second copy can be received too; undefined for none. */
  duplicateAfterMs?: () => number | undefined
  /** Ms after its deletion at which a message comes back; undefined for never. */
  undeleteAfterMs?: () => number | undefined
  /** Which of `count` visible messages is received next. */
  pick?: (count: number) => number
  /** How many of `count` messages a receive gets, which is at least one. */
  shortReceive?: (count: number) => number
  /** Reports one entry of a batch as failed; it is not done. Of throttling SQS may say that it is the sender's fault. */
  failEntry?: (entry: EntryCall) => 'internal error' | 'throttled' | undefined
  /** `ApproximateReceiveCount` as reported. */
  receiveCount?: (actual: number) => number
  /** `ApproximateNumberOf…` as reported. */
  messageCount?: (actual: number) => number
}
