// What is checked before anything is accepted, whichever way it comes.

import { type ErrorCode, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { assertPayloadDepth, assertPayloadSize, type Payload } from '../workflow/payload.ts'

export function checkStart(instanceId: string, workflowName: string, input: Payload): void {
  if (instanceId === '')
    throw new TenutoError('ERR_INSTANCE_ID_PROVIDED_MISSING', 'The instance id is empty.')
  if (characters(instanceId) > limits.instanceIdCharacters) {
    throw new TenutoError(
      'ERR_INSTANCE_ID_TOO_LONG',
      `The instance id has ${characters(instanceId)} characters; the limit is ${limits.instanceIdCharacters}.`,
    )
  }
  if (!/^[\p{L}\p{Nd}_-]+$/u.test(instanceId)) {
    throw new TenutoError(
      'ERR_INSTANCE_ID_INVALID',
      `The instance id '${instanceId}' is invalid: only letters, digits, _ and - are allowed.`,
    )
  }
  checkName(workflowName, 'ERR_WORKFLOW_NAME_MISSING', 'workflow')
  checkPayload(input, 'The input')
}

export function checkKey(key: string | undefined, what: string): void {
  if (key === undefined || (key !== '' && key.length <= limits.eventIdCharacters)) return
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `${what} must have 1 to ${limits.eventIdCharacters} characters, got ${key.length}.`,
  )
}

/** @throws TenutoError `INVALID_ARGUMENT` */
export function checkChildId(instanceId: string): void {
  if (instanceId !== '' && instanceId.length <= limits.childInstanceIdCharacters) return
  throw new TenutoError(
    'INVALID_ARGUMENT',
    `The id of a child must have 1 to ${limits.childInstanceIdCharacters} characters, got ${instanceId.length}.`,
  )
}

function characters(text: string): number {
  return Array.from(text).length
}

export function checkName(name: string, missing: ErrorCode, kind: string): void {
  if (name === '') throw new TenutoError(missing, `The ${kind} name is empty.`)
  if (name.length > limits.nameCharacters) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `The ${kind} name has ${name.length} characters; the limit is ${limits.nameCharacters}.`,
    )
  }
}

export function checkPayload(payload: Payload, what: string): void {
  if (payload === undefined) return
  assertPayloadSize(payload, what)
  assertPayloadDepth(payload, what)
}
