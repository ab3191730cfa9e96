// A look at every request that a client of the SDK makes, in its middleware stack: what was asked, how large it was, and what it cost.

import type { AwsClients } from '../../src/aws/index.ts'

export interface AwsRequest {
  readonly service: keyof AwsClients
  /** `PutItem`, `SendMessageBatch` … */
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** Of the body that went out. */
  readonly bytes: number
  /** As DynamoDB states them; 0 for the other services, and for what DynamoDB refused. */
  readonly capacityUnits: number
  /** Name of the error with which it ended; undefined for an answer. */
  readonly error?: string
}

export type OnAwsRequest = (request: AwsRequest) => void

/** @param hear is told of each request when it has ended; a repetition is a request of its own */
export function watchRequests(clients: AwsClients, hear: OnAwsRequest): void {
  for (const service of ['dynamodb', 'sqs', 'scheduler'] as const) {
    // The three stacks differ in their types alone.
    const stack = clients[service].middlewareStack as unknown as MiddlewareStack
    if (service === 'dynamodb') askForUnits(stack)
    stack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const bytes = Buffer.byteLength(args.request?.body ?? '')
          const tell = (more: Pick<AwsRequest, 'capacityUnits' | 'error'>): void =>
            hear({
              service,
              operation: commandName.replace(/Command$/, ''),
              input: args.input,
              bytes,
              ...more,
            })
          try {
            const result = await next(args)
            tell({ capacityUnits: unitsOf(result.output.ConsumedCapacity) })
            return result
          } catch (error) {
            tell({ capacityUnits: 0, error: error instanceof Error ? error.name : String(error) })
            throw error
          }
        },
      { step: 'build', name: 'watchRequests' },
    )
  }
}

/** DynamoDB says what a request cost only when it is asked. */
function askForUnits(stack: MiddlewareStack): void {
  stack.add(
    (next) => async (args) => next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } }),
    { step: 'initialize', name: 'askForUnits' },
  )
}

interface Capacity {
  readonly CapacityUnits?: number
}

function unitsOf(capacity: Capacity | readonly Capacity[] = []): number {
  const all = [capacity].flat() as readonly Capacity[]
  return all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
}

interface Arguments {
  readonly input: Readonly<Record<string, unknown>>
  readonly request?: { readonly body?: string | Uint8Array }
}

interface Result {
  readonly output: { readonly ConsumedCapacity?: Capacity | readonly Capacity[] }
}

type Handle = (args: Arguments) => Promise<Result>

interface MiddlewareStack {
  add(
    middleware: (next: Handle, context: { readonly commandName?: string }) => Handle,
    options: { readonly step: 'initialize' | 'build'; readonly name: string },
  ): void
}
