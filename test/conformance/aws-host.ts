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
