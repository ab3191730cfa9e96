// Where a function finds its table, queues and schedules: in environment variables that the deployment sets.

import { type Retention, retentionFrom } from '../../runtime/retention.ts'
import { TenutoError } from '../../workflow/errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const required = {
  tableName: 'TENUTO_TABLE_NAME',
  workflowQueueUrl: 'TENUTO_WORKFLOW_QUEUE_URL',
  workflowQueueArn: 'TENUTO_WORKFLOW_QUEUE_ARN',
  activityQueueUrl: 'TENUTO_ACTIVITY_QUEUE_URL',
  scheduleGroup: 'TENUTO_SCHEDULE_GROUP',
  scheduleRoleArn: 'TENUTO_SCHEDULE_ROLE_ARN',
} as const

export interface AwsSettings extends Readonly<Record<keyof typeof required, string>> {
  /** A queue for what Scheduler cannot deliver; left out, that is lost and the sweeper's to find. */
  readonly scheduleDeadLetterArn?: string
  /** How long an instance is kept after its end. */
  readonly retention?: Retention
  /** The dimension of all metrics. */
  readonly service: string
  readonly logLevel: string | undefined
}

/** @throws TenutoError `INVALID_ARGUMENT`, naming what is missing or wrong */
export function readSettings(env: Environment): AwsSettings {
  const missing = Object.values(required).filter((name) => !env[name])
  if (missing.length > 0) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `The environment lacks ${missing.join(', ')}. See docs/deploy.md for what sets them.`,
    )
  }
  const entries = Object.entries(required).map(([key, name]) => [key, env[name]])
  const given = Object.fromEntries(entries) as Record<keyof typeof required, string>
  const retention = readRetention(env['TENUTO_RETENTION'])
  const deadLetterArn = env['TENUTO_SCHEDULE_DEAD_LETTER_ARN']
  return {
    ...given,
    ...(deadLetterArn && { scheduleDeadLetterArn: deadLetterArn }),
    ...(retention && { retention }),
    service: first(env, 'TENUTO_SERVICE', 'AWS_LAMBDA_FUNCTION_NAME') ?? 'tenuto',
    logLevel: first(env, 'TENUTO_LOG_LEVEL', 'AWS_LAMBDA_LOG_LEVEL'),
  }
}

/** The first that is set and not empty. */
function first(env: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]).find(Boolean)
}

/** Undefined when it is not set, or empty: then nothing goes by itself. @throws TenutoError `INVALID_ARGUMENT` */
function readRetention(text = ''): Retention | undefined {
  const retention = retentionFrom(text)
  if (retention || text === '') return retention
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `TENUTO_RETENTION must be a time with its unit, such as '30d' or '12h', got '${text}'.`,
  )
}
