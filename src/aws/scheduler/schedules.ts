// The two requests to EventBridge Scheduler that timers need, with what their errors mean.

import { CreateScheduleCommand, DeleteScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler'
import type { InstanceKey } from '../../runtime/episode.ts'
import type { TimerMessage } from '../../runtime/messages.ts'
import type { Clock } from '../../runtime/ports.ts'
import { TenutoError } from '../../workflow/errors.ts'
import type { Logger } from '../../workflow/logger.ts'
import { encodeMessage } from '../sqs/codec.ts'
import type { OnRequest } from '../sqs/request-record.ts'
import { describeError, retry } from '../sqs/retry.ts'
import { scheduleName } from './schedule-plan.ts'

export interface SchedulesOptions {
  /** Its own retries are best left off (`maxAttempts: 1`): this adapter repeats what failed, and counts what it asks. */
  readonly client: Pick<SchedulerClient, 'send'>
  readonly groupName: string
  /** The workflow queue. */
  readonly targetArn: string
  /** With which Scheduler sends to the queue. */
  readonly roleArn: string
  /** A standard queue for what Scheduler cannot deliver within a day: best the dead-letter queue of the workflow queue. */
  readonly deadLetterArn?: string
  readonly clock: Clock
  readonly logger: Logger
  /** Ms that the host has left. */
  readonly remainingTimeMs?: () => number
  /** Hears of every request before it is made. */
  readonly onRequest?: OnRequest
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
}

export interface Schedules {
  /** @returns false when Scheduler does not take the request as it is; rejects when it was out of reach or had no room. */
  create(timer: TimerMessage, expression: string): Promise<boolean>
  /** Best effort: never rejects. */
  remove(key: InstanceKey, generation: number, seq: number): Promise<void>
}

const longestCreateMs = 30_000
/** Nothing depends on a cancellation, so nobody waits long for it. */
const longestRemoveMs = 2_000

export function createSchedules(options: SchedulesOptions): Schedules {
  const { client, groupName, clock, logger, onRequest, remainingTimeMs } = options
  const retryOptions = {
    clock,
    random: options.random ?? Math.random,
    onRetry: (error: unknown, attempt: number) =>
      logger.warn('Scheduler did not take a request; it is made again.', {
        attempt,
        reason: describeError(error),
      }),
    ...(remainingTimeMs !== undefined && { remainingTimeMs }),
  }

  function record(operation: string, attempt: number, bytes: number): void {
    onRequest?.({ service: 'scheduler', operation, attempt, items: 1, bytes })
  }

  return {
    async create(timer, expression) {
      const input = scheduleInput(options, timer, expression)
      try {
        await retry({ ...retryOptions, longestMs: longestCreateMs }, (attempt) => {
          record('CreateSchedule', attempt, input.Target.Input.length)
          return client.send(new CreateScheduleCommand(input))
        })
      } catch (error) {
        // The name says which timer it is, so what is in the way is this very timer.
        if (isNamed(error, 'ConflictException')) return true
        if (!isNamed(error, 'ValidationException')) throw failure(timer, error)
        const { instanceId } = timer
        logger.warn('A schedule was refused.', { instanceId, expression, reason: describeError(error) })
        return false
      }
      return true
    },

    async remove(key, generation, seq) {
      const name = scheduleName(key, generation, seq)
      try {
        await retry({ ...retryOptions, longestMs: longestRemoveMs }, (attempt) => {
          record('DeleteSchedule', attempt, 0)
          return client.send(new DeleteScheduleCommand({ Name: name, GroupName: groupName }))
        })
      } catch (error) {
        // It has fired, or it never was one.
        if (isNamed(error, 'ResourceNotFoundException')) return
        const fields = { instanceId: key.instanceId, schedule: name, reason: describeError(error) }
        logger.warn('A timer could not be cancelled; it will fire and be ignored.', fields)
      }
    },
  }
}

function scheduleInput(options: SchedulesOptions, timer: TimerMessage, expression: string) {
  const { groupName, targetArn, roleArn, deadLetterArn } = options
  return {
    Name: scheduleName(timer, timer.generation, timer.seq),
    GroupName: groupName,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: targetArn,
      RoleArn: roleArn,
      // Scheduler replaces <aws.scheduler…> wherever it stands, in an instance id too; written this way it does not see it.
      Input: encodeMessage(timer).replaceAll('<', String.raw`\u003c`),
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      ...(deadLetterArn !== undefined && { DeadLetterConfig: { Arn: deadLetterArn } }),
    },
  } as const
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

function failure({ seq, instanceId }: TimerMessage, cause: unknown): TenutoError {
  const message = `Timer #${seq} of instance ${instanceId} was not scheduled: ${describeError(cause)}`
  return new TenutoError('SEND_FAILED', message, { cause })
}
