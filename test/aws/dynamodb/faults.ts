// Faults of AWS, put into the middleware stack of the real client between its parser and the wire: so errors are parsed, and requests
// repeated, as they would be. Most serve for any client; what knows the words of one service says so.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** A request that is about to be made. */
export interface Outgoing {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** How many requests of this operation came before. */
  readonly count: number
}

interface HttpAnswer {
  readonly statusCode: number
  readonly headers: Record<string, string>
  body: unknown
}

interface HttpQuestion {
  readonly headers: Record<string, string>
  body?: string | Uint8Array
}

export type Fault = (request: HttpQuestion, send: () => Promise<HttpAnswer>) => Promise<HttpAnswer>

/** Every request goes through `choose`, which may answer with what is to happen instead. */
export function injectFaults(
  client: DynamoDBClient,
  choose: (outgoing: Outgoing) => Fault | undefined,
): readonly Outgoing[] {
  const seen: Outgoing[] = []
  const counts = new Map<string, number>()
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const request = args.request as HttpQuestion
      const { commandName = '' } = context as { readonly commandName?: string }
      const operation = commandName.replace(/Command$/, '')
      const input = inputOf(request)
      const outgoing = { operation, input, count: counts.get(operation) ?? 0 }
      counts.set(operation, outgoing.count + 1)
      seen.push(outgoing)
      // An answer that nobody reads would keep its connection.
      const send = async (): Promise<HttpAnswer> => received((await next(args)).response as HttpAnswer)
      const fault = choose(outgoing)
      const response = fault ? await fault(request, send) : await send()
      return { response, output: undefined as never }
    },
    { step: 'deserialize', name: 'injectFaults', priority: 'low' },
  )
  return seen
}

/** The service refuses, and has done nothing. */
export function refuse(statusCode: number, name: string): Fault {
  return async () =>
    answer(statusCode, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'injected' })
}

/** The service does what it is asked, and answers that it failed. */
export function failAfter(statusCode = 500, name = 'InternalServerError'): Fault {
  return async (request, send) => {
    await send()
    return refuse(statusCode, name)(request, send)
  }
}

/** The service does what it is asked, and the answer never comes. */
export const loseAnswer: Fault = async (_, send) => {
  await send()
  throw connectionReset()
}

/** The service does what it is asked, and its answer is cut off. */
export const cutAnswer: Fault = async (_, send) => {
  const { statusCode, headers } = await send()
  return { statusCode, headers, body: Buffer.from('{"Attrib') }
}

/** The request never comes to the service. */
export const loseRequest: Fault = async () => {
  throw connectionReset()
}

/** Does something else first. */
export function after(act: () => Promise<unknown>): Fault {
  return async (_, send) => {
    await act()
    return send()
  }
}

/** The request does not come to the service before it is let go; until then its answer is taken for lost. */
export function hold(): { readonly fault: Fault; readonly letGo: () => Promise<void> } {
  const held: (() => Promise<unknown>)[] = []
  return {
    async fault(_, send) {
      held.push(send)
      throw connectionReset()
    },
    async letGo() {
      for (const send of held.splice(0)) await send()
    },
  }
}

/** DynamoDB does only the first of what a batch asks for, and says so with status 200. */
export const onlyTheFirst: Fault = async (request, send) => {
  const { RequestItems } = inputOf(request) as { RequestItems: Record<string, Batch> }
  const [[table, all] = ['', []]] = Object.entries(RequestItems)
  const isRead = 'Keys' in all
  const entries = isRead ? all.Keys : all
  const part = (some: readonly unknown[]): unknown => ({ [table]: isRead ? { ...all, Keys: some } : some })
  amend(request, { RequestItems: part(entries.slice(0, 1)) })
  const response = await send()
  const output = JSON.parse(await textOf(response.body)) as object
  const rest = entries.slice(1)
  if (rest.length === 0) return answer(200, output)
  return answer(200, { ...output, [isRead ? 'UnprocessedKeys' : 'UnprocessedItems']: part(rest) })
}

/** DynamoDB comes to the end of its page after one item. */
export const shortPage: Fault = async (request, send) => {
  amend(request, { Limit: 1 })
  return send()
}

/** SQS takes only some entries of a batch, and says so with status 200. */
export function someEntries(isTaken: (at: number) => boolean): Fault {
  return async (request, send) => {
    const entries = entriesIn(request)
    const taken = entries.filter((_, at) => isTaken(at))
    if (taken.length === 0) return answer(200, { Successful: [], Failed: entries.map(failed) })
    amend(request, { Entries: taken })
    return withFailed(entries.filter((entry) => !taken.includes(entry)))(request, send)
  }
}

/** SQS takes all entries of a batch, and says of some that it did not. */
export function deniedEntries(isDenied: (at: number) => boolean): Fault {
  return async (request, send) =>
    withFailed(entriesIn(request).filter((_, at) => isDenied(at)))(request, send)
}

interface Entry {
  readonly Id: string
}

function entriesIn(request: HttpQuestion): readonly Entry[] {
  return (inputOf(request) as { readonly Entries?: readonly Entry[] }).Entries ?? []
}

function withFailed(entries: readonly Entry[]): Fault {
  const ids = new Set(entries.map(({ Id }) => Id))
  return rewrite(({ Successful = [] }) => ({
    Successful: (Successful as readonly Entry[]).filter(({ Id }) => !ids.has(Id)),
    Failed: entries.map(failed),
  }))
}

function failed({ Id }: Entry): object {
  return { Id, SenderFault: false, Code: 'InternalError', Message: 'injected' }
}

function amend(request: HttpQuestion, more: object): void {
  request.body = JSON.stringify({ ...inputOf(request), ...more })
  request.headers['content-length'] = String(Buffer.byteLength(request.body))
}

/** Changes what the service answers. */
export function rewrite(change: (output: Record<string, unknown>) => object): Fault {
  return async (_, send) => {
    const { statusCode, body } = await send()
    return answer(statusCode, change(JSON.parse(await textOf(body)) as Record<string, unknown>))
  }
}

/** What a batch asks for, none of which is done. */
export const nothingOfIt: Fault = async (request) =>
  answer(200, { UnprocessedItems: inputOf(request)['RequestItems'] })

function inputOf({ body = '' }: HttpQuestion): Outgoing['input'] {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return JSON.parse(text || '{}') as Outgoing['input']
}

type Batch = readonly object[] | { readonly Keys: readonly object[] }

function answer(statusCode: number, body: object): HttpAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.0' }
  return { statusCode, headers, body: Buffer.from(JSON.stringify(body)) }
}

async function received({ statusCode, headers, body }: HttpAnswer): Promise<HttpAnswer> {
  return { statusCode, headers, body: Buffer.from(await textOf(body)) }
}

async function textOf(body: unknown): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body)
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function connectionReset(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
