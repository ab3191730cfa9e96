// Activities that are completed from outside. The token stands in the body, because addresses get into logs.

import type { Context } from 'hono'
import type { Management } from '../runtime/management.ts'
import { TenutoError } from '../workflow/errors.ts'
import type { FailureDetails } from '../workflow/failure.ts'
import { encodePayload } from '../workflow/payload.ts'
import { jsonAnswer } from './answers.ts'
import { readMembers } from './body.ts'
import type { Members } from './operations.ts'
import { pathNames } from './path.ts'
import { parseQuery } from './query.ts'

export async function completeActivity({ req }: Context, management: Management): Promise<Response> {
  pathNames(req.path)
  parseQuery(req.url)
  const members = await readMembers(req.raw)
  const token = tokenOf(members)
  const output = encodePayload(members.get('output'), 'output')
  await management.completeActivity({ token, ...(output !== undefined && { output }) })
  return jsonAnswer(202, {})
}

export async function failActivity({ req }: Context, management: Management): Promise<Response> {
  pathNames(req.path)
  parseQuery(req.url)
  const members = await readMembers(req.raw)
  await management.failActivity({ token: tokenOf(members), failure: failureOf(members.get('failure')) })
  return jsonAnswer(202, {})
}

function tokenOf(members: Members): string {
  const token = members.get('token')
  if (typeof token === 'string') return token
  throw new TenutoError('ERR_ACTIVITY_TOKEN_INVALID', 'The body must have the token of the activity, a text.')
}

/** What the wire shows of a failure, with its type and more where they are given. */
function failureOf(given: unknown, depth = 0): FailureDetails {
  if (typeof given !== 'object' || given === null || depth > 10) throw malformed()
  const { errorType = 'Error', message, code, stackTrace, nonRetriable, cause } = given as Given
  if (typeof errorType !== 'string' || typeof message !== 'string') throw malformed()
  if (code !== undefined && typeof code !== 'string') throw malformed()
  if (stackTrace !== undefined && typeof stackTrace !== 'string') throw malformed()
  if (nonRetriable !== undefined && typeof nonRetriable !== 'boolean') throw malformed()
  return {
    errorType,
    message,
    ...(code !== undefined && { code }),
    ...(stackTrace !== undefined && { stackTrace }),
    ...(nonRetriable && { nonRetriable }),
    ...(cause !== undefined && { cause: failureOf(cause, depth + 1) }),
  }
}

type Given = { readonly [K in keyof FailureDetails]?: unknown }

function malformed(): TenutoError {
  return new TenutoError(
    'ERR_MALFORMED_REQUEST',
    'failure must be an object with a text as message; errorType, code and stackTrace are texts, nonRetriable is true or false.',
  )
}
