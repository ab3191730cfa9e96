// What Scheduler checks of a schedule before it takes it.

import { notImplemented } from '../service-error.ts'
import { invalidInput } from './errors.ts'

export interface Target {
  readonly Arn?: string
  readonly RoleArn?: string
  readonly Input?: string
  readonly RetryPolicy?: {
    readonly MaximumEventAgeInSeconds?: number
    readonly MaximumRetryAttempts?: number
  }
  readonly DeadLetterConfig?: { readonly Arn?: string }
  readonly SqsParameters?: { readonly MessageGroupId?: string }
}

/** A schedule as it comes over the wire. */
export interface ScheduleInput {
  readonly Name?: string
  readonly GroupName?: string
  readonly ScheduleExpression?: string
  readonly ScheduleExpressionTimezone?: string
  readonly State?: string
  readonly Description?: string
  readonly Target?: Target
  readonly FlexibleTimeWindow?: { readonly Mode?: string; readonly MaximumWindowInMinutes?: number }
  readonly ActionAfterCompletion?: string
  readonly ClientToken?: string
}

const namePattern = /^[\w.-]{1,64}$/
const inputBytes = 262_144

/** @throws `ValidationException`. */
export function checkName(value: string | undefined, field: 'name' | 'groupName'): void {
  if (value !== undefined && namePattern.test(value)) return
  const rule = 'Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$ and have 1 to 64 characters'
  throw invalidInput(
    `1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: ${rule}`,
  )
}

/** @throws `ValidationException`. */
export function checkSchedule(input: ScheduleInput): void {
  checkName(input.Name, 'name')
  if (input.GroupName !== undefined) checkName(input.GroupName, 'groupName')
  checkOneOf('State', input.State, ['ENABLED', 'DISABLED'])
  checkOneOf('ActionAfterCompletion', input.ActionAfterCompletion, ['NONE', 'DELETE'])
  if (input.ClientToken !== undefined && !/^[\w-]{1,64}$/.test(input.ClientToken)) {
    throw invalidInput('ClientToken is not valid.')
  }
  const { Mode: mode, MaximumWindowInMinutes: minutes } = input.FlexibleTimeWindow ?? {}
  if (mode === undefined) throw invalidInput('FlexibleTimeWindow.Mode must not be null.')
  checkOneOf('FlexibleTimeWindow.Mode', mode, ['OFF', 'FLEXIBLE'])
  if ((mode === 'FLEXIBLE') !== (minutes !== undefined)) {
    throw invalidInput('MaximumWindowInMinutes goes with a flexible time window, and only with one.')
  }
  checkRange('MaximumWindowInMinutes', minutes, 1, 1440)
  checkTarget(input.Target ?? {})
}

function checkTarget(target: Target): void {
  const { Arn: arn, RoleArn: role, Input: input, RetryPolicy: retry, DeadLetterConfig: dead } = target
  if (!arn?.startsWith('arn:')) throw invalidInput('Provided Arn is not in correct format.')
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role ?? '')) {
    throw invalidInput(
      'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
    )
  }
  if (!isSqsArn(arn)) throw notImplemented(`targets other than queues (${arn})`)
  const group = target.SqsParameters?.MessageGroupId
  if (arn.endsWith('.fifo') !== (group !== undefined)) {
    throw invalidInput('A FIFO queue needs SqsParameters.MessageGroupId, and no other target takes it.')
  }
  if (input !== undefined && (input === '' || Buffer.byteLength(input) > inputBytes)) {
    throw invalidInput('Input must have 1 byte at least and 256 KB at most.')
  }
  checkRange('MaximumEventAgeInSeconds', retry?.MaximumEventAgeInSeconds, 60, 86_400)
  checkRange('MaximumRetryAttempts', retry?.MaximumRetryAttempts, 0, 185)
  if (dead?.Arn !== undefined && (!isSqsArn(dead.Arn) || dead.Arn.endsWith('.fifo'))) {
    throw invalidInput('The dead-letter queue must be a standard queue of SQS.')
  }
}

function isSqsArn(arn: string): boolean {
  return /^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]+(?:\.fifo)?$/.test(arn)
}

function checkOneOf(field: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw invalidInput(`Value '${value}' at '${field}' must satisfy enum value set: [${allowed.join(', ')}]`)
}

function checkRange(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw invalidInput(`Value '${value}' at '${field}' must be between ${least} and ${most}`)
}
