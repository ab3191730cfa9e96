// The AWS backend under the conformance suite: the functions on dynoxide and the stand-ins, asked by way of the API function, while time
// jumps.

import type { Dynoxide } from '../../scripts/stack/dynoxide.ts'
import { type AwsWorld, type AwsWorldOptions, openAwsWorld } from '../../scripts/stack/in-process.ts'
import { VirtualTime } from '../../scripts/stack/virtual-time.ts'
import { httpManagement } from '../../src/client/http-management.ts'
import { createTransport } from '../../src/client/transport.ts'
import type { HttpEvent, HttpResult } from '../../src/http/lambda.ts'
import { createManagement } from '../../src/runtime/manage.ts'
import type { Management } from '../../src/runtime/management.ts'
import type { Store } from '../../src/runtime/ports.ts'
import type { OpenHost } from './test-host.ts'

export type WorldOptions = Partial<Omit<AwsWorldOptions, 'app' | 'dynoxide' | 'clock' | 'logger' | 'ports'>>

/** @param optionsFor asked for each world, with its time */
export function awsHosts(
  dynoxide: () => Dynoxide,
  optionsFor: (time: VirtualTime) => WorldOptions = () => ({}),
): OpenHost {
  return async (app, logger) => {
    const time = new VirtualTime()
    const watchers = new Watchers()
    const world = await openAwsWorld({
      ...optionsFor(time),
      app,
      dynoxide: dynoxide(),
      clock: time.clock,
      logger,
      ports: (ports) => ({ ...ports, store: watchers.watch(time.hold(ports.store)) }),
    })
    return {
      management: overHttp(world, time),
      store: world.ports.store,
      now: () => time.clock.now(),
      shortMs: 2_000,
      changed: async (instanceId, signal) => watchers.changed(instanceId, signal),
      pass: async (promise) => time.pass(promise),
      async idle() {
        await time.runUntil(() => false, 0)
      },
      close: async () => time.pass(world.close()),
    }
  }
}

/** The operations as a client has them, but for the long wait, whose pauses are those of a real clock there. */
function overHttp(world: AwsWorld, time: VirtualTime): Management {
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    for (;;) {
      const { statusCode, headers, body } = (await world.invoke('api', toEvent(url, init))) as HttpResult
      if (statusCode !== 503) return new Response(body, { status: statusCode, headers })
      await time.clock.sleep(1_000)
    }
  }
  return {
    ...httpManagement(createTransport('https://api.example', { fetch })),
    waitFor: async (...wait) => createManagement(world.ports).waitFor(...wait),
  }
}

function toEvent(url: string, { method = 'GET', headers, body }: RequestInit): HttpEvent {
  const { pathname, search } = new URL(url)
  return {
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(new Headers(headers)),
    requestContext: { http: { method } },
    ...(typeof body === 'string' && { body: Buffer.from(body).toString('base64') }),
    isBase64Encoded: typeof body === 'string',
  }
}

/** What changes something that can be seen of an instance. */
const changes: ReadonlySet<string> = new Set<keyof Store>([
  'createInstance',
  'appendEpisode',
  'projectStatus',
  'setStalled',
  'purge',
])

type Method = (of: { readonly instanceId: string }, ...rest: unknown[]) => Promise<unknown>
type Methods = Readonly<Record<string, Method>>

class Watchers {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** The same store, whose changes wake those who wait for them. */
  watch(store: Store): Store {
    const watched = Object.entries(store as unknown as Methods).map(([name, method]) => [
      name,
      changes.has(name) ? this.#watch(method) : method,
    ])
    return Object.fromEntries(watched) as Store
  }

  async changed(instanceId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      this.#waiting.set(instanceId, (this.#waiting.get(instanceId) ?? new Set()).add(resolve))
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #watch(change: Method): Method {
    return async (of, ...rest) => {
      try {
        return await change(of, ...rest)
      } finally {
        this.#notify(of.instanceId)
      }
    }
  }

  #notify(instanceId: string): void {
    const waiting = this.#waiting.get(instanceId) ?? []
    this.#waiting.delete(instanceId)
    for (const wake of waiting) wake()
  }
}
