// One HTTP call with its retries. Every call that comes here may be made twice: it reads, or it carries a key, or doing it again has no
// further effect.

import { fromWireError } from '../http/wire.ts'
import { type ErrorCode, errorCatalogue } from '../workflow/error-catalogue.ts'
import { TenutoError } from '../workflow/errors.ts'

export interface TransportOptions {
  /** Default: the global one. */
  readonly fetch?: (input: string, init: RequestInit) => Promise<Response>
  /** Sent with every request: an authorization, for instance. */
  readonly headers?: Readonly<Record<string, string>>
}

interface HttpCall {
  readonly method: 'GET' | 'POST'
  /** After the base URL, encoded. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Ms for which the server may hold the answer. Default: 0. */
  readonly heldMs?: number
  /** An error that means success on a retry: the attempt before had its effect, and only the answer was lost. */
  readonly doneIfRetried?: ErrorCode
}

/**
 * The parsed body of the answer; its text when that is no JSON.
 * @throws TenutoError the code of the server's error, `UNAVAILABLE` when there is no answer, `UNEXPECTED_RESPONSE` for any other
 */
export type Send = (call: HttpCall) => Promise<unknown>

const maxAttempts = 6
const firstDelayMs = 100
const longestDelayMs = 5_000
const answerTimeoutMs = 30_000
const retriedStatuses = new Set([429, 502, 503, 504])

/** @throws TenutoError `INVALID_ARGUMENT` when the base URL is none */
export function createTransport(baseUrl: string, options: TransportOptions = {}): Send {
  const { fetch = globalThis.fetch, headers = {} } = options
  if (!/^https?:\/\/[^?#]+$/i.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new TenutoError(
      'INVALID_ARGUMENT',
      `baseUrl must be a URL of http or https without a query, got '${baseUrl}'.`,
    )
  }
  const base = baseUrl.replace(/\/+$/, '')
  return async ({ method, path, headers: own, body, heldMs = 0, doneIfRetried }) => {
    const init: RequestInit = {
      method,
      headers: new Headers({
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
        ...own,
      }),
      redirect: 'manual',
      ...(body !== undefined && { body }),
    }
    for (let attempt = 1; ; attempt++) {
      const signal = AbortSignal.timeout(heldMs + answerTimeoutMs)
      const answer = await attemptOnce(async () => fetch(base + path, { ...init, signal }))
      if (answer.ok) return answer.body
      if (attempt > 1 && answer.error.code === doneIfRetried) return undefined
      if (!answer.again || attempt === maxAttempts) throw answer.error
      await sleep(Math.max(answer.afterMs, backoffMs(attempt)))
    }
  }
}

type Attempt =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly error: TenutoError; readonly again: boolean; readonly afterMs: number }

async function attemptOnce(request: () => Promise<Response>): Promise<Attempt> {
  try {
    const response = await request()
    const body = parse(await response.text())
    if (response.ok) return { ok: true, body }
    return {
      ok: false,
      error: errorOf(response.status, body),
      again: retriedStatuses.has(response.status),
      afterMs: Math.min((Number(response.headers.get('retry-after')) || 0) * 1000, longestDelayMs),
    }
  } catch (cause) {
    const error = new TenutoError('UNAVAILABLE', `No answer from the server: ${describe(cause)}`, { cause })
    return { ok: false, error, again: true, afterMs: 0 }
  }
}

function errorOf(status: number, body: unknown): TenutoError {
  const { errorCode, message } = fromWireError(body) ?? {}
  if (errorCode !== undefined && message !== undefined && isErrorCode(errorCode)) {
    return new TenutoError(errorCode, message)
  }
  const text = `The server answered ${status}: ${JSON.stringify(body)?.slice(0, 500)}`
  return new TenutoError(retriedStatuses.has(status) ? 'UNAVAILABLE' : 'UNEXPECTED_RESPONSE', text)
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** fetch says `fetch failed` and keeps the reason in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** Doubles each time; half of it is chance, so that clients do not come back together. */
function backoffMs(attempt: number): number {
  return Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs) * (0.5 + Math.random() / 2)
}

export async function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
