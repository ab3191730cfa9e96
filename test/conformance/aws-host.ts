// The AWS backend under the conformance suite: the functions on dynoxide and the stand-ins, while time jumps.

import type { Dynoxide } from '../../scripts/stack/dynoxide.ts'
import { type AwsWorldOptions, openAwsWorld } from '../../scripts/stack/in-process.ts'
import { VirtualTime } from '../../scripts/stack/virtual-time.ts'
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
      management: world.management,
      store: world.ports.store,
      now: () => time.clock.now(),
      keepsPast: true,
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

/** What changes something that can be seen of an instance. */
const changes: ReadonlySet<string> = new Set<keyof Store>([
  'createInstance',
  'appendEpisode',
  'projectStatus',
  'setStalled',
  'purge',
/** Asks again as long as it is told that it may, with the keys that make the same request of both. */
function patient(management: Management, clock: Clock): Management {
  async function again<T>(ask: (isRepeat: boolean) => Promise<T>, isRepeat = false): Promise<T> {
    try {
      return await ask(isRepeat)
    } catch (error) {
      if (!isTenutoError(error) || errorCatalogue[error.code].http !== 503) throw error
      await clock.sleep(1_000)
      return again(ask, true)
    }
  }
  return {
    async start(request) {
      const { idempotencyKey = crypto.randomUUID(), instanceId = crypto.randomUUID(), ...rest } = request
      return again(async () => management.start({ ...rest, idempotencyKey, instanceId }))
    },
    async raiseEvent({ eventId = crypto.randomUUID(), ...rest }) {
      return again(async () => management.raiseEvent({ ...rest, eventId }))
    },
    get: async (...request) => again(async () => management.get(...request)),
    history: async (...request) => again(async () => management.history(...request)),
    waitFor: async (...request) => again(async () => management.waitFor(...request)),
    suspend: async (...request) => again(async () => management.suspend(...request)),
    resume: async (...request) => again(async () => management.resume(...request)),
    terminate: async (...request) => again(async () => management.terminate(...request)),
    purge: async (...request) =>
      again(async (isRepeat) => {
        try {
          await management.purge(...request)
        } catch (error) {
          // The attempt before had its effect, and only the answer was lost.
          if (!isRepeat || !isTenutoError(error, 'ERR_INSTANCE_ID_NOT_FOUND')) throw error
        }
      }),
  }
}

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
