// A listener turns messages of a topic or queue into events and starts. The id of a message is the id of its event, so a redelivered
// message is applied once; a message that cannot be dealt with comes again alone, and ends in the listener's dead-letter queue.

import { createManagement } from '../../runtime/manage.ts'
import type { Management } from '../../runtime/management.ts'
import { isTenutoError } from '../../workflow/errors.ts'
import { toFailureDetails } from '../../workflow/failure.ts'
import { encodePayload } from '../../workflow/payload.ts'
import type { AwsBackend } from './backend.ts'
import { type BusinessMessage, messageOfSns, messageOfSqs } from './business-message.ts'
import { type HandlerOptions, lambdaHandler } from './compose.ts'
import type { LambdaHandler, SnsEvent, SqsBatchResponse, SqsEvent, SqsRecord } from './events.ts'
import { recordsOf, toResponse } from './records.ts'

/** An event for an instance. */
export interface EventTarget {
  readonly instanceId: string
  readonly eventName: string
  readonly data?: unknown
  /** Default: the id of the message. */
  readonly eventId?: string
}

/** A new instance. */
export interface StartTarget {
  readonly workflowName: string
  /** Default: the id of the message. */
  readonly instanceId?: string
  readonly input?: unknown
  readonly tags?: Readonly<Record<string, string>>
}

/** What a message is meant for; undefined when it is not for us. */
export type ListenerMap = (
  message: BusinessMessage,
) => EventTarget | StartTarget | undefined | Promise<EventTarget | StartTarget | undefined>

/** @param map throws for what it cannot read: the message comes again, and in the end goes to the dead-letter queue */
export function listener(
  map: ListenerMap,
  options: HandlerOptions = {},
): LambdaHandler<SqsEvent | SnsEvent, SqsBatchResponse | undefined> {
  return lambdaHandler(options, (backend) => {
    const desk = { backend, map, management: createManagement(backend.ports) }
    return async (event) => (isSnsEvent(event) ? handleSns(event, desk) : handleSqs(event, desk))
  })
}

interface Desk {
  readonly backend: AwsBackend
  readonly management: Management
  readonly map: ListenerMap
}

/** SNS knows no partial failure: it throws, and Lambda tries the whole event again. What was applied is known by its id. */
async function handleSns({ Records: records }: SnsEvent, desk: Desk): Promise<undefined> {
  const outcomes = await Promise.allSettled(records.map(async (record) => take(messageOfSns(record), desk)))
  const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
  if (errors.length === 0) return undefined
  desk.backend.metrics.addMetric('ListenerFailures', 'Count', errors.length)
  throw errors[0]
}

async function handleSqs(event: SqsEvent, desk: Desk): Promise<SqsBatchResponse> {
  const records = recordsOf(event)
  const lanes = Map.groupBy(records, (record) => orderedGroupOf(record) ?? record)
  const failed = new Set((await Promise.all([...lanes.values()].map((lane) => runLane(lane, desk)))).flat())
  if (failed.size > 0) desk.backend.metrics.addMetric('ListenerFailures', 'Count', failed.size)
  return toResponse(records.filter((record) => failed.has(record)))
}

/** One after another; what comes after a failure is not tried, or it would overtake. @returns those that failed */
async function runLane(lane: readonly SqsRecord[], desk: Desk): Promise<readonly SqsRecord[]> {
  for (const [at, record] of lane.entries()) {
    try {
      await take(messageOfSqs(record), desk)
    } catch (error) {
      const { messageId, eventSourceARN: source } = record
      const fields = { messageId, source, waiting: lane.length - at - 1, error: toFailureDetails(error) }
      desk.backend.ports.logger.warn('A message could not be dealt with; it comes again.', fields)
      return lane.slice(at)
    }
  }
  return []
}

/** Only a FIFO queue keeps order; elsewhere a group is about fairness alone. */
function orderedGroupOf({ eventSourceARN, attributes }: SqsRecord): string | undefined {
  return String(eventSourceARN).endsWith('.fifo') ? (attributes.MessageGroupId ?? '') : undefined
}

async function take(message: BusinessMessage, { map, management, backend }: Desk): Promise<void> {
  const target = await map(message)
  if (!target) return
  if ('workflowName' in target) return start(target, message, management)
  try {
    await raise(target, message, management)
  } catch (error) {
    // As if it had come a moment earlier: an event for an instance that ends without taking it is dropped too.
    if (!isTenutoError(error, 'ERR_RAISE_EVENT_WORKFLOW')) throw error
    const { instanceId, eventName } = target
    const fields = { instanceId, eventName, messageId: message.id }
    backend.ports.logger.warn('An event was dropped: its instance has ended.', fields)
    backend.metrics.addMetric('ListenerDrops', 'Count', 1)
  }
}

async function start(target: StartTarget, { id }: BusinessMessage, management: Management): Promise<void> {
  const { workflowName, instanceId = id, input, tags } = target
  const payload = encodePayload(input, 'The input')
  await management.start({
    workflowName,
    instanceId,
    idempotencyKey: id,
    ...(payload !== undefined && { input: payload }),
    ...(tags && { tags }),
  })
}

async function raise(target: EventTarget, { id }: BusinessMessage, management: Management): Promise<void> {
  const { instanceId, eventName, data, eventId = id } = target
  const payload = encodePayload(data, `The data of event '${eventName}'`)
  await management.raiseEvent({
    instanceId,
    eventName,
    eventId,
    ...(payload !== undefined && { data: payload }),
  })
}

function isSnsEvent(event: SqsEvent | SnsEvent): event is SnsEvent {
  const [first] = (event as Partial<SnsEvent> | undefined)?.Records ?? []
  return first !== undefined && 'Sns' in first
}
