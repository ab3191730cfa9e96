// An HTTP server of node:http for a handler of Request and Response.

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { type AddressInfo, isIPv6, type Socket } from 'node:net'
import { errorCatalogue, type ErrorCode } from '../workflow/error-catalogue.ts'
import { limits } from '../workflow/limits.ts'
import { type Logger, silentLogger } from '../workflow/logger.ts'
import { errorAnswer } from './answers.ts'
import type { HttpHandler } from './api.ts'
import { send, toRequest } from './bridge.ts'
import { assertHasHost, hostGuard } from './host.ts'

export interface ServeOptions {
  /** 0: any free port. */
  readonly port: number
  /** Address to listen on. Default: 127.0.0.1. */
  readonly hostname?: string
  /** Names besides localhost that a server on a loopback address answers to. Default: none. */
  readonly allowedHosts?: readonly string[]
  /** Ms that a request may take to arrive, headers and body. Default: 30,000. */
  readonly requestTimeoutMs?: number
  /** Ms that requests in flight get to finish once `close` is called. Default: 10,000. */
  readonly closeTimeoutMs?: number
  readonly logger?: Logger
}

export interface HttpServer {
  readonly url: string
  readonly port: number
  /**
   * Accepts nothing more, tells held requests to answer now (their signal is aborted), and resolves when those in flight are answered or
   * their time is over.
   */
  close(): Promise<void>
}

/**
 * Listens, and resolves once it does. A handler that rejects is answered with 500.
 * @throws what `listen` throws, such as `EADDRINUSE`
 */
export async function serve(handler: HttpHandler, options: ServeOptions): Promise<HttpServer> {
  const { port, hostname = '127.0.0.1', requestTimeoutMs = 30_000, closeTimeoutMs = 10_000 } = options
  const { logger = silentLogger } = options
  const inFlight = new Set<AbortController>()
  const assertHost = hostGuard(hostname, options.allowedHosts ?? [])
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(requestTimeoutMs, 10_000),
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 5_000,
    requireHostHeader: false,
  })
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) =>
    void answer(incoming, outgoing, { handler, assertHost, inFlight, server, logger })
  // What else a client may expect is passed over: nothing here depends on it.
  server.on('request', onRequest).on('checkContinue', onRequest).on('checkExpectation', onRequest)
  server.on('clientError', onClientError)
  server.on('connect', (_incoming, socket: Socket) => refuse(socket, 'ERR_METHOD_NOT_ALLOWED'))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, hostname, resolve))
  server.on('error', (error) => logger.error('The HTTP server met an error', { error }))
  const { port: actualPort } = server.address() as AddressInfo
  return {
    url: `http://${hostOf(hostname)}:${actualPort}`,
    port: actualPort,
    close: async () => close(server, inFlight, closeTimeoutMs),
  }
}

interface Serving {
  readonly handler: HttpHandler
  readonly assertHost: (incoming: IncomingMessage) => void
  readonly inFlight: Set<AbortController>
  readonly server: Server
  readonly logger: Logger
}

/** Never rejects. */
async function answer(incoming: IncomingMessage, outgoing: ServerResponse, serving: Serving): Promise<void> {
  const { handler, assertHost, inFlight, server, logger } = serving
  const hangUp = new AbortController()
  inFlight.add(hangUp)
  if (!server.listening) hangUp.abort()
  outgoing.once('close', () => {
    inFlight.delete(hangUp)
    if (!outgoing.writableFinished) hangUp.abort()
  })
  let response: Response
  try {
    assertHasHost(incoming)
    assertHost(incoming)
    response = await handler(toRequest(incoming, outgoing, hangUp.signal))
  } catch (error) {
    response = errorAnswer(error, logger, { method: incoming.method, path: incoming.url?.slice(0, 200) })
  }
  // A connection that stays open would keep a server that closes from ending; who names no host has nothing more to ask.
  if (!server.listening || incoming.headers.host === undefined) outgoing.setHeader('Connection', 'close')
  await send(response, incoming, outgoing)
}

/** The host of a URL that leads to an address which is listened on. */
function hostOf(hostname: string): string {
  if (hostname === '0.0.0.0' || hostname === '::') return 'localhost'
  return isIPv6(hostname) ? `[${hostname}]` : hostname
}

async function close(
  server: Server,
  inFlight: ReadonlySet<AbortController>,
  timeoutMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const each of inFlight) each.abort()
  const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs)
  await closed
  clearTimeout(deadline)
}

const codeOfClientError: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'ERR_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'PAYLOAD_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'ERR_REQUEST_TIMEOUT',
}

/** What the parser cannot read never becomes a request; it is answered on the bare socket. */
function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else refuse(socket, codeOfClientError[error.code ?? ''] ?? 'ERR_MALFORMED_REQUEST')
}

function refuse(socket: Socket, code: ErrorCode): void {
  const { summary, remedy, http = 400 } = errorCatalogue[code]
  const body = JSON.stringify({ errorCode: code, message: `${summary} ${remedy}` })
  socket.end(
    [
      `HTTP/1.1 ${http} ${STATUS_CODES[http]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroySoon(),
  )
}
