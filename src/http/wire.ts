// The wire of the HTTP API: its paths, its lists and histories, its error body; the status object has a file of its own. Needs neither Node
// nor Hono, so that clients and the page in a browser can share it.

import type { IdReusePolicy, InstanceList, WorkflowHistory } from '../runtime/management.ts'
import { asObject, optionalText, unexpected } from './wire-reading.ts'
import { fromWireStatus, type WireStatus } from './wire-status.ts'

export { optionalText } from './wire-reading.ts'
export {
  fromWireStatus,
  isStatus,
  statuses,
  toWireStatus,
  toWireSummary,
  type WireStatus,
} from './wire-status.ts'

/** Every route stands under each of them, with the same behaviour. */
export const versionPrefixes = ['/v1.0-alpha1', '/v1.0-beta1', '/v1.0'] as const

/** Where our own clients find the workflows; the component (`dapr`) may be any. */
export const workflowsPath = '/v1.0/workflows/dapr'

export const metadataPath = '/v1.0/metadata'

/** What a held status request waits for. `change`: anything later than `since`, or the end. */
export const waitTargets = ['change', 'start', 'completion'] as const
export type WaitTarget = (typeof waitTargets)[number]

/** What a start does when its id is taken; see `IdReusePolicy`. */
export const idReusePolicies: readonly IdReusePolicy[] = ['replaceFinished', 'ifNotExists', 'failIfExists']

export interface WireError {
  readonly errorCode: string
  readonly message: string
}

/** One page of a list, to be gone on with `?pageToken=`. */
export interface WireList {
  readonly instances: readonly WireStatus[]
  readonly nextPageToken?: string
}

/** @throws TenutoError `UNEXPECTED_RESPONSE` when the JSON is no page of a list */
export function fromWireList(json: unknown): InstanceList {
  const { instances, nextPageToken } = asObject(json)
  if (!Array.isArray(instances)) throw unexpected('a list of workflows', json)
  return { instances: instances.map(fromWireStatus), ...optionalText('nextPageToken', nextPageToken) }
}

/** One page of a history; `more` when episodes follow, to be asked for with `?after=` and the number of the last one here. */
export interface WireHistory {
  readonly instanceID: string
  readonly workflowName: string
  readonly episodes: WorkflowHistory['episodes']
  readonly more?: true
}

/** @throws TenutoError `UNEXPECTED_RESPONSE` when the JSON is no page of a history */
export function fromWireHistory(json: unknown): WireHistory {
  const { instanceID, workflowName, episodes } = asObject(json)
  if (typeof instanceID === 'string' && typeof workflowName === 'string' && Array.isArray(episodes)) {
    return json as WireHistory
  }
  throw unexpected('the history of a workflow', json)
}

/** @throws TenutoError `UNEXPECTED_RESPONSE` when the JSON has no such number */
export function fromWireNumber(json: unknown, name: 'count' | 'done'): number {
  const value = asObject(json)[name]
  if (typeof value === 'number') return value
  throw unexpected(`an answer with '${name}'`, json)
}

/** @returns undefined when the JSON is no error body */
export function fromWireError(json: unknown): WireError | undefined {
  const { errorCode, message } = asObject(json)
  return typeof errorCode === 'string' && typeof message === 'string' ? { errorCode, message } : undefined
}
