// The wire of the HTTP API: its paths, Dapr's status object, its error body. Needs neither Node nor Hono, so that clients and the page
// in a browser can share it. What Dapr has no place for stands under `tenuto.workflow.*`; a Dapr client passes over it.

import type { InstanceView, WorkflowHistory } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import { decodePayload, type Payload } from '../workflow/payload.ts'
import type { RuntimeStatus } from '../workflow/status.ts'

/** Every route stands under each of them, with the same behaviour. */
export const versionPrefixes = ['/v1.0-alpha1', '/v1.0-beta1', '/v1.0'] as const

/** Where our own clients find the workflows; the component (`dapr`) may be any. */
export const workflowsPath = '/v1.0/workflows/dapr'

export const metadataPath = '/v1.0/metadata'

/** What a held status request waits for. `change`: anything later than `since`, or the end. */
export const waitTargets = ['change', 'start', 'completion'] as const
export type WaitTarget = (typeof waitTargets)[number]

/** The status of an instance in Dapr's shape. Times are RFC 3339 in UTC. */
export interface WireStatus {
  readonly instanceID: string
  readonly workflowName: string
  readonly createdAt: string
  readonly lastUpdatedAt: string
  /** Never `STALLED`, which no Dapr client knows: such an instance reads `RUNNING`, and `tenuto.workflow.status` says more. */
  readonly runtimeStatus: string
  readonly properties: Readonly<Record<string, string>>
}

export interface WireError {
  readonly errorCode: string
  readonly message: string
}

const dapr = 'dapr.workflow'
const own = 'tenuto.workflow'

const statuses: ReadonlySet<string> = new Set<RuntimeStatus>([
  'PENDING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'TERMINATED',
  'SUSPENDED',
  'CONTINUED_AS_NEW',
  'STALLED',
])

export function toWireStatus(view: InstanceView): WireStatus {
  const { instanceId, workflowName, status, createdAt, lastUpdatedAt, input, output, failure } = view
  return {
    instanceID: instanceId,
    workflowName,
    createdAt: createdAt.toISOString(),
    lastUpdatedAt: lastUpdatedAt.toISOString(),
    runtimeStatus: status === 'STALLED' ? 'RUNNING' : status,
    properties: {
      [`${dapr}.input`]: input ?? '',
      ...(output !== undefined && status !== 'FAILED' && { [`${dapr}.output`]: output }),
      ...customStatusProperties(view.customStatus),
      ...(status === 'STALLED' && { [`${own}.status`]: status }),
      ...(failure && failureProperties(failure, status)),
    },
  }
}

/** @throws TenutoError `UNEXPECTED_RESPONSE` when the JSON is no status object */
export function fromWireStatus(json: unknown): InstanceView {
  const { instanceID, workflowName, createdAt, lastUpdatedAt, runtimeStatus, properties } = asObject(json)
  const text = asObject(properties)
  const status = text[`${own}.status`] ?? runtimeStatus
  if (typeof instanceID !== 'string' || typeof workflowName !== 'string' || !isStatus(status)) {
    throw new TenutoError(
      'UNEXPECTED_RESPONSE',
      `Expected the status of a workflow, got ${JSON.stringify(json)?.slice(0, 200)}.`,
    )
  }
  const failure = readFailure(text)
  return {
    instanceId: instanceID,
    workflowName,
    status,
    createdAt: new Date(String(createdAt)),
    lastUpdatedAt: new Date(String(lastUpdatedAt)),
    ...payloadAt(text, 'input', `${dapr}.input`),
    ...payloadAt(text, 'output', `${dapr}.output`),
    ...payloadAt(text, 'customStatus', `${own}.custom_status`, `${dapr}.custom_status`),
    ...(failure && { failure }),
  }
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
  throw new TenutoError(
    'UNEXPECTED_RESPONSE',
    `Expected the history of a workflow, got ${JSON.stringify(json)?.slice(0, 200)}.`,
  )
}

/** @returns undefined when the JSON is no error body */
export function fromWireError(json: unknown): WireError | undefined {
  const { errorCode, message } = asObject(json)
  return typeof errorCode === 'string' && typeof message === 'string' ? { errorCode, message } : undefined
}

/** Dapr shows a text without its quotes. One that then reads as other JSON (`"5"`) keeps its exact form under our own name. */
function customStatusProperties(payload: Payload): Record<string, string> {
  const value = decodePayload(payload)
  const shown = typeof value === 'string' ? value : (payload ?? '')
  return {
    [`${dapr}.custom_status`]: shown,
    ...(payload !== undefined &&
      decodePayload(shown) !== value &&
      typeof value === 'string' && { [`${own}.custom_status`]: payload }),
  }
}

/** `dapr.workflow.failure.*` marks a failed instance, so the reason of a stalled one stands under our own name alone. */
function failureProperties(failure: FailureDetails, status: RuntimeStatus): Record<string, string> {
  if (status !== 'FAILED' && status !== 'STALLED') return {}
  if (status === 'STALLED') return { [`${own}.failure`]: JSON.stringify(failure) }
  const { errorType, message, stackTrace, ...rest } = failure
  return {
    [`${dapr}.failure.error_type`]: errorType,
    [`${dapr}.failure.error_message`]: message,
    ...(stackTrace !== undefined && { [`${dapr}.failure.stack_trace`]: stackTrace }),
    ...(Object.keys(rest).length > 0 && { [`${own}.failure`]: JSON.stringify(rest) }),
  }
}

function readFailure(text: Readonly<Record<string, unknown>>): FailureDetails | undefined {
  const rest = asObject(decodePayload(stringAt(text, `${own}.failure`))) as Partial<FailureDetails>
  const errorType = stringAt(text, `${dapr}.failure.error_type`) ?? rest.errorType
  const message = stringAt(text, `${dapr}.failure.error_message`) ?? rest.message
  const stackTrace = stringAt(text, `${dapr}.failure.stack_trace`)
  if (errorType === undefined || message === undefined) return undefined
  return { ...rest, errorType, message, ...(stackTrace !== undefined && { stackTrace }) }
}

function payloadAt(text: Readonly<Record<string, unknown>>, member: string, ...names: readonly string[]) {
  const payload = names.map((name) => stringAt(text, name)).find((found) => found !== undefined)
  return payload === undefined || payload === '' ? {} : { [member]: payload }
}

function stringAt(text: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = text[name]
  return typeof value === 'string' ? value : undefined
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function isStatus(value: unknown): value is RuntimeStatus {
  return typeof value === 'string' && statuses.has(value)
}
