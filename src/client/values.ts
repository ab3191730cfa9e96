// Between what a program has and what travels.

import type { InstanceView } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import { decodePayload } from '../workflow/payload.ts'
import type { WorkflowState } from './workflow-client.ts'

export function toState(view: InstanceView): WorkflowState {
  const { status, input, output, customStatus, ...same } = view
  return {
    ...same,
    runtimeStatus: status,
    ...optional('input', decodePayload(input)),
    ...optional('output', decodePayload(output)),
    ...optional('customStatus', decodePayload(customStatus)),
  }
}

/** @throws TenutoError `INVALID_ARGUMENT` */
export function toEpochMs(time: Date, name: string): number {
  const ms = time.getTime()
  if (Number.isNaN(ms)) throw new TenutoError('INVALID_ARGUMENT', `${name} must be a valid Date.`)
  return ms
}

/** The member, unless it is undefined. */
export function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V })
}
