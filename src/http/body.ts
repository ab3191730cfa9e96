// The body of a request as text, read no further than the limit. Its content type means nothing: `curl -d` sends a form's, the Dapr
// client guesses; the text is the payload as it stands.

import { isTenutoError, TenutoError } from '../workflow/errors.ts'
import { limits } from '../workflow/limits.ts'
import { assertPayloadDepth, type Payload } from '../workflow/payload.ts'

/**
 * The body, verbatim; undefined when there is none.
 * @throws TenutoError `PAYLOAD_TOO_LARGE`, `PAYLOAD_TOO_DEEP`, `ERR_MALFORMED_REQUEST` (not UTF-8, or a NUL), `ERR_BODY_READ`
 */
export async function readPayload(request: Request, what: string): Promise<Payload> {
  const text = decode(await readBytes(request), what)
  if (text === '') return undefined
  assertPayloadDepth(text, what)
  return text
}

/**
 * The members of the JSON object that a command may carry; empty without a body.
 * @throws TenutoError as `readPayload`, and `ERR_MALFORMED_REQUEST` when it is no JSON object
 */
export async function readMembers(request: Request): Promise<ReadonlyMap<string, unknown>> {
  const text = await readPayload(request, 'The body')
  if (text === undefined) return new Map()
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TenutoError('ERR_MALFORMED_REQUEST', 'The body must be a JSON object, or be left out.')
  }
  return new Map(Object.entries(value))
}

async function readBytes({ headers, body }: Request): Promise<Uint8Array> {
  const declared = Number(headers.get('content-length') ?? 0)
  if (declared > limits.payloadBytes) throw tooLarge(`${declared} bytes`)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Leaving the loop cancels the stream: nothing is read beyond the limit.
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength
      if (size > limits.payloadBytes) throw tooLarge(`at least ${size} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (isTenutoError(cause)) throw cause
    throw new TenutoError('ERR_BODY_READ', 'The body ended before it was complete.', { cause })
  }
  return Buffer.concat(chunks)
}

function tooLarge(actual: string): TenutoError {
  return new TenutoError(
    'PAYLOAD_TOO_LARGE',
    `The body has ${actual}; the limit is ${limits.payloadBytes}. Store the data elsewhere and pass a reference.`,
  )
}

function decode(bytes: Uint8Array, what: string): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new TenutoError('ERR_MALFORMED_REQUEST', `${what} must be UTF-8 text.`)
  }
  if (text.includes('\0')) throw new TenutoError('ERR_MALFORMED_REQUEST', `${what} must not contain NUL.`)
  return text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TenutoError('ERR_MALFORMED_REQUEST', 'The body is not well-formed JSON.')
  }
}
