// Clients that come over HTTP: each call is a request and a response of the production code, and either may get lost.

import { httpManagement } from '../../src/client/http-management.ts'
import type { Send } from '../../src/client/transport.ts'
import { createHttpApi, type HttpHandler } from '../../src/http/api.ts'
import { fromWireError } from '../../src/http/wire.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { ErrorCode } from '../../src/workflow/error-catalogue.ts'
import { TenutoError } from '../../src/workflow/errors.ts'
import type { Caller, Surroundings } from './platform.ts'
import type { Rng } from './rng.ts'

/** An answer of the API. */
export interface Answer {
  readonly status: number
  readonly body: string
}

type HttpCall = Parameters<Send>[0]

/** The API of each host, which makes it once. */
const apis = new WeakMap<Management, HttpHandler>()

/** Operations on a host, by way of its HTTP API. */
export function overHttp(management: Management, world: Surroundings, rng: Rng): Caller['management'] {
  const answer = apis.get(management) ?? createHttpApi(management)
  apis.set(management, answer)
  return httpManagement(
    unreliable(world, rng, async (call) => {
      const response = await answer(toRequest(call))
      return { status: response.status, body: await response.text() }
    }),
  )
}

/** A network: with some probability the request or its answer gets lost, and the client cannot tell which. */
export function unreliable(
  { conditions, isFaulty, count }: Surroundings,
  rng: Rng,
  ask: (call: HttpCall) => Promise<Answer>,
): Send {
  return async (call) => {
    const isLost = (): boolean => isFaulty() && rng.chance(conditions.rates.ambiguous)
    if (isLost()) throw lost('request', count)
    const { status, body } = await ask(call)
    if (isLost()) throw lost('answer', count)
    const parsed: unknown = JSON.parse(body)
    if (status < 300) return parsed
    const { errorCode, message } = fromWireError(parsed) ?? {}
    const code = status < 500 ? errorCode : 'UNAVAILABLE'
    throw new TenutoError((code ?? 'UNEXPECTED_RESPONSE') as ErrorCode, message ?? body)
  }
}

function lost(what: string, count: Surroundings['count']): TenutoError {
  count(`HTTP ${what} lost`)
  return new TenutoError('UNAVAILABLE', `simulated: the ${what} got lost`)
}

function toRequest({ method, path, headers = {}, body }: HttpCall): Request {
  return new Request(`http://localhost${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
  })
}
