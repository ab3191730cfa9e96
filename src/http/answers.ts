// What the API answers: JSON with a length and headers that keep browsers and caches from doing anything with it.

import { errorCatalogue } from '../workflow/error-catalogue.ts'
import { isTenutoError, type TenutoError } from '../workflow/errors.ts'
import type { LogFields, Logger } from '../workflow/logger.ts'
import type { WireError } from './wire.ts'

/** Seconds after which asking again makes sense. */
const retryAfter = { 'Retry-After': '1' } as const

/** Nothing of this API is a page: it is not to be stored, guessed at, framed or run. */
const securityHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
} as const

export interface AnswerOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Adds `Retry-After`. Default: false. */
  readonly askAgain?: boolean
}

export function jsonAnswer(
  status: number,
  body: unknown,
  { headers, askAgain = false }: AnswerOptions = {},
): Response {
  const text = JSON.stringify(body)
  return new Response(text, {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
      ...securityHeaders,
      ...(askAgain && retryAfter),
      ...headers,
    },
  })
}

/**
 * The answer for whatever was thrown. Tenuto's own errors have the status of the catalogue; of everything that is not the caller's to
 * mend (500 and above) the details go to the log alone, under an id that the answer names.
 */
export function errorAnswer(error: unknown, logger: Logger, fields: LogFields = {}): Response {
  const known = isTenutoError(error) ? error : undefined
  const status = (known && errorCatalogue[known.code].http) ?? 500
  if (known && status < 500) {
    const body: WireError = { errorCode: known.code, message: known.message }
    return jsonAnswer(status, body, { askAgain: status === 429 })
  }
  const id = crypto.randomUUID()
  logger.error('A request failed', { ...fields, id, error })
  return jsonAnswer(status, opaque(status === 500 ? undefined : known, id), { askAgain: status !== 500 })
}

function opaque(error: TenutoError | undefined, id: string): WireError {
  if (!error)
    return { errorCode: 'INTERNAL', message: `Something went wrong here; the log has it under ${id}.` }
  const { summary, remedy } = errorCatalogue[error.code]
  return { errorCode: error.code, message: `${summary} ${remedy} The log has it under ${id}.` }
}
