// The wire of one container: every request may fail in each way that a request to AWS can.

import { throttles } from '../../aws/faults/throttles.ts'
import type { FaultSource, Host } from '../faults.ts'
import { strike } from '../faults.ts'
import {
  answer,
  bodyOf,
  operationOf,
  type Service,
  type Wire,
  type WireAnswer,
  type WireRequest,
} from './wire.ts'

/** Ms after which the clients of a function give a request up. */
const requestTimeoutMs = 5_000

export interface Outages {
  /** Share of requests that begin one. */
  readonly rate: number
  /** When each service answers again, ms since the epoch. */
  readonly until: Map<Service, number>
}

export function faultyWire(serve: Wire, host: Host, source: FaultSource, outages: Outages): Wire {
  const { clock, rng, count, trace } = source

  async function ask(service: Service, request: WireRequest): Promise<WireAnswer> {
    if (isOut(service)) {
      await clock.sleep(rng.int(1, 100))
      return host.dead ? new Promise(() => {}) : refusal(503, 'ServiceUnavailable')
    }
    const answered = strike(host, source, {
      run: async () => serve(service, request),
      throttled: async () => refusal(...rng.pick(throttles[service])),
      unheard: async () => unheard(),
      late: (ms) => (ms > requestTimeoutMs ? givenUp(service, request, ms) : undefined),
    })
    return answered as Promise<WireAnswer>
  }

  function isOut(service: Service): boolean {
    if (!source.rates()) return false
    if ((outages.until.get(service) ?? 0) > clock.now()) return true
    if (!rng.chance(outages.rate)) return false
    count('outage of a service')
    outages.until.set(service, clock.now() + rng.int(10_000, 120_000))
    return true
  }

  /** It was done, and nobody says so. */
  async function unheard(): Promise<WireAnswer> {
    if (rng.chance(0.3)) return refusal(500, 'InternalServerError')
    if (rng.chance(0.3)) throw timedOut()
    throw Object.assign(new Error('simulated: socket hang up'), { code: 'ECONNRESET' })
  }

  /** The client gives it up; it arrives before or after that. */
  async function givenUp(service: Service, request: WireRequest, ms: number): Promise<WireAnswer> {
    count('request given up, and done')
    clock.at(ms / 2, () => void serve(service, request).catch(() => {}))
    await clock.sleep(requestTimeoutMs)
    if (host.dead) return new Promise(() => {})
    throw timedOut()
  }

  return async (service, request) => {
    if (!trace) return ask(service, request)
    const operation = operationOf(request)
    trace(host.name, `> ${operation}`, bodyOf(request))
    try {
      const { response } = await ask(service, request)
      trace(
        host.name,
        `< ${operation} ${response.statusCode}`,
        Buffer.from(response.body).toString().slice(0, 4_000),
      )
      return { response }
    } catch (error) {
      trace(host.name, `! ${operation}`, String(error))
      throw error
    }
  }
}

function refusal(status: number, name: string): WireAnswer {
  return answer(status, { __type: `com.amazonaws#${name}`, message: 'simulated' })
}

function timedOut(): Error {
  return Object.assign(new Error('simulated: the request took too long'), { name: 'TimeoutError' })
}
