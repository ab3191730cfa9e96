// The errors of SQS: the name in the JSON protocol, the status, and the code of the older query protocol, which the JSON protocol still
// sends along in a header.

import { ServiceError } from '../service-error.ts'

const legacy = 'AWS.SimpleQueueService.'

const errors = {
  BatchEntryIdsNotDistinct: [`${legacy}BatchEntryIdsNotDistinct`, 400],
  BatchRequestTooLong: [`${legacy}BatchRequestTooLong`, 400],
  EmptyBatchRequest: [`${legacy}EmptyBatchRequest`, 400],
  InvalidAttributeName: ['InvalidAttributeName', 400],
  InvalidAttributeValue: ['InvalidAttributeValue', 400],
  InvalidBatchEntryId: [`${legacy}InvalidBatchEntryId`, 400],
  InvalidMessageContents: ['InvalidMessageContents', 400],
  InvalidParameterValueException: ['InvalidParameterValue', 400],
  MissingRequiredParameterException: ['MissingParameter', 400],
  OverLimit: ['OverLimit', 403],
  PurgeQueueInProgress: [`${legacy}PurgeQueueInProgress`, 403],
  QueueDeletedRecently: [`${legacy}QueueDeletedRecently`, 400],
  QueueDoesNotExist: [`${legacy}NonExistentQueue`, 400],
  QueueNameExists: ['QueueAlreadyExists', 400],
  ReceiptHandleIsInvalid: ['ReceiptHandleIsInvalid', 404],
  RequestThrottled: ['RequestThrottled', 403],
  ResourceNotFoundException: ['ResourceNotFoundException', 404],
  TooManyEntriesInBatchRequest: [`${legacy}TooManyEntriesInBatchRequest`, 400],
} as const

export type SqsErrorName = keyof typeof errors

export function sqsError(name: SqsErrorName, message: string): ServiceError {
  return new ServiceError(name, message, errors[name][1])
}

/** The code of the query protocol. */
export function legacyCode(name: string): string {
  return Object.hasOwn(errors, name) ? errors[name as SqsErrorName][0] : name
}

export function missing(parameter: string): ServiceError {
  return sqsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`)
}

export function invalid(value: unknown, parameter: string, reason: string): ServiceError {
  return sqsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`,
  )
}

/** A whole number within bounds, or undefined where none was given. */
export function wholeNumber(
  value: number | undefined,
  parameter: string,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(value, parameter, `Must be between ${least} and ${most}, if provided.`)
}
