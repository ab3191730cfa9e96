// The HTTP API of a stack, as a handler of Request and Response: it finds the route, hands the request to its function, and answers what
// that answers. It does not look at signatures or tokens.

import type { HttpHandler } from '../../src/http/api.ts'
import type { Clock } from '../../src/runtime/ports.ts'
import type { Logger } from '../../src/workflow/logger.ts'
import { toHttpEvent, toResponse } from './http-event.ts'
import { matchRoute, type Route } from './routes.ts'

export interface HttpApiOptions {
  readonly routes: readonly Route[]
  readonly clock: Clock
  readonly logger: Logger
}

/** Of a request to the API. */
const requestBytes = 10 * 1024 * 1024
/** Of an event for a function, and of its answer. */
const payloadBytes = 6 * 1024 * 1024

export function createHttpApi(options: HttpApiOptions): HttpHandler {
  const { routes, clock, logger } = options
  return async (request) => {
    const { pathname } = new URL(request.url)
    const path = decode(pathname)
    if (path === undefined) return refusal(400, 'Bad Request')
    const matched = matchRoute(routes, request.method, path)
    if (!matched) return refusal(404, 'Not Found')
    const body = await readBody(request)
    if (!body) return refusal(413, 'Request Entity Too Large')
    const event = toHttpEvent(request, { body, matched, path, now: clock.now() })
    if (bytesOf(event) > payloadBytes) return refusal(413, 'Request Entity Too Large')
    const { target, timeoutMs } = matched.route
    const call = target.invoke(event).then((answer) => {
      if (bytesOf(answer) > payloadBytes) throw new Error('The answer exceeds the maximum of 6 MB.')
      return toResponse(answer)
    })
    return withinTime(call, { timeoutMs, clock, signal: request.signal }).catch((error: unknown) => {
      logger.error(`${target.name}: a call failed`, { error })
      return refusal(500, 'Internal Server Error')
    })
  }
}

interface Waiting {
  readonly timeoutMs: number
  readonly clock: Clock
  /** Aborted when the server closes, or the client is gone. */
  readonly signal: AbortSignal
}

/** The function goes on when the API has given up on it. */
async function withinTime(call: Promise<Response>, { timeoutMs, clock, signal }: Waiting): Promise<Response> {
  const over = new AbortController()
  const abort = (): void => over.abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (signal.aborted) abort()
    const late = clock.sleep(timeoutMs, over.signal).then(() => refusal(503, 'Service Unavailable'))
    return await Promise.race([call, late])
  } finally {
    call.catch(() => {})
    signal.removeEventListener('abort', abort)
    abort()
  }
}

/** Undefined for a path that escapes nothing that can be read. */
function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** Undefined when it is too long. */
async function readBody({ body }: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > requestBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}

/** An answer of the API's own. */
function refusal(status: number, message: string): Response {
  return new Response(JSON.stringify({ message }), {
    status,
    headers: { 'content-type': 'application/json' },
  })
}
