// What a request may name: ids, names, keys. Checked before any work is done for it.

import { TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'

const control = /\p{Cc}/u

/**
 * A path segment or the like, percent-decoded.
 * @throws TenutoError `ERR_MALFORMED_REQUEST` when an escape is broken or what it says is not UTF-8
 */
export function decodeText(raw: string, what: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new TenutoError('ERR_MALFORMED_REQUEST', `${what} is not percent-encoded UTF-8.`)
  }
}

/** Ids at start are strict, as in Dapr. @throws TenutoError `ERR_INSTANCE_ID_TOO_LONG`, `ERR_INSTANCE_ID_INVALID` */
export function assertNewInstanceId(id: string): void {
  assertIdLength(id, limits.instanceIdCharacters)
  if (!/^[\p{L}\p{Nd}_-]+$/u.test(id)) throw invalidId('letters, digits, _ and - alone')
}

/**
 * Ids of instances that exist may be a child's, which has colons and is longer.
 * @throws TenutoError `ERR_INSTANCE_ID_PROVIDED_MISSING`, `ERR_INSTANCE_ID_TOO_LONG`, `ERR_INSTANCE_ID_INVALID`
 */
export function assertInstanceId(id: string): void {
  if (id === '') throw new TenutoError('ERR_INSTANCE_ID_PROVIDED_MISSING', 'The path names no instance id.')
  assertIdLength(id, limits.childInstanceIdCharacters)
  if (control.test(id)) throw invalidId('no control characters')
}

/** @throws TenutoError `ifMissing` when the name is empty, `ERR_MALFORMED_REQUEST` when it is too long or has control characters */
export function assertName(
  name: string,
  what: string,
  ifMissing: 'ERR_WORKFLOW_NAME_MISSING' | 'ERR_WORKFLOW_EVENT_NAME_MISSING' | 'ERR_MALFORMED_REQUEST',
): void {
  if (name === '') throw new TenutoError(ifMissing, `The path names no ${what}.`)
  if (name.length > limits.nameCharacters) {
    throw new TenutoError(
      'ERR_MALFORMED_REQUEST',
      `The ${what} has ${name.length} characters; the limit is ${limits.nameCharacters}.`,
    )
  }
  if (control.test(name)) {
    throw new TenutoError('ERR_MALFORMED_REQUEST', `The ${what} must not contain control characters.`)
  }
}

/** Text in a header is ASCII, and spaces at its ends get lost. @throws TenutoError `ERR_MALFORMED_REQUEST` */
export function assertIdempotencyKey(key: string): void {
  if (key.length > limits.eventIdCharacters) {
    throw new TenutoError(
      'ERR_MALFORMED_REQUEST',
      `Idempotency-Key has ${key.length} characters; the limit is ${limits.eventIdCharacters}.`,
    )
  }
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(key)) {
    throw new TenutoError(
      'ERR_MALFORMED_REQUEST',
      'Idempotency-Key must be printable ASCII and not be empty.',
    )
  }
}

/** @throws TenutoError `ERR_WORKFLOW_APP_ID_INVALID` */
export function assertAppId(appId: string): void {
  if (appId.length > limits.nameCharacters || !/^[\w-]*$/.test(appId)) {
    throw new TenutoError(
      'ERR_WORKFLOW_APP_ID_INVALID',
      `appID must be at most ${limits.nameCharacters} letters, digits, _ and -.`,
    )
  }
}

function assertIdLength(id: string, limit: number): void {
  const { length } = Array.from(id)
  if (length <= limit) return
  throw new TenutoError(
    'ERR_INSTANCE_ID_TOO_LONG',
    `The instance id has ${length} characters; the limit is ${limit} characters.`,
  )
}

function invalidId(rule: string): TenutoError {
  return new TenutoError('ERR_INSTANCE_ID_INVALID', `The instance id must have ${rule}.`)
}
