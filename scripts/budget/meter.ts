// Everything that AWS would put on the bill, written down as it happens, and cut into steps.

import { bytesOf, type Item } from '../../src/aws/dynamodb/items.ts'
import type { AwsRequest } from '../stack/aws-requests.ts'
import type { FunctionName } from '../stack/deployed-settings.ts'
import { memoryMb, ownWorkMs, sqsRequestBytes } from './assumptions.ts'
import type { Counts, Entry } from './counts.ts'

/** An invocation that is under way. */
export interface Running {
  readonly functionName: FunctionName
  readonly event: unknown
  /** Up to which its time is on the bill. */
  billedTo: number
}

export class Meter {
  readonly entries: Entry[] = []
  readonly #now: () => number
  readonly #running = new Set<Running>()
  /** Numbers of entries at which a step ends and the next one begins. */
  readonly #marks: number[] = []
  /** Messages that functions have sent and no poller has received. */
  #messagesUnderWay = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** A step is over, and the next one begins. */
  mark(): void {
    for (const running of this.#running) this.#billTime(running)
    this.#marks.push(this.entries.length)
  }

  /** What happened between two marks. */
  get steps(): readonly (readonly Entry[])[] {
    return this.#marks.slice(1).map((end, at) => this.entries.slice(this.#marks[at], end))
  }

  request(request: AwsRequest): void {
    const entry = entryOf(request)
    this.#messagesUnderWay += entry.counts.messages ?? 0
    this.entries.push(entry)
  }

  begin(functionName: FunctionName, event: unknown): Running {
    this.#receive(recordsOf(event).map(({ body }) => body))
    const running = { functionName, event, billedTo: this.#now() }
    this.#running.add(running)
    return running
  }

  end(running: Running, result: unknown): void {
    const { functionName, event } = running
    this.#billTime(running)
    this.#running.delete(running)
    const gbSeconds = gbSecondsOf(functionName, ownWorkMs)
    this.#add(`${functionName} is invoked`, { invocations: 1, gbSeconds })
    if (functionName === 'api') this.#add('API Gateway is asked', { apiRequests: 1 })
    const { batchItemFailures: failures = [] } = (result ?? {}) as { readonly batchItemFailures?: unknown[] }
    if (recordsOf(event).length > failures.length) this.#add('DeleteMessageBatch', { sqsRequests: 1 })
  }

  #receive(bodies: readonly string[]): void {
    if (bodies.length === 0) return
    // What no function has sent comes from Scheduler, which pays SQS for it too.
    const scheduled = Math.max(0, bodies.length - this.#messagesUnderWay)
    this.#messagesUnderWay = Math.max(0, this.#messagesUnderWay - bodies.length)
    for (let at = 0; at < scheduled; at++) {
      this.#add('a schedule fires', { schedulerInvocations: 1, sqsRequests: 1 })
    }
    this.#add('ReceiveMessage', { sqsRequests: billedFor(bodies) })
  }

  #billTime(running: Running): void {
    const ms = this.#now() - running.billedTo
    running.billedTo = this.#now()
    if (ms > 0)
      this.#add(`${running.functionName} runs`, { gbSeconds: gbSecondsOf(running.functionName, ms) })
  }

  #add(what: string, counts: Partial<Counts>): void {
    this.entries.push({ what, counts })
  }
}

function gbSecondsOf(functionName: FunctionName, ms: number): number {
  return (ms / 1000) * (memoryMb[functionName] / 1024)
}

function recordsOf(event: unknown): readonly { readonly body: string }[] {
  const { Records: records = [] } = (event ?? {}) as { readonly Records?: readonly { body: string }[] }
  return records
}

function entryOf(request: AwsRequest): Entry {
  const { service, operation: what, input } = request
  switch (service) {
    case 'scheduler':
      return { what, counts: { schedulerRequests: 1 } }
    case 'sqs': {
      const entries = (input['Entries'] ?? []) as readonly { readonly MessageBody?: string }[]
      const bodies = entries.flatMap(({ MessageBody: body }) => body ?? [])
      return { what, counts: { messages: bodies.length, sqsRequests: billedFor(bodies) } }
    }
    case 'dynamodb':
      return { what, counts: dynamoCounts(request) }
    default:
      return service satisfies never
  }
}

const reads: Readonly<Record<string, keyof Counts>> = {
  GetItem: 'gets',
  Query: 'queries',
  BatchGetItem: 'batchGets',
}
const writes: Readonly<Record<string, keyof Counts>> = {
  PutItem: 'puts',
  UpdateItem: 'updates',
  BatchWriteItem: 'batchWrites',
}

function dynamoCounts({ operation, input, capacityUnits, error }: AwsRequest): Partial<Counts> {
  const [read, write] = [reads[operation], writes[operation]]
  if (read && error === undefined) return { [read]: 1, readUnits: capacityUnits }
  if (write && error === undefined) return { [write]: 1, writeUnits: capacityUnits }
  if (!write || error !== 'ConditionalCheckFailedException') throw new Error(`${operation}: ${error}`)
  // DynamoDB does not say what a write cost that its condition refused; it bills the item all the same.
  const units = Math.ceil(bytesOf((input['Item'] ?? {}) as Item) / 1024)
  return { [write]: 1, writeUnits: Math.max(1, units), refused: 1 }
}

/** Requests that SQS bills for one with these messages. */
function billedFor(bodies: readonly string[]): number {
  const bytes = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0)
  return Math.max(1, Math.ceil(bytes / sqsRequestBytes))
}
