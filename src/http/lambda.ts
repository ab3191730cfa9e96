// The management API as a Lambda function behind an HTTP API of API Gateway, or a function URL: both speak payload format 2.0.

import { type HandlerOptions, lambdaHandler } from '../aws/lambda/compose.ts'
import type { LambdaHandler } from '../aws/lambda/events.ts'
import { timeForWorkMs } from '../aws/lambda/invocation.ts'
import { createManagement } from '../runtime/manage.ts'
import { TenutoError } from '../workflow/errors.ts'
import { errorAnswer } from './answers.ts'
import { createHttpApi, type HttpApiOptions } from './api.ts'
import { urlOfTarget } from './path.ts'

export interface HttpEvent {
  /** `/v1.0/…`; an HTTP API has decoded it, a function URL has not. */
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestContext: { readonly http: { readonly method: string } }
  readonly body?: string | undefined
  readonly isBase64Encoded: boolean
}

export interface HttpResult {
  statusCode: number
  headers: Record<string, string>
  body: string
}

export type ApiHandlerOptions = HandlerOptions & Pick<HttpApiOptions, 'metadata'>

/** It takes no app: the API runs none of its code, and goes without its dependencies. */
export function apiHandler(options: ApiHandlerOptions = {}): LambdaHandler<HttpEvent, HttpResult> {
  const { metadata = {}, ...handlerOptions } = options
  return lambdaHandler(handlerOptions, ({ ports, invocation }) => {
    const { logger } = ports
    const api = createHttpApi(createManagement(ports), { logger, metadata })
    return async (event) => {
      // A request that `?wait` holds is answered before Lambda ends the invocation.
      const over = new AbortController()
      const workMs = timeForWorkMs(invocation.remainingTimeMs())
      const deadline = Number.isFinite(workMs) ? setTimeout(() => over.abort(), workMs) : undefined
      try {
        return await toResult(await api(toRequest(event, over.signal)))
      } catch (error) {
        return await toResult(errorAnswer(error, logger))
      } finally {
        clearTimeout(deadline)
      }
    }
  })
}

/** The methods that a Request refuses. */
const forbiddenMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** @throws TenutoError `ERR_MALFORMED_REQUEST`, `ERR_METHOD_NOT_ALLOWED` */
function toRequest(event: HttpEvent, signal: AbortSignal): Request {
  const { rawPath, rawQueryString, requestContext, body, isBase64Encoded } = event
  const { method } = requestContext.http
  if (forbiddenMethods.has(method)) {
    throw new TenutoError('ERR_METHOD_NOT_ALLOWED', `${method} is not allowed here.`)
  }
  const target = rawQueryString ? `${escapePath(rawPath)}?${rawQueryString}` : escapePath(rawPath)
  const hasBody = body !== undefined && body !== '' && method !== 'GET' && method !== 'HEAD'
  // The host does not matter: no route depends on it.
  return new Request(urlOfTarget(target, 'https://localhost'), {
    method,
    headers: toHeaders(event.headers),
    signal,
    ...(hasBody && { body: isBase64Encoded ? Buffer.from(body, 'base64') : body }),
  })
}

/**
 * Escapes what cannot stand in a path as it is, and a `%` that escapes nothing. So a path that was decoded on its way here becomes one
 * again, and one that was not is left alone; only a decoded name that looks like an escape (`%41`) is read as what it escapes.
 */
function escapePath(path: string): string {
  return path
    .toWellFormed()
    .replaceAll(/%(?![\da-f]{2})/gi, '%25')
    .replaceAll(/[^\w!$%&'()*+,\-./:;=@~]/gu, encodeURIComponent)
}

function toHeaders(given: HttpEvent['headers']): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    try {
      if (value !== undefined) headers.set(name, value)
    } catch {
      throw new TenutoError('ERR_MALFORMED_REQUEST', `The header ${name.slice(0, 100)} cannot be read.`)
    }
  }
  return headers
}

/** All answers of the API are text. */
async function toResult(response: Response): Promise<HttpResult> {
  const { status: statusCode, headers } = response
  return { statusCode, headers: Object.fromEntries(headers), body: await response.text() }
}
