// The errors of SNS, by the codes of its query protocol.

import { ServiceError } from '../service-error.ts'

const statuses = {
  BatchEntryIdsNotDistinct: 400,
  BatchRequestTooLong: 400,
  EmptyBatchRequest: 400,
  InvalidBatchEntryId: 400,
  InvalidParameter: 400,
  NotFound: 404,
  Throttled: 429,
  TooManyEntriesInBatchRequest: 400,
} as const

export function snsError(code: keyof typeof statuses, message: string): ServiceError {
  return new ServiceError(code, message, statuses[code])
}

export function invalidParameter(reason: string): ServiceError {
  return snsError('InvalidParameter', `Invalid parameter: ${reason}`)
}
