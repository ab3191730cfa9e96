// The errors of Scheduler.

import { ServiceError } from '../service-error.ts'

const statuses = {
  ConflictException: 409,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 402,
  ThrottlingException: 429,
  ValidationException: 400,
} as const

export function schedulerError(name: keyof typeof statuses, message: string): ServiceError {
  return new ServiceError(name, message, statuses[name])
}

export function invalidInput(message: string): ServiceError {
  return schedulerError('ValidationException', message)
}
