// The place where a stand-in meets the real SDK client: a request handler that answers in this process instead of sending bytes away.
// Everything above it is the client's own: validation, serialisation, signing, checksums, its errors and its retries.

import { ServiceError } from './service-error.ts'

interface WireRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One operation that a client asks for. */
interface Call {
  readonly service: 'dynamodb' | 'sqs' | 'sns' | 'scheduler'
  readonly operation: string
  readonly input: unknown
}

/** The form in which a service speaks. */
export interface Protocol {
  parse(request: WireRequest): Call
  answer(call: Call, output: unknown): WireResponse
  refuse(error: ServiceError): WireResponse
  /** What the service says when there is too much of everything. */
  readonly throttling: ServiceError
}

/** Each takes what came over the wire; the type that an operation gives its input is a promise that the client's serialiser keeps. */
export type Operations = Readonly<Record<string, (input: never, signal?: AbortSignal) => unknown>>

/**
 * What becomes of a request: refused by throttling or with status 500, never arrived, or done while the caller hears of a broken
 * connection.
 */
export type RequestFault = 'throttled' | 'internal error' | 'unreachable' | 'answer lost'

export interface RequestFaults {
  /** Asked for every request. */
  request?: (call: Call) => RequestFault | undefined
}

/** Goes into the constructor of the SDK's client. */
export interface ClientConfig {
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The stand-in's faults reach the caller as they are; the client's own pauses would be in real time. */
  readonly maxAttempts: number
  /** Else the first request of a client reads configuration files, in real time too. */
  readonly defaultsMode: 'standard'
  readonly retryMode: 'standard'
  readonly requestHandler: Record<string, unknown>
}

export function createClientConfig(
  region: string,
  protocol: Protocol,
  operations: Operations,
  faults: RequestFaults,
): ClientConfig {
  async function serve(request: WireRequest, signal?: AbortSignal): Promise<WireResponse> {
    const call = protocol.parse(request)
    const fault = faults.request?.(call)
    if (fault === 'unreachable') throw brokenConnection()
    try {
      if (fault === 'throttled') throw protocol.throttling
      if (fault === 'internal error') throw new ServiceError('InternalFailure', 'A fault was asked for.', 500)
      const operation = operations[call.operation]
      if (!operation) throw new ServiceError('InvalidAction', `${call.operation} is not known here.`)
      const output = await operation(call.input as never, signal)
      if (fault === 'answer lost') throw brokenConnection()
      return protocol.answer(call, output)
    } catch (error) {
      if (error instanceof ServiceError) return protocol.refuse(error)
      throw error
    }
  }

  return {
    region,
    credentials: { accessKeyId: 'stand-in', secretAccessKey: 'stand-in' },
    maxAttempts: 1,
    defaultsMode: 'standard',
    retryMode: 'standard',
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async (request: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
        const { status, headers, body } = await serve(toWire(request), abortSignal)
        return { response: { statusCode: status, headers: { ...headers }, body: encoder.encode(body) } }
      },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
      destroy: () => {},
    },
  }
}

/** What the SDK throws for a call that its caller gave up. */
export function aborted(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' })
}

interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function toWire({ method, path, query = {}, headers, body }: SdkRequest): WireRequest {
  return {
    method,
    path,
    query: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, [value].flat().join(',')])),
    headers,
    body: body instanceof Uint8Array ? decoder.decode(body) : (body ?? ''),
  }
}

function brokenConnection(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
}
