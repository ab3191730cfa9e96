// AWS at one address of this machine: the stand-ins and dynoxide behind the wire that the SDK speaks in another process. It knows who asks
// by the key that a request is signed with, and keeps a list of what was asked.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/aws/lambda/clock.ts'
import { createSchedulerStandIn, createSqsStandIn, type SqsStandIn } from '../../src/stand-ins/index.ts'
import { type Dynoxide, startDynoxide } from './dynoxide.ts'

/** One request, in the words of a policy. */
interface Deed {
  readonly who: string
  readonly action: string
  /** As `permissionsIn` names it; queues and the table have the logical names of the template. */
  readonly resource: string
}

export interface Cloud {
  readonly endpoint: string
  readonly sqs: SqsStandIn
  readonly dynoxide: Dynoxide
  readonly deeds: readonly Deed[]
  /** Those that wait. */
  readonly schedules: readonly unknown[]
  close(): Promise<void>
}

export async function openCloud(): Promise<Cloud> {
  const clock = systemClock
  const sqs = createSqsStandIn({ clock })
  const scheduler = createSchedulerStandIn({ clock, sqs })
  const dynoxide = await startDynoxide()
  const deeds: Deed[] = []

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await read(incoming)
    deeds.push(...deedsOf(request))
    const target = request.headers['x-amz-target'] ?? ''
    const { status, body, headers } = target.startsWith('DynamoDB_')
      ? await forward(dynoxide.endpoint, request)
      : await serve(target.startsWith('AmazonSQS.') ? sqs.clientConfig : scheduler.clientConfig, request)
    outgoing.writeHead(status, headers).end(body)
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    sqs,
    dynoxide,
    deeds,
    get schedules() {
      return scheduler.schedules
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await dynoxide.close()
    },
  }
}

interface WireRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface WireAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

async function read(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost')
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(',')]),
  )
  const query = Object.fromEntries(searchParams)
  return {
    method: incoming.method ?? '',
    path: pathname,
    query,
    headers,
    body: Buffer.concat(chunks).toString(),
  }
}

const signedHeaders = new Set([
  'authorization',
  'content-type',
  'x-amz-date',
  'x-amz-target',
  'x-amz-content-sha256',
])

async function forward(endpoint: string, { method, headers, body }: WireRequest): Promise<WireAnswer> {
  const response = await fetch(endpoint, {
    method,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => signedHeaders.has(name))),
    body,
  })
  const contentType = response.headers.get('content-type') ?? 'application/x-amz-json-1.0'
  return {
    status: response.status,
    headers: { 'content-type': contentType },
    body: new Uint8Array(await response.arrayBuffer()),
  }
}

/** What a client of the SDK would hand its request handler. */
async function serve(
  { requestHandler }: SqsStandIn['clientConfig'],
  request: WireRequest,
): Promise<WireAnswer> {
  const { handle } = requestHandler as {
    handle: (request: WireRequest) => Promise<{
      response: { statusCode: number; headers: Record<string, string>; body: Uint8Array }
    }>
  }
  const { response } = await handle(request)
  return { status: response.statusCode, headers: response.headers, body: response.body }
}

function deedsOf({ method, path, query, headers, body }: WireRequest): readonly Deed[] {
  const [, who = 'nobody'] = /Credential=([^/]+)\//.exec(headers['authorization'] ?? '') ?? []
  const [service = '', operation = ''] = (headers['x-amz-target'] ?? '').split('.')
  const input = JSON.parse(body || '{}') as Readonly<Record<string, unknown>>
  if (service.startsWith('DynamoDB_')) {
    const index = typeof input['IndexName'] === 'string' ? `/index/${input['IndexName']}` : ''
    return [{ who, action: `dynamodb:${operation}`, resource: `Table${index}` }]
  }
  if (service === 'AmazonSQS') {
    const queue = String(input['QueueUrl']).split('/').at(-1) ?? ''
    // One permission covers a request for one message and one for ten.
    return [{ who, action: `sqs:${operation.replace(/Batch$/, '')}`, resource: queue }]
  }
  const { GroupName = query['groupName'] } = input as { readonly GroupName?: string }
  const action = { POST: 'CreateSchedule', DELETE: 'DeleteSchedule' }[method] ?? `${method} ${path}`
  const deed = { who, action: `scheduler:${action}`, resource: `${GroupName}/*` }
  const { RoleArn: role } = (input['Target'] ?? {}) as { readonly RoleArn?: string }
  return role === undefined
    ? [deed]
    : [deed, { who, action: 'iam:PassRole', resource: role.split('/').at(-1) ?? '' }]
}
