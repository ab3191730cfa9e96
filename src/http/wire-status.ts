// The status of an instance on the wire: Dapr's object. What Dapr has no place for stands under `tenuto.workflow.*`; a Dapr client passes
// over it.

import type { InstanceView } from '../runtime/management.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import { decodePayload, type Payload } from '../workflow/payload.ts'
import { isTerminal, type RuntimeStatus } from '../workflow/status.ts'
import { asObject, optionalText, unexpected } from './wire-reading.ts'

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

const dapr = 'dapr.workflow'
const own = 'tenuto.workflow'

export const statuses: ReadonlySet<string> = new Set<RuntimeStatus>([
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
  const { status, input, output, failure } = view
  const summary = toWireSummary(view)
  return {
    ...summary,
    properties: {
      [`${dapr}.input`]: input ?? '',
      ...(output !== undefined && status !== 'FAILED' && { [`${dapr}.output`]: output }),
      ...customStatusProperties(view.customStatus),
      ...summary.properties,
      ...(failure && failureProperties(failure, status)),
      ...(view.retryOf && { [`${own}.retry_of`]: JSON.stringify(view.retryOf) }),
      ...(view.rerunOf && { [`${own}.rerun_of`]: JSON.stringify(view.rerunOf) }),
    },
  }
}

/** As a status, without payloads: an instance in a list. */
export function toWireSummary(view: InstanceView): WireStatus {
  const { instanceId, workflowName, status, createdAt, lastUpdatedAt, parentInstanceId, tags } = view
  return {
    instanceID: instanceId,
    workflowName,
    createdAt: createdAt.toISOString(),
    lastUpdatedAt: lastUpdatedAt.toISOString(),
    runtimeStatus: status === 'STALLED' ? 'RUNNING' : status,
    properties: {
      ...(status === 'STALLED' && { [`${own}.status`]: status }),
      ...(parentInstanceId !== undefined && { [`${own}.parent_instance_id`]: parentInstanceId }),
      ...(tags && { [`${own}.tags`]: JSON.stringify(tags) }),
    },
  }
}

/** @throws TenutoError `UNEXPECTED_RESPONSE` when the JSON is no status object */
export function fromWireStatus(json: unknown): InstanceView {
  const { instanceID, workflowName, createdAt, lastUpdatedAt, runtimeStatus, properties } = asObject(json)
  const text = asObject(properties)
  const status = text[`${own}.status`] ?? runtimeStatus
  if (typeof instanceID !== 'string' || typeof workflowName !== 'string' || !isStatus(status)) {
    throw unexpected('the status of a workflow', json)
  }
  const failure = readFailure(text)
  return {
    instanceId: instanceID,
    workflowName,
    status,
    createdAt: new Date(String(createdAt)),
    lastUpdatedAt: new Date(String(lastUpdatedAt)),
    // What has ended does not change any more.
    ...(isTerminal(status) && { endedAt: new Date(String(lastUpdatedAt)) }),
    ...payloadAt(text, 'input', `${dapr}.input`),
    ...payloadAt(text, 'output', `${dapr}.output`),
    ...payloadAt(text, 'customStatus', `${own}.custom_status`, `${dapr}.custom_status`),
    ...(failure && { failure }),
    ...optionalText('parentInstanceId', text[`${own}.parent_instance_id`]),
    ...readTags(text),
    ...readRerunOf(text),
    ...readRetryOf(text),
  }
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

function readTags(text: Readonly<Record<string, unknown>>): Pick<InstanceView, 'tags'> {
  const tags = decodePayload(stringAt(text, `${own}.tags`))
  return typeof tags === 'object' && tags !== null ? { tags: tags as Record<string, string> } : {}
}

function readRerunOf(text: Readonly<Record<string, unknown>>): Pick<InstanceView, 'rerunOf'> {
  const { instanceId, eventId } = asObject(decodePayload(stringAt(text, `${own}.rerun_of`)))
  return typeof instanceId === 'string' && typeof eventId === 'number'
    ? { rerunOf: { instanceId, eventId } }
    : {}
}

function readRetryOf(text: Readonly<Record<string, unknown>>): Pick<InstanceView, 'retryOf'> {
  const { instanceId, attempt } = asObject(decodePayload(stringAt(text, `${own}.retry_of`)))
  return typeof instanceId === 'string' && typeof attempt === 'number'
    ? { retryOf: { instanceId, attempt } }
    : {}
}

function payloadAt(text: Readonly<Record<string, unknown>>, member: string, ...names: readonly string[]) {
  const payload = names.map((name) => stringAt(text, name)).find((found) => found !== undefined)
  return payload === undefined || payload === '' ? {} : { [member]: payload }
}

function stringAt(text: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = text[name]
  return typeof value === 'string' ? value : undefined
}

export function isStatus(value: unknown): value is RuntimeStatus {
  return typeof value === 'string' && statuses.has(value)
}
