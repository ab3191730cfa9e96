// The wire of AWS at one address of this machine: what the SDK and the AWS CLI send over HTTP reaches the stand-ins and dynoxide, each
// request by what tells the services apart.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Service = 'dynamodb' | 'sqs' | 'sns' | 'scheduler'

export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** Gives a service that is played here its answers; the signal is aborted when nobody waits for one any more. */
export type Player = (request: WireRequest, signal: AbortSignal) => Promise<WireAnswer>

export interface Wire {
  readonly endpoint: string
  close(): Promise<void>
}

/**
 * @param port 0: any free one
 * @throws what `listen` throws, such as `EADDRINUSE`
 */
export async function openWire(
  port: number,
  playerOf: (service: Service) => Player | undefined,
  onRequest: (request: WireRequest, service: Service) => void = () => {},
): Promise<Wire> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    const request = await read(incoming)
    const service = serviceOf(request)
    onRequest(request, service)
    const player = playerOf(service)
    const { status, headers, body } = player ? await player(request, gone.signal) : elsewhere(service)
    outgoing.writeHead(status, headers).end(body)
  }

  // A connection that this end closed just when the other begins to use it would look like a fault.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error))
  })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  )
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const signedHeaders = [
  'authorization',
  'content-type',
  'x-amz-date',
  'x-amz-target',
  'x-amz-content-sha256',
  'x-amz-security-token',
]

/** Plays DynamoDB by asking another address. */
export function forwardTo(endpoint: string): Player {
  return async ({ headers, body }) => {
    const kept = signedHeaders.flatMap((name) => (name in headers ? [[name, headers[name] ?? '']] : []))
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: Object.fromEntries(kept) as Record<string, string>,
      body,
    })
    return {
      status: response.status,
      headers: { 'content-type': response.headers.get('content-type') ?? 'application/x-amz-json-1.0' },
      body: new Uint8Array(await response.arrayBuffer()),
    }
  }
}

/** Plays a service by the request handler that a stand-in has for clients of the SDK. */
export function playedBy({ requestHandler }: { readonly requestHandler: Record<string, unknown> }): Player {
  const { handle } = requestHandler as {
    handle: (
      request: WireRequest,
      options: { readonly abortSignal: AbortSignal },
    ) => Promise<{
      response: { statusCode: number; headers: Record<string, string>; body: Uint8Array }
    }>
  }
  return async (request, abortSignal) => {
    const { response } = await handle(request, { abortSignal })
    return { status: response.statusCode, headers: response.headers, body: response.body }
  }
}

/** DynamoDB and SQS name their operation in a header, SNS takes forms, and Scheduler has paths. */
function serviceOf({ headers }: WireRequest): Service {
  const target = headers['x-amz-target'] ?? ''
  if (target.startsWith('DynamoDB_')) return 'dynamodb'
  if (target.startsWith('AmazonSQS.')) return 'sqs'
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  return isForm ? 'sns' : 'scheduler'
}

function elsewhere(service: Service): WireAnswer {
  const message = `AWS_ENDPOINT_URL_${service.toUpperCase()} was set: this service is not played here.`
  return { status: 501, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) }
}

async function read(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost')
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(',')])
  return {
    method: incoming.method ?? '',
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  }
}
