// Between node:http and Request/Response.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TenutoError } from '../workflow/errors.ts'
import { urlOfTarget } from './path.ts'

/** For so long the rest of a body is read that nobody wants. */
const lingerMs = 2_000

/** The methods that a Request refuses. */
const forbiddenMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** @throws TenutoError `ERR_MALFORMED_REQUEST`, `ERR_METHOD_NOT_ALLOWED` */
export function toRequest(incoming: IncomingMessage, outgoing: ServerResponse, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders } = incoming
  if (forbiddenMethods.has(method)) {
    throw new TenutoError('ERR_METHOD_NOT_ALLOWED', `${method} is not allowed here.`)
  }
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  }
  const hasBody =
    method !== 'GET' &&
    method !== 'HEAD' &&
    (headers.has('content-length') || headers.has('transfer-encoding'))
  // The host does not matter: no route depends on it.
  return new Request(urlOfTarget(incoming.url ?? '', 'http://localhost'), {
    method,
    headers,
    signal,
    ...(hasBody && { body: bodyOf(incoming, outgoing), duplex: 'half' as const }),
  })
}

/** Writes the answer. Resolves when it is sent, or when the client is gone. */
export async function send(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    outgoing.statusCode = response.status
    outgoing.setHeaders(response.headers)
    await pipeline(response.body ? Readable.fromWeb(response.body) : Readable.from([]), outgoing)
  } catch {
    // The client hung up, or the body of the answer broke off: neither can be told to anybody.
    outgoing.destroy()
  }
  if (!incoming.complete) linger(incoming)
}

/**
 * The body, read as it is asked for. A client that waits to be told to go on (`Expect: 100-continue`) is told at the first read. A
 * cancelled read leaves the connection alone, for the answer.
 */
function bodyOf(incoming: IncomingMessage, outgoing: ServerResponse): ReadableStream<Uint8Array> {
  let started = false
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!started) start(controller)
        started = true
        incoming.resume()
      },
      cancel() {
        incoming.removeAllListeners('data').removeAllListeners('end')
      },
    },
    { highWaterMark: 0 },
  )

  function start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (incoming.headers.expect?.toLowerCase() === '100-continue') tellToGoOn(outgoing)
    incoming.on('data', (chunk: Buffer) => {
      controller.enqueue(chunk)
      incoming.pause()
    })
    incoming.once('end', () => controller.close())
    incoming.once('error', (error) => controller.error(error))
  }
}

/** In its turn: of an answer that waits for others on its connection, Node would put the headers before this. */
function tellToGoOn(outgoing: ServerResponse): void {
  const tell = (): void => {
    if (!outgoing.headersSent) outgoing.writeContinue()
  }
  if (outgoing.socket) tell()
  else outgoing.once('socket', tell)
}

/** Reads on for a while, so that a client which is still sending gets to see the answer; then cuts the connection. */
function linger(incoming: IncomingMessage): void {
  incoming.removeAllListeners('data').resume()
  setTimeout(() => {
    if (!incoming.complete) incoming.destroy()
  }, lingerMs).unref()
}
