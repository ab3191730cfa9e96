// Payload format 2.0 of an HTTP API: the event that a request becomes, and the response that a function's answer becomes.

import { randomUUID } from 'node:crypto'
import { place } from './names.ts'
import type { Matched } from './routes.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export interface EventOptions {
  readonly body: Uint8Array
  readonly matched: Matched
  /** Decoded, as the API hands it on. */
  readonly path: string
  /** Ms since the epoch. */
  readonly now: number
}

export function toHttpEvent(request: Request, { body, matched, path, now }: EventOptions) {
  const { search, hostname } = new URL(request.url)
  const { cookie, ...headers } = Object.fromEntries(request.headers)
  const query = mergeQuery(search)
  const { route, pathParameters } = matched
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: { ...headers, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: place.accountId,
      apiId: 'local',
      domainName: headers['host'] ?? hostname,
      domainPrefix: 'local',
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: toLogTime(now),
      timeEpoch: now,
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...toBody(body, headers['content-type'] ?? ''),
  }
}

/** `22/Nov/2026:20:36:28 +0000`. */
function toLogTime(now: number): string {
  const date = new Date(now)
  const day = String(date.getUTCDate()).padStart(2, '0')
  const time = date.toISOString().slice(11, 19)
  return `${day}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${time} +0000`
}

/** What is given twice is joined by a comma. */
function mergeQuery(search: string): Readonly<Record<string, string>> | undefined {
  const merged = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(search)) {
    const before = merged.get(name)
    merged.set(name, before === undefined ? value : `${before},${value}`)
  }
  return merged.size > 0 ? Object.fromEntries(merged) : undefined
}

/** Text as it is when its type says that it is text; all else in base64. */
function toBody(bytes: Uint8Array, contentType: string) {
  if (bytes.byteLength === 0) return { isBase64Encoded: false }
  const isText = /^(?:text\/|application\/(?:json|javascript|xml)\b)/i.test(contentType) && isUtf8(bytes)
  return { body: Buffer.from(bytes).toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

interface Answered {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string | number | boolean>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

/** An answer without a status is the body of one with 200. @throws for what is no response */
export function toResponse(answer: unknown): Response {
  if (!isAnswered(answer)) {
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })
  }
  const { statusCode, headers: given = {}, cookies = [], body = '', isBase64Encoded = false } = answer
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) headers.set(name, String(value))
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  const hasNone = statusCode === 204 || statusCode === 304
  const content = isBase64Encoded ? Buffer.from(body, 'base64') : body
  return new Response(hasNone ? null : content, { status: statusCode, headers })
}

function isAnswered(answer: unknown): answer is Answered {
  return typeof answer === 'object' && answer !== null && 'statusCode' in answer
}
