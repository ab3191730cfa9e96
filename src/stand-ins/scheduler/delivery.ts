// How a schedule reaches its queue: again and again within the limits of its retry policy, and then its dead-letter queue.

import type { Clock } from '../../runtime/ports.ts'
import { ServiceError } from '../service-error.ts'
import { checkMessage } from '../sqs/check-message.ts'
import { legacyCode } from '../sqs/errors.ts'
import type { SqsStandIn } from '../sqs/stand-in.ts'
import type { Target } from './check-schedule.ts'

export interface Delivery {
  readonly scheduleArn: string
  readonly scheduledAt: number
  readonly executionId: string
  readonly target: Target
}

export interface DeliveryHost {
  readonly clock: Clock
  readonly sqs: SqsStandIn
}

const firstPauseMs = 1_000
const longestPauseMs = 600_000

export async function deliver(host: DeliveryHost, delivery: Delivery): Promise<void> {
  const { clock } = host
  const { RetryPolicy: policy } = delivery.target
  const attempts = 1 + (policy?.MaximumRetryAttempts ?? 185)
  const giveUpAt = clock.now() + (policy?.MaximumEventAgeInSeconds ?? 86_400) * 1000
  for (let attempt = 1; ; attempt++) {
    try {
      send(host, delivery, attempt)
      return
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1))
      const isLast = attempt === attempts
      if (isLast || clock.now() + pauseMs > giveUpAt) {
        const condition = isLast ? 'MaximumRetryAttempts' : 'MaximumEventAge'
        bury(host, delivery, { error, attempt, condition })
        return
      }
      await clock.sleep(pauseMs)
    }
  }
}

function send({ sqs }: DeliveryHost, delivery: Delivery, attempt: number): void {
  const { Arn: arn = '', Input: input = '{}', SqsParameters: parameters } = delivery.target
  const queue = sqs.queue(arn)
  const group = parameters?.MessageGroupId
  const body = fillIn(input, delivery, attempt)
  queue.send(
    checkMessage(queue, { MessageBody: body, ...(group !== undefined && { MessageGroupId: group }) }),
  )
}

/** Scheduler replaces its keywords wherever they stand in the input. */
function fillIn(input: string, { scheduleArn, scheduledAt, executionId }: Delivery, attempt: number): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', scheduleArn)
    .replaceAll('<aws.scheduler.scheduled-time>', toSeconds(scheduledAt))
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt))
}

interface Reason {
  readonly error: ServiceError
  readonly attempt: number
  readonly condition: string
}

/** Without a dead-letter queue, or when that one is missing too, the event is dropped. */
function bury({ sqs }: DeliveryHost, delivery: Delivery, { error, attempt, condition }: Reason): void {
  const { target, scheduleArn, scheduledAt, executionId } = delivery
  const arn = target.DeadLetterConfig?.Arn
  if (arn === undefined) return
  const text = (value: string) => ({ DataType: 'String', StringValue: value })
  try {
    const queue = sqs.queue(arn)
    const attributes = {
      ERROR_CODE: text(legacyCode(error.code)),
      ERROR_MESSAGE: text(error.message),
      EXECUTION_ID: text(executionId),
      EXHAUSTED_RETRY_CONDITION: text(condition),
      IS_PAYLOAD_TRUNCATED: text('false'),
      RETRY_ATTEMPTS: text(String(attempt - 1)),
      SCHEDULED_TIME: text(toSeconds(scheduledAt)),
      SCHEDULE_ARN: text(scheduleArn),
      TARGET_ARN: text(target.Arn ?? ''),
    }
    queue.send(checkMessage(queue, { MessageBody: target.Input ?? '{}', MessageAttributes: attributes }))
  } catch (failure) {
    if (!(failure instanceof ServiceError)) throw failure
  }
}

function toSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
