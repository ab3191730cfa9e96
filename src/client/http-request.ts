// The parts of requests to the API: paths, queries and keys; and the id that an answer names.

import { workflowsPath } from '../http/wire.ts'
import { TenutoError } from '../workflow/errors.ts'

export function query(parameters: Readonly<Record<string, string>>): string {
  return `?${new URLSearchParams(parameters).toString()}`
}

export function keyHeader(given: string | undefined): Record<string, string> {
  const key = given ?? crypto.randomUUID()
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(key)) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `Over HTTP, a key must be printable ASCII, got '${key.slice(0, 40)}'.`,
    )
  }
  return { 'idempotency-key': key }
}

export function startedId(body: unknown): string {
  const { instanceID } = (body ?? {}) as { instanceID?: unknown }
  if (typeof instanceID === 'string') return instanceID
  throw new TenutoError('UNEXPECTED_RESPONSE', 'The answer to the start names no instance.')
}

export function instancePath(instanceId: string): string {
  return `${workflowsPath}/${segment(instanceId, 'instance id')}`
}

/** @throws TenutoError `INVALID_ARGUMENT` for what no URL can carry in one piece: half a character, or the two names of folders */
export function segment(text: string, what: string): string {
  if (!text.isWellFormed() || text === '.' || text === '..') {
    throw new TenutoError('INVALID_ARGUMENT', `${JSON.stringify(text)} cannot be sent over HTTP as ${what}.`)
  }
  return encodeURIComponent(text)
}
