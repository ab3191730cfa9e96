// A batch of an engine queue: its records become deliveries, and what is not dealt with is named in the answer, so that it comes again.
// Nothing that a batch may hold makes it fail as a whole.

import { type Delivery, queueOf, type QueueName } from '../../runtime/messages.ts'
import { TenutoError } from '../../workflow/errors.ts'
import { decodeMessage } from '../sqs/codec.ts'
import type { AwsBackend } from './backend.ts'
import type { SqsBatchResponse, SqsEvent, SqsRecord } from './events.ts'
import { receiveCountOf } from './returns.ts'

export interface QueueWork {
  readonly backend: AwsBackend
  /** The queue that the function listens to. */
  readonly queue: QueueName
  /** @returns those that are dealt with */
  handle(batch: readonly Delivery[]): Promise<ReadonlySet<Delivery>>
}

/** Deals with a batch. It rejects only when the event is none of SQS. */
export async function handleRecords(event: SqsEvent, work: QueueWork): Promise<SqsBatchResponse> {
  const { backend, queue } = work
  const records = recordsOf(event)
  const deliveries = toDeliveries(records, backend)
  const own = [...deliveries.values()].filter(({ message }) => queueOf(message) === queue)
  const misplaced = [...deliveries.values()].filter((delivery) => !own.includes(delivery))
  const [done, forwarded] = await Promise.all([attempt(work, own), forward(misplaced, work)])
  const failed = records.filter((record) => {
    const delivery = deliveries.get(record)
    return !delivery || !(done.has(delivery) || forwarded.has(delivery))
  })
  const returned = failed.filter((record) => deliveries.has(record)).length
  if (returned > 0) backend.metrics.addMetric('ReturnedMessages', 'Count', returned)
  await backend.returns.hasten(queue, failed)
  return toResponse(failed)
}

/** @throws TenutoError `INVALID_ARGUMENT` when somebody else than an event source mapping of SQS invoked the function */
export function recordsOf(event: SqsEvent): readonly SqsRecord[] {
  const { Records: records } = (event ?? {}) as Partial<SqsEvent>
  if (Array.isArray(records) && records.every(isSqsRecord)) return records
  throw new TenutoError('INVALID_ARGUMENT', 'The event is no batch of SQS: only a queue may invoke this.')
}

/** What is no message of this version is left out, and said. It comes again, and lands in the dead-letter queue. */
export function toDeliveries(
  records: readonly SqsRecord[],
  { ports, metrics }: AwsBackend,
): ReadonlyMap<SqsRecord, Delivery> {
  const deliveries = new Map<SqsRecord, Delivery>()
  for (const record of records) {
    const message = decodeMessage(record.body)
    if (message) deliveries.set(record, { message, receiveCount: receiveCountOf(record) })
    else {
      const { messageId, eventSourceARN: source, body } = record
      const fields = { messageId, source, bytes: body.length, receiveCount: receiveCountOf(record) }
      ports.logger.error('This is no message of the engine, or one of another version.', fields)
    }
  }
  const foreign = records.length - deliveries.size
  if (foreign > 0) metrics.addMetric('ForeignMessages', 'Count', foreign)
  return deliveries
}

export function toResponse(failed: readonly SqsRecord[]): SqsBatchResponse {
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
}

async function attempt(work: QueueWork, own: readonly Delivery[]): Promise<ReadonlySet<Delivery>> {
  try {
    return await work.handle(own)
  } catch (error) {
    work.backend.ports.logger.error('A batch could not be handled; all of it comes again.', { error })
    return new Set()
  }
}

/** Messages that somebody moved to the wrong queue (a redrive by hand) go to theirs, as the copies that the protocol knows. */
async function forward(
  misplaced: readonly Delivery[],
  { backend: { ports }, queue }: QueueWork,
): Promise<ReadonlySet<Delivery>> {
  if (misplaced.length === 0) return new Set()
  try {
    await ports.queue.send(misplaced.map(({ message }) => message))
    ports.logger.warn('Messages of the other queue were sent on.', { queue, count: misplaced.length })
    return new Set(misplaced)
  } catch (error) {
    ports.logger.error('Messages of the other queue could not be sent on.', { queue, error })
    return new Set()
  }
}

/** An answer can name a record only by its id; one without would have to fail the whole batch. */
function isSqsRecord(record: unknown): record is SqsRecord {
  const { messageId, body, attributes } = (record ?? {}) as Partial<SqsRecord>
  return (
    typeof messageId === 'string' &&
    messageId !== '' &&
    typeof body === 'string' &&
    typeof attributes === 'object' &&
    attributes !== null
  )
}
